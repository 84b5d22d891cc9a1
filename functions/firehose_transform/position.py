"""Where a change stands in the source's commit order, as a text of fixed width that sorts like the order itself.

`<epoch><kind><a><b><c>`, then zeros up to 69 characters. Epoch, a, b and c are each a count of digits and the digits: `0` for 0, `17` for
7, `41975` for 1975, `i` and 18 digits. Written so, numbers of any length sort as numbers, none is the beginning of another, and what tells
two changes apart stands in the first 16 characters, which is all that Iceberg keeps of a text to leave files out by. The epoch is raised by
hand when a source is rebuilt and its log starts over. The kinds are

- 0, a full-load row: a = b = c = 0, so it sorts before every change of its epoch
- 1, a place in the source's log. MySQL, `mysql-bin-changelog.157832:1975:...`: log file number, offset, transaction record id.
  PostgreSQL, `00000002/7C007178.3.00000002/7C007178`: 64-bit LSN, counter, transaction record id
- 2, a commit time: microseconds, transaction id, transaction record id

AWS does not specify the form of a stream position. So exactly what was seen is read as a place in the log, and every other text keeps its
row flowing as kind 2. Such positions do not compare with places in the log, which is why the function counts them; they sort behind them,
so that a source whose form changes for good is still read in order.
"""

import re

from .outcome import Reason, RecordError

WIDTH = 69

_DIGITS = 20
_COUNTS = "0123456789abcdefghijk"
_PADDING = "0" * WIDTH

# A log file's number has six digits, or more once they do not suffice, and each number has one spelling. MySQL ends the base at a dot.
LOG_FILE = rf"[0-9]{{6}}|[1-9][0-9]{{6,{_DIGITS - 1}}}"
COUNT = rf"0|[1-9][0-9]{{0,{_DIGITS - 1}}}"
_MYSQL = re.compile(rf"[^:.]++\.({LOG_FILE}):({COUNT})(?::.*)?", re.DOTALL)
# Two different LSNs in one position were never seen, and which of them would be the commit's is not known.
_POSTGRES = re.compile(rf"(([0-9A-F]{{8}})/([0-9A-F]{{8}}))\.({COUNT})\.\1")


class Positions:
    """Positions of one epoch.

    Args:
        epoch: 0 to 9999.

    Attributes:
        load: the position of every full-load row.
    """

    __slots__ = ("_commit", "_log", "load")

    def __init__(self, epoch: int) -> None:
        started = _number(str(epoch))
        self.load = f"{started}0{_PADDING}"[:WIDTH]
        self._log = f"{started}1"
        self._commit = f"{started}2"

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
                lsn = int(match[2], 16) << 32 | int(match[3], 16)
                return self.in_log(str(lsn), match[4], record_id), False
        commit = str(commit_micros)
        if not _is_count(commit) or transaction_id is None or not _is_count(transaction_id):
            raise RecordError(Reason.NO_POSITION)
        return _text(self._commit, commit, transaction_id, record_id), True

    def in_log(self, place: str, within: str, record_id: str) -> str:
        """Returns a place in the source's log, from texts of 1 to 20 digits: file and offset, or LSN and counter."""
        return _text(self._log, place, within, record_id)


def is_log_position(stream_position: str) -> bool:
    """Returns whether a stream position has MySQL's form."""
    return _MYSQL.fullmatch(stream_position) is not None


def _text(start: str, a: str, b: str, c: str) -> str:
    a, b, c = a.lstrip("0"), b.lstrip("0"), c.lstrip("0")
    return f"{start}{_COUNTS[len(a)]}{a}{_COUNTS[len(b)]}{b}{_COUNTS[len(c)]}{c}{_PADDING}"[:WIDTH]


def _number(digits: str) -> str:
    digits = digits.lstrip("0")
    return f"{_COUNTS[len(digits)]}{digits}"


def _is_count(text: str) -> bool:
    return len(text) <= _DIGITS and text.isdecimal() and text.isascii()
