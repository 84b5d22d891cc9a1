"""How fast the transform is, against the least that any transform could do with the same bytes.

The floor decodes base64, parses, serialises and encodes base64 with orjson, the fastest well-kept JSON library for Python; it checks and
changes nothing. Ours and the floor take turns within one run and the best time of each counts, so that the ratio survives a busy machine.

    python -m scripts.bench.transform
"""

import contextlib
import io
import json
import random
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import orjson

from functions.firehose_transform.handler import respond
from functions.firehose_transform.routes import Routes, parse_routes
from functions.firehose_transform.transform import Transformer

Event = dict[str, list[dict[str, object]]]

BATCHES = (500, 5_000)
ROUNDS = 15

_COLUMNS = [
    ("trans_id", "long", True),
    ("customer_id", "string", True),
    ("event", "string", False),
    ("sku", "string", True),
    ("amount", "int", False),
    ("unit_price", "decimal(12,2)", False),
    ("device", "string", False),
    ("store_id", "int", False),
    ("is_member", "boolean", False),
    ("note", "string", False),
    ("trans_datetime", "timestamp", False),
    ("updated_at", "timestamptz", False),
]
_NOTES = ("left at the front desk", "call before delivery, second door", "caf\u00e9 corner", 'asked for the "large" box', None)


def run(batches: Sequence[int] = BATCHES, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Measures every mode and batch size; one row each, times in microseconds per record.

    `path` is `fast` for the function as it is deployed, `clear` with its fast path switched off.
    """
    rows: list[dict[str, object]] = []
    for mode in ("mirror", "history"):
        for size in batches:
            event, message_bytes, row_bytes = _event(size)
            data = [str(record["data"]) for record in event["records"]]
            subjects: dict[str, Callable[[], object]] = {
                "floor": partial(_floor, data),
                "fast": partial(_ours, event, Transformer(_routes(mode))),
                "clear": partial(_ours, event, Transformer(_routes(mode), learn_after=None)),
            }
            seconds = _best_of(subjects, rounds)
            for path in ("fast", "clear"):
                rows.append(
                    {
                        "mode": mode,
                        "batch": size,
                        "path": path,
                        "message_bytes": round(message_bytes / size),
                        "row_bytes": round(row_bytes / size),
                        "floor_us": round(seconds["floor"] / size * 1e6, 2),
                        "ours_us": round(seconds[path] / size * 1e6, 2),
                        "ratio": round(seconds[path] / seconds["floor"], 2),
                        "records_per_s": round(size / seconds[path]),
                        "mb_per_s": round(message_bytes / seconds[path] / 1e6, 1),
                    }
                )
    return rows


def main() -> None:
    """Prints the measurements as a table."""
    rows = run()
    names = list(rows[0])
    widths = [max(len(name), *(len(str(row[name])) for row in rows)) for name in names]
    for line in (names, *([str(row[name]) for name in names] for row in rows)):
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))


def _best_of(subjects: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Returns the shortest time of each subject, taking turns. The first round only warms up: it is when the fast path learns."""
    best = dict.fromkeys(subjects, float("inf"))
    for round_number in range(rounds + 1):
        for name, subject in subjects.items():
            started = time.perf_counter()
            subject()
            elapsed = time.perf_counter() - started
            if round_number:
                best[name] = min(best[name], elapsed)
    return best


def _floor(data: Sequence[str]) -> list[bytes]:
    return [b64encode(orjson.dumps(orjson.loads(b64decode(item)))) for item in data]


def _ours(event: Event, transformer: Transformer) -> object:
    with contextlib.redirect_stdout(io.StringIO()):
        return respond(event, transformer)


def _routes(mode: str) -> Routes:
    columns = [{"name": name, "source": name, "type": kind, "required": required, "hash": False} for name, kind, required in _COLUMNS]
    route = {
        "schema": "testdb",
        "table": "retail_trans",
        "database": "cdc_iceberg_demo_db",
        "target": "retail_trans_iceberg",
        "mode": mode,
        "load": "update",
        "keys": ["trans_id"],
        "unknown_columns": "discard",
        "columns": columns,
        "ignored": [],
    }
    image = {"field": "before-image", "complete": True}
    settings = {"unrouted": "drop", "other_deliveries": [], "before_image": image, "position_epoch": 0}
    return parse_routes(json.dumps({"version": 1, **settings, "routes": [route]}))


def _event(size: int) -> tuple[Event, int, int]:
    """Returns an event of inserts, updates and deletes with transaction details, and the bytes of its messages and of their rows."""
    chance = random.Random(47)  # noqa: S311 - the same rows in every run
    start = datetime(2024, 1, 1, tzinfo=UTC)
    records: list[dict[str, object]] = []
    message_bytes = row_bytes = 0
    for number in range(size):
        moment = start + timedelta(microseconds=chance.randrange(365 * 86_400_000_000))
        operation = chance.choice(("insert", "insert", "update", "update", "delete"))
        row = {
            "trans_id": chance.randrange(1, 10**9),
            "customer_id": f"{chance.randrange(10**12):012d}",
            "event": chance.choice(("purchase", "cart", "view", None)),
            "sku": f"{chance.choice('ABCDEF')}K{chance.randrange(10**8):08d}",
            "amount": chance.randrange(100),
            "unit_price": float(f"{chance.randrange(1, 500_000) / 100:.2f}"),
            "device": chance.choice(("pc", "mobile", "tablet")),
            "store_id": chance.randrange(5_000),
            "is_member": chance.randrange(2),
            "note": chance.choice(_NOTES),
            "trans_datetime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "updated_at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        previous = {"prev-transaction-id": 12_884_903_000, "prev-transaction-record-id": 1} if operation != "insert" else {}
        metadata = {
            "timestamp": (moment + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "record-type": "data",
            "operation": operation,
            "partition-key-type": "primary-key",
            "partition-key-value": f"testdb.retail_trans.{row['trans_id']}",
            "schema-name": "testdb",
            "table-name": "retail_trans",
            "transaction-id": 12_884_903_113 + number,
            "transaction-record-id": 1,
            **previous,
            "commit-timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "stream-position": f"mysql-bin-changelog.157832:{1975 + 310 * number}:-1:2002:677883278264080:mysql-bin-changelog.157832:1876",
        }
        before = {"before-image": {**row, "amount": 100}} if operation == "update" else {}
        message = {"data": row, **before, "metadata": metadata}
        text = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
        message_bytes += len(text)
        row_bytes += len(json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode())
        arrival = int(moment.timestamp() * 1_000)
        records.append({"recordId": f"{number:056d}", "approximateArrivalTimestamp": arrival, "data": b64encode(text).decode()})
    return {"records": records}, message_bytes, row_bytes


if __name__ == "__main__":
    main()
