"""What can go wrong while capturing."""

from __future__ import annotations

from typing import Final

_GRANT = "grant the user SELECT on every table of the lake"
_REFUSED: Final = {
    1044: _GRANT,
    1045: "check the user of --source and the password in MOULIN_DB_PASSWORD",
    1142: _GRANT,
    1143: _GRANT,
    1205: "a statement holds a lock there for long: run again once it has ended",
    1227: "grant the user REPLICATION CLIENT, REPLICATION SLAVE and RELOAD",
    1236: "the log that is needed is gone: --fresh loads the tables anew",
}
"""What a server does not come back from by itself, by its number, and what to do. All else goes away, such as a shutdown."""


class CaptureError(Exception):
    """The source cannot be captured as the template asks; the text says why and what to do."""


class ConnectionLostError(Exception):
    """The connection to the server broke; reading can go on from the last whole transaction."""


def server_failure(error: Exception) -> CaptureError | ConnectionLostError:
    """What an error of the driver means for capture: what stays refused, and what is worth another try."""
    code, text = error.args if len(error.args) == 2 and isinstance(error.args[0], int) else (0, str(error))
    if code in _REFUSED:
        return CaptureError(f"the server refuses: {str(text).strip()} ({code}): {_REFUSED[code]}")
    return ConnectionLostError(f"{str(text).strip() or type(error).__name__}{f' ({code})' if code else ''}")
