"""A transform that fails: tried again as often as the synthesised processor says, then the error path, then a replay."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.local.faults import Faults
from scripts.local.replay import replay_local
from scripts.local.session import Outcome
from scripts.local.show import counts_table, outcome_record
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.conftest import Synthesise
from tests.local.sources import LINES, RandomSource
from tests.local.support import DATABASE, LAKE, deliver, error_lines, lake_rows
from tests.local.test_function import delivery_of

RAISES = "def handler(event, context):\n    raise RuntimeError('broken')"
SLEEPS = "import time\ndef handler(event, context):\n    time.sleep(60)"
CRASHES = "import os\ndef handler(event, context):\n    os._exit(9)"
KILLED = "import os, signal\ndef handler(event, context):\n    os.kill(os.getpid(), signal.SIGKILL)"


def with_function(template: LocalTemplate, tmp_path: Path, code: str) -> LocalTemplate:
    """The lake with another function, whose zip tells the same routes."""
    real = template.deliveries[0].function
    delivery = delivery_of(template, tmp_path, code)
    with zipfile.ZipFile(real.zip_path) as held, zipfile.ZipFile(delivery.function.zip_path, "a") as archive:
        archive.writestr("other/routes.json", held.read(f"{real.handler.split('.')[0]}/routes.json"))
    return replace(template, deliveries=(delivery,))


@pytest.mark.parametrize(
    ("code", "error", "message"),
    [
        (RAISES, "Lambda.FunctionError", "RuntimeError: broken"),
        (SLEEPS, "Lambda.FunctionTimedOut", "the function did not answer within 0.3 seconds"),
        (CRASHES, "Lambda.FunctionError", "the function's process ended: exit code 9"),
        (KILLED, "Lambda.FunctionError", "the function's process ended: exit code -9"),
    ],
    ids=["raises", "times out", "crashes", "is killed"],
)
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_batch_is_tried_as_often_as_the_processor_says(
    synthesise_text: Synthesise, tmp_path: Path, retries: int, code: str, error: str, message: str
) -> None:
    template, source = synthesise_text(LAKE.replace("retries: 1", f"retries: {retries}")), RandomSource(LINES, 51)
    assert template.deliveries[0].batch_retries == retries
    records = [*source.load(20), *source.changes(30)]
    counts = deliver(with_function(template, tmp_path, code), tmp_path, records, function_timeout_seconds=0.3)
    (delivery,) = counts.deliveries.values()
    assert (delivery.invocations, delivery.retries) == (1 + retries, retries)
    assert delivery.total("failed") == len(records)
    lines = error_lines(template, tmp_path)
    assert {(line["errorCode"], line["errorMessage"], line["attemptsMade"]) for line in lines} == {(error, message, 1 + retries)}
    (replayed,) = replay_local(template, LakeFolder(tmp_path)).values()
    assert replayed.delivered.total() == len(records)
    assert lake_rows(template, tmp_path, DATABASE, "lines") == source.sorted()
    assert error_lines(template, tmp_path) == []


def test_the_default_number_of_retries_is_firehoses(synthesise_text: Synthesise, tmp_path: Path) -> None:
    template = synthesise_text(LAKE.replace(", retries: 1", ""))
    counts = deliver(with_function(template, tmp_path, RAISES), tmp_path, RandomSource(LINES, 52).changes(5))
    (delivery,) = counts.deliveries.values()
    assert (delivery.invocations, delivery.retries) == (4, 3)


def test_failed_batches_of_the_fault_are_tried_again_too(shop: LocalTemplate, tmp_path: Path) -> None:
    counts = deliver(shop, tmp_path, RandomSource(LINES, 53).changes(2000), faults=Faults(batch_failure=0.5))
    (delivery,) = counts.deliveries.values()
    batches = delivery.invocations - delivery.retries
    assert 0 < delivery.retries < batches  # each failed batch once more


def test_a_function_that_recovers_between_attempts_fails_nothing(shop: LocalTemplate, tmp_path: Path) -> None:
    """The second process of a function that died answers, and nothing of the batch is delivered twice."""
    flag = tmp_path / "died"
    code = f"""
import base64, json, os, pathlib
def handler(event, context):
    flag = pathlib.Path({str(flag)!r})
    if not flag.exists():
        flag.touch()
        os._exit(1)
    target = {{"destinationDatabaseName": {DATABASE!r}, "destinationTableName": "lines", "operation": "insert"}}
    def one(record):
        row = json.loads(base64.b64decode(record["data"]))["data"]
        data = base64.b64encode(json.dumps(row).encode()).decode()
        return {{"recordId": record["recordId"], "result": "Ok", "data": data, "metadata": {{"otfMetadata": target}}}}
    return {{"records": [one(record) for record in event["records"]]}}
"""
    source = RandomSource(LINES, 54)
    counts = deliver(with_function(shop, tmp_path, code), tmp_path, source.load(40))
    (delivery,) = counts.deliveries.values()
    assert (delivery.invocations, delivery.retries, delivery.total("failed"), delivery.total("delivered")) == (2, 1, 0, 40)
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == source.sorted()


def test_retries_are_shown(shop: LocalTemplate, tmp_path: Path) -> None:
    counts = deliver(with_function(shop, tmp_path, RAISES), tmp_path, RandomSource(LINES, 55).changes(5))
    assert "0 commits, 2 invocations of the function (1 of them retries)" in [str(part) for part in counts_table(counts).renderables]
    (told,) = outcome_record(Outcome(counts))["deliveries"]
    assert (told["invocations"], told["retries"], told["conflicts"]) == (2, 1, 0)
