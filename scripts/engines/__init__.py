"""The engines that AWS runs, run here: fetched when they are asked for, pinned, started on 127.0.0.1, ended by their process id.

An emulator accepts what an engine refuses. So what is deployed for an engine is run by that engine, where it can be had: Trino, which
Athena is made of. Each comes from Maven Central by `pom.xml` into one folder for all of them (`folder.py`), is started as a server that
ends with whoever started it (`server.py`), and has a module that says what of it is kept and how it is told what to do.
"""
