"""What passes between the parts of a local lake: captured records, and the places in the source that they come from.

Both are made and compared for every change there is: tuples, since they take a third of a frozen dataclass's time.
"""

from __future__ import annotations

from typing import NamedTuple, Self


class SourcePosition(NamedTuple):
    """A place in the source's log. Positions sort as the source committed; the full load lies before every change.

    Attributes:
        file: binlog file number, 0 for the full load.
        offset: end of the transaction in that file, in bytes; for the full load 0.
        index: place of the record among those of its transaction, from 1; for the full load its number in the table.
    """

    file: int
    offset: int
    index: int  # type: ignore[assignment]  # in place of the method that a tuple has

    def __str__(self) -> str:
        return f"{self.file}:{self.offset}:{self.index}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `str` wrote.

        Raises:
            ValueError: the text is no position.
        """
        file, offset, index = (int(part) for part in text.split(":"))
        return cls(file, offset, index)


class CapturedRecord(NamedTuple):
    """One record as DMS would put it on the stream.

    Attributes:
        data: the message, JSON in UTF-8, in the shape that the endpoint settings ask for.
        partition_key: Kinesis partition key.
        position: where it comes from; a control record has the position of the change it precedes.
        schema: source schema, "" for a control record of the task.
        table: source table.
        arrived_ms: when it was put on the stream, milliseconds since 1970.
    """

    data: bytes
    partition_key: str
    position: SourcePosition
    schema: str
    table: str
    arrived_ms: int
