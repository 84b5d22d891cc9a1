"""What a source's own catalog says against a lake, before a row moves: keys that identify no row, rows that change outside the log, columns
that are never sent. One file is one check; it takes a table of the lake and the source's description of it, and gives findings."""
