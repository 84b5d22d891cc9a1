"""The transform function as Lambda would run it: the zip that Terraform uploads, in a process of its own, invoked with Firehose events.

The process has a time limit and may crash; an invocation that fails is tried again as often as the processor says, then its batch fails.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import selectors
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.local.function_worker import HASH_KEY_VARIABLE, PAYLOAD_BYTES, StreamRecord, event
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.storage import storing
from scripts.local.template import DeliveryTemplate

LOCAL_HASH_KEY: Final = "moulin-local"
"""Key of hashed columns in a local lake, in place of the secret, which is never read."""

_EVENT_BYTES = 1_000  # names around all records
_EVENT_RECORD_BYTES = 420  # ids, times and names around a record's data
_SEQUENCE_DIGITS = 50
_ESCAPED = 6  # JSON may write a character of a partition key as an escape of six
_PIPE_BYTES = 1_048_576  # an answer in one piece: with pieces of 64 KiB this thread would wait for its turn at each of them
_WORKER = Path(__file__).with_name("function_worker.py")


class FunctionError(Exception):
    """An invocation failed.

    Args:
        code: Firehose's error code.
        message: what happened.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Delivered(NamedTuple):
    """A row, and where the function sends it."""

    data: bytes
    database: str
    table: str
    operation: str


@dataclass(frozen=True)
class Dropped:
    """A record that is left out on purpose."""


@dataclass(frozen=True)
class Failed:
    """A record for the error path.

    Attributes:
        code: Firehose's error code.
        message: why.
        attempts: how often it was tried.
    """

    code: str
    message: str
    attempts: int


Result = Delivered | Dropped | Failed
_ROW_FIELDS = len(Delivered._fields)
BeforeInvocation = Callable[[Sequence[CapturedRecord]], None]


class TransformFunction:
    """Invokes one delivery's function.

    Args:
        delivery: the Firehose stream with its function.
        log: file that gets what the function prints.
        before: called before each invocation; a FunctionError that it raises counts as the invocation's (faults).
        timeout_seconds: instead of the function's own, for tests.

    Attributes:
        invocations: how often it was invoked.
        retries: of these, those that repeated one that had failed.
        unknown: values of columns that nobody configured, by lake table, as the function's log lines count them.
        refused: records that it refused, by the reason in its log.
    """

    def __init__(
        self,
        delivery: DeliveryTemplate,
        log: Path,
        *,
        before: BeforeInvocation | None = None,
        timeout_seconds: float | None = None,
    ) -> None:
        self._delivery = delivery
        self._log = log
        self._before = before
        self._timeout = delivery.function.timeout_seconds if timeout_seconds is None else timeout_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self.invocations = 0
        self.unknown: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.retries = 0

    def start(self) -> None:
        """Starts the process, so that the first batch need not wait for it."""
        self._running()

    def transform(self, batch: Sequence[CapturedRecord]) -> list[Result]:
        """What becomes of each record, in order. A batch whose invocations all fail, fails as a whole."""
        ids = [_record_id(record.position, place) for place, record in enumerate(batch)]
        records: list[StreamRecord] = [
            (record_id, record.arrived_ms, record.data, record_id[:_SEQUENCE_DIGITS], record.partition_key)
            for record, record_id in zip(batch, ids, strict=True)
        ]
        attempts = 1 + self._delivery.batch_retries
        failure = FunctionError("Lambda.FunctionError", "not invoked")
        for attempt in range(attempts):
            if self._closed:  # nobody waits for the answer
                break
            self.invocations += 1
            self.retries += attempt > 0
            try:
                if self._before is not None:
                    self._before(batch)
                return self._invoke(records, sum(map(event_bytes, batch)))
            except FunctionError as error:
                failure = error
        return [Failed(failure.code, str(failure), attempts)] * len(batch)

    def close(self) -> None:
        """Ends the process for good."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not yet sent no longer matters
                        pipe.close()

    def _invoke(self, records: list[StreamRecord], most_bytes: int) -> list[Result]:
        """What one invocation makes of an event, which as JSON has so many bytes at most."""
        envelope = {
            "invocationId": str(uuid.uuid4()),
            "deliveryStreamArn": f"arn:aws:firehose:local:000000000000:deliverystream/{self._delivery.name}",
            "sourceKinesisStreamArn": f"arn:aws:kinesis:local:000000000000:stream/{self._delivery.stream}",
            "region": "local",
        }
        if most_bytes + _EVENT_BYTES > PAYLOAD_BYTES:
            size = len(json.dumps(event(envelope, records), separators=(",", ":")))
            if size > PAYLOAD_BYTES:
                raise FunctionError("Lambda.InvokeFailed", f"the event has {size:,} bytes, Lambda takes {PAYLOAD_BYTES:,}")
        process = self._running()
        try:
            logged = self._log.stat().st_size if self._log.exists() else 0
            answer = marshal.loads(self._exchange(process, marshal.dumps((envelope, records))))  # noqa: S302 - our own process sent it
        except OSError as error:
            self._end()
            raise FunctionError("Lambda.FunctionError", f"the function's process ended: {error}") from None
        if isinstance(answer, tuple):
            raise FunctionError(*answer)
        self._read_log(logged)
        return list(map(_result, answer))

    def _read_log(self, start: int) -> None:
        """Takes the counts of an invocation that answered from what it printed. Another function prints what it likes."""
        with self._log.open("rb") as log:
            log.seek(start)
            for text in log:
                try:
                    line = json.loads(text)
                    self.unknown.update(line["unknown"])
                    self.refused.update(line["failures"])
                except (ValueError, KeyError, TypeError):
                    continue

    def _exchange(self, process: subprocess.Popen[bytes], body: bytes) -> bytes:
        """Sends an event and receives the answer within the time limit.

        Raises:
            OSError: the process ended.
            FunctionError: the time is over.
        """
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        deadline = time.monotonic() + self._timeout
        process.stdin.write(b"%d\n" % len(body) + body)
        process.stdin.flush()
        received = bytearray()
        size: int | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while size is None or len(received) < size:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self._end()
                    raise FunctionError("Lambda.FunctionTimedOut", f"the function did not answer within {self._timeout:g} seconds")
                part = os.read(process.stdout.fileno(), 1 << 20)
                if not part:
                    raise ConnectionError(f"exit code {process.wait()}")
                received += part
                if size is None and b"\n" in received:
                    line, _, rest = received.partition(b"\n")
                    size, received = int(line), bytearray(rest)
        return bytes(received)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            function = self._delivery.function
            with storing("the function's log", self._log.parent):
                self._log.parent.mkdir(parents=True, exist_ok=True)
                log = self._log.open("ab")
            with log:
                self._process = subprocess.Popen(
                    [sys.executable, "-I", str(_WORKER), str(function.zip_path.resolve()), function.handler],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    pipesize=_PIPE_BYTES,
                    env={"PATH": os.environ.get("PATH", ""), **function.environment, HASH_KEY_VARIABLE: LOCAL_HASH_KEY},
                    start_new_session=True,  # Ctrl-C is for the runner, which lets a batch end
                )
        return self._process


def event_bytes(record: CapturedRecord) -> int:
    """How many bytes of an event a record takes, at most: small records more than double."""
    return (len(record.data) + 2) // 3 * 4 + len(record.partition_key) * _ESCAPED + _EVENT_RECORD_BYTES


def _record_id(position: SourcePosition, place: int) -> str:
    """56 digits, as Firehose makes them of a Kinesis sequence number; the place in the batch keeps a re-delivered record apart."""
    file, offset, index = position
    return "4%010d%020d%019d%06d" % (file % 10**10, offset % 10**20, index % 10**19, place % 1_000_000)  # noqa: UP031 half an f-string's time


def _result(answer: Sequence[Any] | None) -> Result:
    if answer is None:
        return Dropped()
    return tuple.__new__(Delivered, answer) if len(answer) == _ROW_FIELDS else Failed(answer[0], answer[1], 1)
