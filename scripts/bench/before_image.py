"""What it costs that an update shows the whole row as it was, and not its primary key alone: bytes per record, and the function's time.

The same changes of one table are captured with both settings of DMS's before image, as the local lake writes DMS's messages.

    python -m scripts.bench.before_image
"""

from __future__ import annotations

import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer
from scripts.bench.local_source import LAKE, Table, source
from scripts.local.delivery import operation_of
from scripts.local.records import CapturedRecord
from scripts.local.routes import routes_text
from scripts.local.setup import synthesise
from scripts.local.source.source import SourceReader, to_server
from scripts.local.template import LocalTemplate

FILTERS = ("pk-only", "non-lob")
CHANGES = 10_000
_OPERATIONS = ("insert", "update", "delete")
_ROUNDS = 9


def run(changes: int = CHANGES) -> list[dict[str, object]]:
    """A row per setting: mean bytes of each operation's records and of all, six inserts to three updates and one delete, and seconds of
    processor time that the function takes for a million updates."""
    measured: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, source() as server:
        lake = Path(folder, "lake.yaml")
        lake.write_text(LAKE)
        template = synthesise(lake, Path(folder, "cdktf.out"))
        table = Table(server, changes)
        reader = SourceReader(template, to_server(server))
        loaded = sum(1 for _ in reader.records(None, until_caught_up=True))
        if reader.cdc_start is None or loaded < changes:
            raise RuntimeError("the table was not loaded")
        table.change(changes)
        captured = {}
        for name in FILTERS:
            changed = SourceReader(_with_filter(template, name), to_server(server))
            captured[name] = [one for one in changed.records(reader.cdc_start, until_caught_up=True) if operation_of(one) in _OPERATIONS]
        seconds = _seconds(template, captured)
    for name, records in captured.items():
        size: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for record in records:
            for operation in (operation_of(record), "all"):
                size[operation] += len(record.data)
                count[operation] += 1
        means = {f"bytes per {operation}": round(size[operation] / count[operation]) for operation in (*_OPERATIONS, "all")}
        measured.append({"before image": name, **means, "seconds per million updates": round(seconds[name] * 1e6, 1)})
    return measured


def _with_filter(template: LocalTemplate, name: str) -> LocalTemplate:
    settings = dict(template.task_settings)
    settings["BeforeImageSettings"] = {**settings["BeforeImageSettings"], "ColumnFilter": name}
    return replace(template, task_settings=settings)


def _seconds(template: LocalTemplate, captured: Mapping[str, Sequence[CapturedRecord]]) -> dict[str, float]:
    """Processor time per update, the least of several rounds that take turns; the first round is when the function learns the messages."""
    routes = parse_routes(routes_text(template.deliveries[0]))
    subjects: dict[str, tuple[Transformer, list[dict[str, Any]]]] = {
        name: (Transformer(routes), [{"data": b64encode(one.data).decode()} for one in records if operation_of(one) == "update"])
        for name, records in captured.items()
    }
    best = dict.fromkeys(subjects, float("inf"))
    for round_number in range(_ROUNDS + 1):
        for name, (transformer, records) in subjects.items():
            started = time.process_time()
            for record in records:
                transformer.record(record)
            if round_number:
                best[name] = min(best[name], (time.process_time() - started) / len(records))
    return best


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("what an update shows of the row before", run())
