"""Where records go that were not delivered: files laid out as Firehose lays out objects in the error bucket.

Error objects are written before the tables of the same commit, each under a temporary name first. So a record that is missing in a table is
in the error path or will be read again; and what a crash left behind tells the next run which records not to deliver a second time.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.storage import storing, write_whole

PROCESSING_FAILED: Final = "processing-failed"
ICEBERG_FAILED: Final = "iceberg-failed"

_EXPRESSION = re.compile(r"!\{([^:}]+):([^}]*)\}")
_JAVA_FIELDS = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "DDD": "%j", "a": "%p", "hh": "%I"}
_NAME = re.compile(r".*-(\d+)\.(\d+)\.(\d+)-(\d+)\.(\d+)\.(\d+)-[0-9a-f]{8}(?:~\d+)?\.json")

RecordId = tuple[str, str, SourcePosition]
"""Schema, table and position: names a record of the source, however often it came."""


@dataclass(frozen=True)
class FailedRecord:
    """A record that was not delivered.

    Attributes:
        record: as captured.
        error_type: `processing-failed` or `iceberg-failed`.
        code: Firehose's error code.
        message: why.
        attempts: how often it was tried.
        prefix: error prefix as synthesised, with Firehose's expressions.
    """

    record: CapturedRecord
    error_type: str
    code: str
    message: str
    attempts: int
    prefix: str


@dataclass(frozen=True)
class ErrorObject:
    """A file of failed records.

    Attributes:
        path: where it is.
        first: position of its first record.
        last: of its last.
    """

    path: Path
    first: SourcePosition
    last: SourcePosition

    def records(self) -> list[CapturedRecord]:
        """The records as they were captured."""
        return [_record(json.loads(line)) for line in self.path.read_text().splitlines()]

    def lines(self) -> list[dict[str, Any]]:
        """The entries as they were written."""
        return [json.loads(line) for line in self.path.read_text().splitlines()]


class ErrorPath:
    """The error path of one delivery.

    Args:
        directory: stands for the error bucket.
        archive: takes what was replayed.
        stream: name of the Firehose stream; begins the name of each object.
        function: name of the transform function.
    """

    def __init__(self, directory: Path, archive: Path, *, stream: str, function: str) -> None:
        self._directory = directory
        self._archive = archive
        self._stream = stream
        self._function = function

    def write(self, failed: Sequence[FailedRecord]) -> None:
        """Writes failed records, one object per evaluated prefix."""
        now = datetime.now(UTC)
        folders: dict[str, list[FailedRecord]] = defaultdict(list)
        for one in failed:
            folders[evaluate_prefix(one.prefix, one.error_type, now)].append(one)
        for prefix, members in folders.items():
            positions = [one.record.position for one in members]
            name = f"{prefix}{self._stream}-{_text(min(positions))}-{_text(max(positions))}-{secrets.token_hex(4)}.json"
            _write_lines(self._directory / name, [self._entry(one) for one in members])

    def open_objects(self) -> list[ErrorObject]:
        """What was not yet replayed, in the order of the source."""
        return sorted(self._objects(self._directory), key=lambda found: (found.first, found.last, found.path.name))

    def known(self, above: SourcePosition | None) -> set[RecordId]:
        """Records above a position that are in the error path, replayed or not: a resumed run must not deliver them again."""
        objects = [*self._objects(self._directory), *self._objects(self._archive)]
        return {
            (record.schema, record.table, record.position)
            for found in objects
            if above is None or found.last > above
            for record in found.records()
        }

    def mark_replayed(self, replayed: ErrorObject, failed_again: Sequence[FailedRecord]) -> None:
        """Moves an object into the archive; records that failed again stay behind in an object of their own.

        Safe to repeat after a crash at any point: what failed again is written first, under the name that follows the object's own.
        """
        if failed_again:
            _write_lines(successor(replayed.path), [self._entry(one) for one in failed_again])
        target = self._archive / replayed.path.relative_to(self._directory)
        target.parent.mkdir(parents=True, exist_ok=True)
        replayed.path.replace(target)

    def finish_interrupted_replay(self) -> None:
        """Archives objects whose successor exists: a crash came between the two."""
        for found in self.open_objects():
            if successor(found.path).exists():
                self.mark_replayed(found, ())

    def _objects(self, directory: Path) -> Iterator[ErrorObject]:
        for path in directory.rglob(f"{self._stream}-*.json"):
            match = _NAME.fullmatch(path.name)
            if match and path.name.startswith(f"{self._stream}-{match[1]}."):
                numbers = [int(part) for part in match.groups()]
                yield ErrorObject(path, SourcePosition(*numbers[:3]), SourcePosition(*numbers[3:]))

    def _entry(self, one: FailedRecord) -> dict[str, Any]:
        record = one.record
        return {
            "attemptsMade": one.attempts,
            "arrivalTimestamp": record.arrived_ms,
            "errorCode": one.code,
            "errorMessage": one.message,
            "attemptEndingTimestamp": time.time_ns() // 1_000_000,
            "rawData": b64encode(record.data).decode("ascii"),
            "lambdaArn": f"arn:aws:lambda:local:000000000000:function:{self._function}:$LATEST",
            # Not in AWS's objects: what a stream record carries beside its data.
            "moulin": {
                "position": str(record.position),
                "schema": record.schema,
                "table": record.table,
                "partitionKey": record.partition_key,
            },
        }


def evaluate_prefix(prefix: str, error_type: str, now: datetime) -> str:
    """A Firehose error prefix with its expressions replaced; one without any gets the error type and the hour added, as Firehose does.

    Raises:
        ValueError: an expression that Firehose does not have.
    """
    if "!{" not in prefix:
        return f"{prefix}{error_type}/{now:%Y/%m/%d/%H}/"

    def value(match: re.Match[str]) -> str:
        namespace, argument = match.groups()
        if namespace == "timestamp":
            return re.sub(r"'([^']*)'|([a-zA-Z])\2*", lambda part: _time_field(part, now), argument)
        if (namespace, argument) == ("firehose", "error-output-type"):
            return error_type
        if (namespace, argument) == ("firehose", "random-string"):
            return secrets.token_hex(6)[:11]
        raise ValueError(f"!{{{namespace}:{argument}}} is no expression that an error prefix of Firehose may hold")

    return _EXPRESSION.sub(value, prefix)


def successor(path: Path) -> Path:
    """The name that what failed again in an object's replay has: `x.json`, `x~1.json`, `x~2.json`."""
    stem, _, number = path.stem.partition("~")
    return path.with_name(f"{stem}~{int(number or 0) + 1}.json")


def _time_field(part: re.Match[str], now: datetime) -> str:
    if part[1] is not None:
        return part[1]
    if part[0] not in _JAVA_FIELDS:
        raise ValueError(f"timestamp field {part[0]} of an error prefix is not one of {', '.join(_JAVA_FIELDS)}")
    return now.strftime(_JAVA_FIELDS[part[0]])


def _record(entry: dict[str, Any]) -> CapturedRecord:
    local = entry["moulin"]
    return CapturedRecord(
        data=b64decode(entry["rawData"]),
        partition_key=local["partitionKey"],
        position=SourcePosition.parse(local["position"]),
        schema=local["schema"],
        table=local["table"],
        arrived_ms=entry["arrivalTimestamp"],
    )


def _text(position: SourcePosition) -> str:
    return f"{position.file:06d}.{position.offset:012d}.{position.index:08d}"


def _write_lines(path: Path, entries: Sequence[dict[str, Any]]) -> None:
    with storing("an error object", path.parent):
        write_whole(path, "".join(f"{json.dumps(entry)}\n" for entry in entries))
