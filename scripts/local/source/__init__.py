"""The source side of a local lake: from a MySQL or MariaDB server to the records that DMS would put on the stream."""
