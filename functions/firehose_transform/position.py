"""Where a change stands in the source's commit order, as a text of fixed width that sorts like the order itself.

`{epoch:04d}-{kind}-{a:020d}-{b:020d}-{c:020d}`, 69 characters. The epoch is raised by hand when a source is rebuilt and its log starts
over. Kind 0 is a full-load row (a = b = c = 0), which sorts before every change (kind 1) of its epoch. For a change a, b, c are:

- MySQL, `mysql-bin-changelog.157832:1975:...`: log file number, offset, transaction record id
- PostgreSQL, `00000002/7C007178.3....`: 64-bit LSN, counter, transaction record id
- any other form: commit time in microseconds, transaction id, transaction record id

AWS does not specify the form, so the last is there to keep rows flowing; within one table it does not compare with the first two, which is
why the function counts it.
"""

import re

from .outcome import Reason, RecordError

WIDTH = 69

_DIGITS = 20
_MYSQL = re.compile(rf"(?:[^:.]*+\.)++([0-9]{{1,{_DIGITS}}}+):([0-9]{{1,{_DIGITS}}}+)(?::.*)?", re.DOTALL)
_POSTGRES = re.compile(rf"([0-9a-fA-F]{{1,8}})/([0-9a-fA-F]{{1,8}})\.([0-9]{{1,{_DIGITS}}}+)(?:\..*)?", re.DOTALL)


class Positions:
    """Positions of one epoch.

    Args:
        epoch: 0 to 9999.

    Attributes:
        load: the position of every full-load row.
    """

    __slots__ = ("_prefix", "load")

    def __init__(self, epoch: int) -> None:
        self._prefix = f"{epoch:04d}-1-"
        self.load = f"{epoch:04d}-0-" + "-".join(["0" * _DIGITS] * 3)

    def change(
        self, stream_position: str | None, commit_micros: int | None, transaction_id: str | None, record_id: str | None
    ) -> tuple[str, bool]:
        """Returns the position of a change, and whether it had to be made from the commit time.

        Args:
            stream_position: as DMS sent it.
            commit_micros: commit time in epoch microseconds.
            transaction_id: plain digits.
            record_id: plain digits; needed in every form: rows of one transaction may share all the rest, and a tie leaves order to chance.

        Raises:
            RecordError: the parts are missing, negative or longer than 20 digits, so that no position of this width exists.
        """
        if record_id is None or not _is_count(record_id):
            raise RecordError(Reason.NO_POSITION)
        if stream_position is not None:
            if match := _MYSQL.fullmatch(stream_position):
                return self.in_log(match[1], match[2], record_id), False
            if match := _POSTGRES.fullmatch(stream_position):
                high, low, counter = match.groups()
                lsn = int(high, 16) << 32 | int(low, 16)
                return f"{self._prefix}{lsn:020d}-{counter.zfill(_DIGITS)}-{record_id.zfill(_DIGITS)}", False
        if commit_micros is None or commit_micros < 0 or transaction_id is None or not _is_count(transaction_id):
            raise RecordError(Reason.NO_POSITION)
        return f"{self._prefix}{commit_micros:020d}-{transaction_id.zfill(_DIGITS)}-{record_id.zfill(_DIGITS)}", True

    def in_log(self, file: str, offset: str, record_id: str) -> str:
        """Returns a position in MySQL's log, from texts of 1 to 20 digits."""
        return f"{self._prefix}{file.zfill(_DIGITS)}-{offset.zfill(_DIGITS)}-{record_id.zfill(_DIGITS)}"


def is_log_position(stream_position: str) -> bool:
    """Returns whether a stream position has MySQL's form."""
    return _MYSQL.fullmatch(stream_position) is not None


def _is_count(text: str) -> bool:
    return len(text) <= _DIGITS and text.isdecimal() and text.isascii()
