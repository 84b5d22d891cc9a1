"""How many data files a filter on `_position` leaves to read, by what Iceberg keeps of a file's texts: bounds of 16 characters.

A history of a hundred files, filled in the order of a MySQL log that turns every 128 MiB, with records shuffled among neighbouring files as
Firehose may deliver them. It is planned once with the positions that the transform function writes and once with the same numbers padded
with zeros to one width each, the form that first comes to mind: there all positions begin alike, and no filter leaves out a file.

    python -m scripts.bench.pruning
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from functions.firehose_transform.position import Positions
from scripts.bench.report import print_rows

FILES = 100
ROWS_PER_FILE = 200
BYTES_PER_CHANGE = 10_000
"""How far the changes of this table are apart in the log, the rest of which is other tables'."""
LOG_BYTES = 128 * 1024 * 1024
FIRST_LOG = 157_832
SEED = 47

_POSITIONS = Positions(epoch=0)
_COLUMN = "_position"

Place = tuple[int, int]
Write = Callable[[Place], str]


def counted(place: Place) -> str:
    """The position that the transform function writes."""
    return _POSITIONS.in_log(str(place[0]), str(place[1]), "1")


def padded(place: Place) -> str:
    """The same numbers, each with zeros before it up to 20 digits."""
    return f"0000-1-{place[0]:020d}-{place[1]:020d}-{1:020d}"


def run(files: int = FILES) -> list[dict[str, object]]:
    """Plans each filter over both forms of a position; one row per filter. The argument is the number of data files in the table."""
    places = _places(files * ROWS_PER_FILE)
    read = {name: _files_to_read(places, write) for name, write in (("files to read", counted), ("with padded numbers", padded))}
    return [{"filter": name, "files": files, **{form: found[name] for form, found in read.items()}} for name in read["files to read"]]


def main() -> None:
    """Prints the measurements as a table."""
    print_rows("files that a filter on the position leaves to read", run())


def _files_to_read(places: Sequence[Place], write: Write) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        table = _table(Path(folder), places, write)
        return {name: len(list(table.scan(row_filter=row).plan_files())) for name, row in _filters(places, write).items()}


def _places(changes: int) -> list[Place]:
    """Returns log file and offset of each change, in the order of the log."""
    ends = range(0, changes * BYTES_PER_CHANGE, BYTES_PER_CHANGE)
    return [(FIRST_LOG + end // LOG_BYTES, 4 + end % LOG_BYTES) for end in ends]


def _table(folder: Path, places: Sequence[Place], write: Write) -> Table:
    """Returns a table with one data file for every `ROWS_PER_FILE` changes, as they arrived."""
    chance = random.Random(SEED)  # noqa: S311 - the same order in every run
    arrived = [place for _, place in sorted((at + chance.randrange(ROWS_PER_FILE), place) for at, place in enumerate(places))]
    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=folder.as_uri())
    catalog.create_namespace("bench")
    table = catalog.create_table("bench.history", pa.schema([pa.field(_COLUMN, pa.string())]))
    with table.transaction() as transaction:
        for start in range(0, len(arrived), ROWS_PER_FILE):
            texts = [write(place) for place in arrived[start : start + ROWS_PER_FILE]]
            transaction.append(pa.table({_COLUMN: texts}))
    return table


def _filters(places: Sequence[Place], write: Write) -> dict[str, str]:
    """Returns what people ask of a history: everything after a point, a stretch in the middle, one change."""
    count = len(places)
    tail, middle, end, one = (write(places[at]) for at in (count * 95 // 100, count // 2, count * 51 // 100, count // 3))
    return {
        "the last 5 % of the changes": f"{_COLUMN} >= '{tail}'",
        "1 % in the middle": f"{_COLUMN} >= '{middle}' AND {_COLUMN} < '{end}'",
        "one change": f"{_COLUMN} = '{one}'",
    }


if __name__ == "__main__":
    main()
