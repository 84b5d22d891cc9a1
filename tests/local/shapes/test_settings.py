"""A setting is changed in the synthesised Terraform, and a whole run shows it: the template decides, not our defaults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.local.template import LocalTemplate, load_template
from tests.local.shapes.conftest import Begin
from tests.local.shapes.support import ITEMS, ShapeRun, lake_of
from tests.local.support import synthesise

pytestmark = pytest.mark.end_to_end

Change = Callable[[Any], Any]
Edit = Callable[..., LocalTemplate]

LOADED = "INSERT INTO items VALUES (1, '', 1), (12345678901234567, 'b', 2)"
CHANGES = ("ALTER TABLE items ADD COLUMN extra INT", "UPDATE items SET amount = 5 WHERE id = 1", "UPDATE items SET id = 3 WHERE id = 1")
UPDATED_KEY = {"mirrors.items": {"missing in the lake": 1, "only in the lake": 1}}
"""What every mirror does of these changes: it refuses the last."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("settings")
    lake = lake_of([("items", "id", 'id: long, name: string, amount: "decimal(12,2)"')])
    (folder / "lake.yaml").write_text(lake.replace("transform: {buffering_size_mib: 0.2, retries: 0}", "transform: {retries: 0}"))
    synthesise(folder / "lake.yaml", folder / "out")
    return folder / "out"


@pytest.fixture
def edited(made: Path, tmp_path: Path) -> Edit:
    """Changes the resources of a type in a copy of what was synthesised, and reads it."""

    def edit(component: str, kind: str, change: Change) -> LocalTemplate:
        out = Path(shutil.copytree(made, tmp_path / "out"))
        (file,) = out.glob(f"stacks/*-{component}/cdk.tf.json")
        content = json.loads(file.read_text())
        for resource in content["resource"][kind].values():
            change(resource)
        file.write_text(json.dumps(content))
        return load_template(out)

    return edit


def endpoint(**settings: Any) -> Change:
    return lambda resource: resource.get("kinesis_settings", {}).update(settings)


def run(begin: Begin, template: LocalTemplate) -> tuple[ShapeRun, dict[str, dict[str, int]]]:
    made = begin(template, ITEMS, LOADED)
    return made, made.capture(*CHANGES)


def test_the_template_as_it_is(begin: Begin, made: Path) -> None:
    shown, differences = run(begin, load_template(made))
    assert differences == UPDATED_KEY
    assert shown.total("failed", "mirrors") == 1
    assert shown.total("dropped", "mirrors", "items", "add-column") == 1
    assert [row["_previous_id"] for row in shown.rows("histories.items") if row["_op"] == "update"] in ([None, 1], [1, None])


def test_without_null_columns_empty_texts_become_null(begin: Begin, edited: Edit) -> None:
    _, differences = run(begin, edited("capture", "aws_dms_endpoint", endpoint(include_null_and_empty=False)))
    assert differences == {**UPDATED_KEY, "histories.items": {"different": 1}}


def test_without_transaction_details_a_history_takes_no_change(begin: Begin, edited: Edit) -> None:
    shown, differences = run(begin, edited("capture", "aws_dms_endpoint", endpoint(include_transaction_details=False)))
    assert differences == {**UPDATED_KEY, "histories.items": {"missing in the lake": 1, "only in the lake": 1}}
    assert (shown.total("failed", "histories"), shown.total("failed", "mirrors")) == (2, 1)


def test_without_large_integers_a_key_that_loses_digits_is_refused(begin: Begin, edited: Edit) -> None:
    shown, differences = run(begin, edited("capture", "aws_dms_endpoint", endpoint(use_large_integer_value=False)))
    assert differences["histories.items"] == {"missing in the lake": 1}
    assert shown.total("failed", "histories") > 0


def test_without_alter_operations_no_control_record_tells_of_them(begin: Begin, edited: Edit) -> None:
    shown, differences = run(begin, edited("capture", "aws_dms_endpoint", endpoint(include_table_alter_operations=False)))
    assert differences == UPDATED_KEY
    assert shown.total("dropped", "mirrors", "items", "add-column") == 0


def test_without_before_images_every_update_is_refused(begin: Begin, edited: Edit) -> None:
    """Any of them could have changed the key, and both lakes would keep the old row."""

    def without_before_images(task: Any) -> None:
        settings = json.loads(task["replication_task_settings"])
        settings["BeforeImageSettings"]["EnableBeforeImage"] = False
        task["replication_task_settings"] = json.dumps(settings)

    shown, differences = run(begin, edited("capture", "aws_dms_replication_task", without_before_images))
    assert differences == {**UPDATED_KEY, "histories.items": UPDATED_KEY["mirrors.items"]}
    assert shown.total("failed") == 4


def test_another_unique_key_finds_other_rows(begin: Begin, edited: Edit) -> None:
    def by_name(firehose: Any) -> None:
        for table in firehose["iceberg_configuration"]["destination_table_configuration"]:
            if "unique_keys" in table:
                table["unique_keys"] = ["name"]

    template = edited("delivery", "aws_kinesis_firehose_delivery_stream", by_name)
    made = begin(template, ITEMS, "INSERT INTO items VALUES (1, 'same', 1), (2, 'same', 2)")
    assert made.capture("UPDATE items SET amount = 3 WHERE id = 2") == {"mirrors.items": {"missing in the lake": 1}}


def test_buffering_hints_decide_batches_and_commits(begin: Begin, edited: Edit) -> None:
    """1 MiB batches and 64 MiB commits as synthesised; a fifth and a sixty-fourth of that make more of both."""

    def smaller(firehose: Any) -> None:
        iceberg = firehose["iceberg_configuration"]
        iceberg["buffering_size"] = 1
        (processor,) = iceberg["processing_configuration"]["processors"]
        processor["parameters"].append({"parameter_name": "BufferSizeInMBs", "parameter_value": "0.2"})

    many = "INSERT INTO items SELECT seq, REPEAT('x', 2000), 1 FROM seq_1_to_1500"
    found = []
    for change in (lambda _: None, smaller):
        template = edited("delivery", "aws_kinesis_firehose_delivery_stream", change)
        made = begin(template, ITEMS.replace("VARCHAR(40)", "VARCHAR(2000)"), many)
        assert made.capture(speed_up=1) == {}
        counts = next(iter(made.outcome.counts.deliveries.values()))
        found.append((counts.invocations, counts.commits))
        made.sql("DROP TABLE items")
        shutil.rmtree(made.root)
        shutil.rmtree(made.root.parent / "out")
    few, more = found
    megabytes = 1500 * 2350 / 1_048_576
    assert few == (pytest.approx(megabytes / 1, abs=1), 1)
    assert more == (pytest.approx(megabytes / 0.2, abs=2), pytest.approx(1500 * 2100 / 1_048_576, abs=1))
