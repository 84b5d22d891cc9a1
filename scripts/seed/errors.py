"""Errors that `moulin seed` says in one line."""

from __future__ import annotations

import difflib
import ssl
from collections.abc import Iterable

import pymysql
from pymysql.constants import CR, ER

LOCAL_INFILE_DISABLED = 3948  # MySQL 8: on the server's side
LOCAL_INFILE_REFUSED = 4166  # MariaDB
INSECURE_TRANSPORT = 3159
TOO_WIDE = (ER.TOO_MANY_FIELDS, ER.TOO_BIG_ROWSIZE)
CHECK_FAILED = (3819, 4025)  # MySQL, MariaDB
DUPLICATE = (ER.DUP_ENTRY, 1586)
PARENT_MISSING = (ER.NO_REFERENCED_ROW, ER.NO_REFERENCED_ROW_2)
STILL_REFERENCED = (ER.ROW_IS_REFERENCED, ER.ROW_IS_REFERENCED_2)

_ADVICE = {
    ER.ACCESS_DENIED_ERROR: "check the user of --source and the password in MOULIN_DB_PASSWORD",
    **dict.fromkeys(
        (CR.CR_CONNECTION_ERROR, CR.CR_CONN_HOST_ERROR, CR.CR_UNKNOWN_HOST), "check that the server runs, its host and its port"
    ),
    ER.DBACCESS_DENIED_ERROR: "grant the user rights on that database",
    ER.TABLEACCESS_DENIED_ERROR: "grant the user SELECT, INSERT, UPDATE and DELETE, and CREATE or DROP where it is asked for",
    ER.SPECIFIC_ACCESS_DENIED_ERROR: "grant the user that right",
    ER.BAD_DB_ERROR: "check --database, or add --create-table",
    ER.NO_SUCH_TABLE: "check --table, or add --create-table",
    **dict.fromkeys(
        TOO_WIDE, "a row of InnoDB's holds some 8,000 bytes and 1,017 columns: moulin local --source captures a table that is there already"
    ),
    ER.OPTION_PREVENTS_STATEMENT: "the server is read-only: use the writer endpoint",
    INSECURE_TRANSPORT: "the server takes TLS only: give --ssl-ca FILE and leave --no-tls out",
    **dict.fromkeys(CHECK_FAILED, "a CHECK constraint refuses generated values: seed cannot know what it allows"),
    ER.LOCK_WAIT_TIMEOUT: "another session holds the rows: run again",
    ER.LOCK_DEADLOCK: "another session writes the same rows: run again",
}


class SeedError(Exception):
    """Something stopped the work: the text is one line, and holds no password."""

    exit_code = 1


class UsageError(SeedError):
    """The command was used wrongly."""

    exit_code = 2


def nearest(name: str, known: Iterable[str]) -> str:
    """What to say of a name that does not exist: the nearest known one, else all of them."""
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}"
    return f"there are {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}" if names else "there are none"


def connection_error(error: Exception, where: str, user: str, *, no_tls: bool) -> SeedError:
    """One line for a connection that failed: where, as whom, what to check."""
    code, text = _parts(error)
    to = f"cannot connect to {where} as user {user}"
    if code == ER.ACCESS_DENIED_ERROR:
        plain = ", and leave --no-tls out: a server that takes TLS only may say no more" if no_tls else ""
        return SeedError(f"{to}: access denied (check --user and the password in MOULIN_DB_PASSWORD or the secret{plain})")
    if code == INSECURE_TRANSPORT:
        return SeedError(f"{to}: {_ADVICE[INSECURE_TRANSPORT]}")
    if isinstance(error, ssl.SSLError) or "SSL" in text or "certificate" in text:
        return SeedError(f"{to}: TLS failed: {text} (give the server's root with --ssl-ca FILE; Amazon RDS publishes global-bundle.pem)")
    if code in (CR.CR_CONN_HOST_ERROR, CR.CR_CONNECTION_ERROR, CR.CR_UNKNOWN_HOST, CR.CR_SERVER_LOST) or isinstance(error, OSError):
        return SeedError(f"{to}: {text} (check that the server runs, --host and --port, and that a security group lets this machine in)")
    return SeedError(f"{to}: {text}")


def statement_error(error: Exception) -> SeedError:
    """One line for a statement that failed."""
    if isinstance(error, SeedError):
        return error
    code, text = _parts(error)
    if code in (CR.CR_SERVER_LOST, CR.CR_SERVER_GONE_ERROR):
        return SeedError(f"lost the connection to the database: {text} (what was committed before is in the totals)")
    return SeedError(f"the database refused: {server_words(error)}")


def server_words(error: Exception) -> str:
    """What a server said, in one line, with its number and what to do where that is known."""
    code, text = _parts(error)
    known = ER.TOO_MANY_FIELDS if "errno: 185" in text else code  # MariaDB: CREATE TABLE failed, because of InnoDB's own limit
    advice = f" ({_ADVICE[known]})" if known in _ADVICE else ""
    return f"{text}{f' [{code}]' if code else ''}{advice}"


def code_of(error: Exception) -> int:
    """The server's or the client library's number of an error; 0 when it has none."""
    return _parts(error)[0]


def _parts(error: Exception) -> tuple[int, str]:
    args = error.args
    if isinstance(error, pymysql.MySQLError) and len(args) >= 2 and isinstance(args[0], int):
        return args[0], _line(str(args[1]))
    return 0, _line(str(error) or type(error).__name__)


def _line(text: str) -> str:
    return " ".join(text.split())
