"""Records through a whole delivery: batches, the function, commits, the error path, resuming."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from scripts.local.errors import evaluate_prefix
from scripts.local.faults import Faults
from scripts.local.records import CapturedRecord
from scripts.local.replay import replay_local
from scripts.local.runner import Runner
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.sources import LINES, ORDERS, STOCK, RandomSource, order
from tests.local.support import DATABASE, Stream, control, deliver, error_lines, errors_of, lake_rows, view_rows


def test_every_type_arrives(shop: LocalTemplate, tmp_path: Path) -> None:
    deliver(shop, tmp_path, [ORDERS.load(order(1)), ORDERS.load(dict.fromkeys(order(2)) | {"order_id": 2})])
    full, empty = lake_rows(shop, tmp_path, DATABASE, "orders")
    assert full == {
        "order_id": 1,
        "status": "new",
        "total": Decimal("12.34"),
        "quantity": 1,
        "weight": 0.1,
        "ratio": 0.5,
        "is_open": True,
        "shipped_on": datetime(2024, 2, 29).date(),
        "created_at": datetime(2024, 1, 15, 10, 29, 58, 123456),
        "note": b"\0\xff",
    }
    assert empty == dict.fromkeys(full) | {"order_id": 2}


@pytest.mark.parametrize("faults", [Faults(), Faults(duplicate=0.2)], ids=["no fault", "duplicates"])
def test_a_mirror_equals_its_source(shop: LocalTemplate, tmp_path: Path, faults: Faults) -> None:
    source = RandomSource(LINES, 1)
    deliver(shop, tmp_path, [*source.load(40), *source.changes(1500)], faults=faults)
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == source.sorted()


@pytest.mark.parametrize(
    "faults",
    [Faults(), Faults(duplicate=0.2), Faults(reorder=200), Faults(duplicate=0.2, reorder=1000)],
    ids=["no fault", "duplicates", "reordered", "duplicates, reordered"],
)
def test_the_current_state_of_a_history_equals_its_source(shop: LocalTemplate, tmp_path: Path, faults: Faults) -> None:
    source = RandomSource(STOCK, 2)
    records = [*source.load(40), *source.changes(1500)]
    counts = deliver(shop, tmp_path, records, faults=faults)
    held = lake_rows(shop, tmp_path, DATABASE, "stock")
    assert len(held) == len(records) + counts.deliveries[shop.deliveries[0].name].total("duplicated")
    assert view_rows(shop, tmp_path, DATABASE, "stock_current") == source.sorted()


def test_a_mirror_is_damaged_by_disorder_and_it_shows(shop: LocalTemplate, tmp_path: Path) -> None:
    """Firehose promises no order, and a mirror keeps the image that came last: the documented limit of the mode, measured."""
    source = RandomSource(LINES, 3, keys=20)
    deliver(shop, tmp_path, source.changes(1500), faults=Faults(reorder=100))
    held = {tuple(row.values()) for row in lake_rows(shop, tmp_path, DATABASE, "lines")}
    wanted = {tuple(row.values()) for row in source.sorted()}
    damaged = {row[:3] for row in held ^ wanted}
    assert damaged
    assert len(damaged) <= 20


def test_batches_and_commits_follow_the_buffering_hints(shop: LocalTemplate, tmp_path: Path) -> None:
    records = [ORDERS.change("insert", order(number, "x" * 1000), number + 1) for number in range(2000)]
    delivery = deliver(shop, tmp_path, records).deliveries[shop.deliveries[0].name]
    megabytes = sum(len(record.data) for record in records) / 1_048_576
    assert delivery.invocations == pytest.approx(megabytes / 0.2, rel=0.15)
    assert delivery.commits == pytest.approx(2000 * 1250 / 1_048_576, abs=1)


def test_time_ends_batches_and_commits(shop: LocalTemplate, tmp_path: Path) -> None:
    now = [0.0]
    commits = []
    with Runner(shop, LakeFolder(tmp_path), clock=lambda: now[0]) as runner:
        delivery = runner.counts.deliveries[shop.deliveries[0].name]

        def records() -> Iterator[CapturedRecord]:
            for number in range(1, 5):
                yield ORDERS.change("insert", order(number), number)
                now[0] += 61
                runner.idle()  # the batch is due
                runner.idle()
                commits.append(delivery.commits)

        runner.run(records())
    assert delivery.invocations == 4
    assert commits == sorted(commits)
    assert commits[-1] >= 2  # before the stream ended


def test_speed_up_shortens_the_wait(shop: LocalTemplate, tmp_path: Path) -> None:
    now = [0.0]
    with Runner(shop, LakeFolder(tmp_path), clock=lambda: now[0], speed_up=60) as runner:

        def records() -> Iterator[CapturedRecord]:
            for number in range(1, 4):
                yield ORDERS.change("insert", order(number), number)
                now[0] += 1.1
                runner.idle()

        counts = runner.run(records())
    assert counts.deliveries[shop.deliveries[0].name].invocations == 3


def test_a_record_above_the_limit_fails_alone(shop: LocalTemplate, tmp_path: Path) -> None:
    records = [ORDERS.change("insert", order(1, "x" * 1_100_000), 1), ORDERS.change("insert", order(2), 2)]
    counts = deliver(shop, tmp_path, records)
    assert [row["order_id"] for row in lake_rows(shop, tmp_path, DATABASE, "orders")] == [2]
    assert [line["errorCode"] for line in error_lines(shop, tmp_path)] == ["Firehose.RecordTooLarge"]
    assert counts.deliveries[shop.deliveries[0].name].tables["shop.orders"].failed == {"Firehose.RecordTooLarge": 1}


def test_what_fails_is_written_as_firehose_writes_it(shop: LocalTemplate, tmp_path: Path) -> None:
    bad = ORDERS.change("insert", order(1) | {"quantity": "many"}, 1)
    deliver(shop, tmp_path, [bad, ORDERS.change("insert", order(2), 2), control(3)])
    (found,) = errors_of(shop, tmp_path).open_objects()
    now = datetime.now(UTC)
    assert f"/errors/processing-failed/year={now:%Y}/month={now:%m}/day={now:%d}/hour=" in str(found.path)
    (line,) = found.lines()
    assert b64decode(line["rawData"]) == bad.data
    assert (line["errorCode"], line["attemptsMade"], line["arrivalTimestamp"]) == ("Lambda.ProcessingFailedStatus", 1, bad.arrived_ms)
    assert line.keys() >= {"errorMessage", "attemptEndingTimestamp", "lambdaArn"}
    assert found.records() == [bad]


def test_the_sum_holds_with_every_kind_of_end(shop: LocalTemplate, tmp_path: Path) -> None:
    source = RandomSource(LINES, 4)
    records = [*source.load(20), control(1, "shop", "lines"), *source.changes(300), ORDERS.change("insert", {"status": "no key"}, 900)]
    counts = deliver(shop, tmp_path, records, faults=Faults(duplicate=0.1, batch_failure=0.5, reorder=7))
    delivery = counts.deliveries[shop.deliveries[0].name]
    came = delivery.total("captured") + delivery.total("duplicated")
    assert came == delivery.total("delivered") + delivery.total("failed") + delivery.total("dropped")
    assert delivery.total("failed") == len(error_lines(shop, tmp_path))
    assert delivery.total("captured") == len(records)


def test_a_failed_batch_is_replayed(shop: LocalTemplate, tmp_path: Path) -> None:
    source = RandomSource(STOCK, 5)
    records = [*source.load(40), *source.changes(3000)]
    counts = deliver(shop, tmp_path, records, faults=Faults(batch_failure=0.4))
    assert 0 < counts.deliveries[shop.deliveries[0].name].total("failed") < len(records)
    assert view_rows(shop, tmp_path, DATABASE, "stock_current") != source.sorted()
    replay_local(shop, LakeFolder(tmp_path))
    assert view_rows(shop, tmp_path, DATABASE, "stock_current") == source.sorted()
    assert error_lines(shop, tmp_path) == []


@pytest.mark.parametrize("seed", [6, 7])
def test_a_replay_does_not_put_older_values_back_into_a_mirror(shop: LocalTemplate, tmp_path: Path, seed: int) -> None:
    source = RandomSource(LINES, seed)
    deliver(shop, tmp_path, [*source.load(40), *source.changes(4000)], faults=Faults(batch_failure=0.4, seed=seed))
    deliver(shop, tmp_path, source.changes(100))
    (replayed,) = replay_local(shop, LakeFolder(tmp_path)).values()
    assert replayed.superseded.total() > 0
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == source.sorted()


def test_a_replay_twice_is_a_replay_once(shop: LocalTemplate, tmp_path: Path) -> None:
    source = RandomSource(STOCK, 8)
    deliver(shop, tmp_path, source.changes(200), faults=Faults(batch_failure=1.0))
    replay_local(shop, LakeFolder(tmp_path))
    (second,) = replay_local(shop, LakeFolder(tmp_path)).values()
    assert second.objects == 0
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == 200


def test_a_replay_that_was_broken_off_before_it_was_noted_writes_nothing_twice(
    shop: LocalTemplate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = RandomSource(STOCK, 9)
    deliver(shop, tmp_path, source.changes(200), faults=Faults(batch_failure=1.0))
    with monkeypatch.context() as patch:
        patch.setattr("scripts.local.errors.ErrorPath.mark_replayed", _break_off)
        with pytest.raises(KeyboardInterrupt):
            replay_local(shop, LakeFolder(tmp_path))
    (counts,) = replay_local(shop, LakeFolder(tmp_path)).values()
    assert counts.already == 200
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == 200


def _break_off(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_fails_again_stays_in_the_error_path(shop: LocalTemplate, tmp_path: Path) -> None:
    deliver(shop, tmp_path, [ORDERS.change("insert", {"status": "no key"}, 1)])
    for _ in range(2):
        (counts,) = replay_local(shop, LakeFolder(tmp_path)).values()
        assert counts.failed == {"Lambda.ProcessingFailedStatus": 1}
    assert len(error_lines(shop, tmp_path)) == 1


def test_a_second_run_goes_on_and_repeats_nothing(shop: LocalTemplate, tmp_path: Path) -> None:
    source = RandomSource(STOCK, 10)
    first = [*source.load(10), *source.changes(50)]
    deliver(shop, tmp_path, first)
    second = list(source.changes(50))
    with Runner(shop, LakeFolder(tmp_path)) as runner:
        assert runner.resume == first[-1].position
        counts = runner.run([*first[-20:], *second])
    delivery = counts.deliveries[shop.deliveries[0].name]
    assert (delivery.total("skipped"), delivery.total("delivered")) == (20, 50)
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == 110


def test_stopping_commits_what_came_and_the_next_run_goes_on(shop: LocalTemplate, tmp_path: Path) -> None:
    source = RandomSource(STOCK, 11)
    records = list(source.changes(100))
    stop = threading.Event()

    def until_stopped() -> Iterator[CapturedRecord]:
        for number, record in enumerate(records):
            if number == 60:
                stop.set()
            yield record

    with Runner(shop, LakeFolder(tmp_path), faults=Faults(reorder=50)) as runner:
        counts = runner.run(until_stopped(), stop=stop)
    assert counts.read == 61
    assert list(counts.check()) == []
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == 61
    deliver(shop, tmp_path, records[50:])
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == 100


def test_a_full_load_that_was_broken_off_begins_anew(shop: LocalTemplate, tmp_path: Path) -> None:
    deliver(shop, tmp_path, [ORDERS.load(order(1)), ORDERS.load(order(2))])  # no change, no boundary: nothing to go on from
    with Runner(shop, LakeFolder(tmp_path)) as runner:
        assert runner.resume is None
        runner.run([ORDERS.load(order(3))])
    assert [row["order_id"] for row in lake_rows(shop, tmp_path, DATABASE, "orders")] == [3]


def test_another_lake_begins_anew(shop: LocalTemplate, many_tables: LocalTemplate, tmp_path: Path) -> None:
    deliver(shop, tmp_path, [ORDERS.change("insert", order(1), 1)])
    with Runner(many_tables, LakeFolder(tmp_path)) as runner:
        assert runner.resume is None
    assert not (tmp_path / "state.json").exists()


def test_two_deliveries_read_one_stream(many_tables: LocalTemplate, tmp_path: Path) -> None:
    stream = Stream("shop", "orders", ("order_id",))
    row = {"order_id": 1, "customer_id": 2, "status": "new", "total": 1.5, "ordered_at": None, "shipped_on": None}
    counts = deliver(many_tables, tmp_path, [stream.change("insert", row, 1), stream.change("update", row | {"status": "paid"}, 2)])
    assert {name: one.total("delivered") for name, one in counts.deliveries.items()} == {"webshop-mirrors": 2, "webshop-histories": 2}
    assert [one["status"] for one in lake_rows(many_tables, tmp_path, "shop", "orders")] == ["paid"]
    assert [one["_op"] for one in lake_rows(many_tables, tmp_path, "shop_history", "order_changes")] == ["insert", "update"]


def test_prefixes_are_evaluated() -> None:
    now = datetime(2024, 1, 5, 7, 8, 9, tzinfo=UTC)
    prefix = "e/!{timestamp:yyyy'-year'/MM/dd}/!{timestamp:HH}/!{firehose:error-output-type}/"
    assert evaluate_prefix(prefix, "iceberg-failed", now) == "e/2024-year/01/05/07/iceberg-failed/"
    assert evaluate_prefix("e/", "iceberg-failed", now) == "e/iceberg-failed/2024/01/05/07/"
    with pytest.raises(ValueError, match="no expression that an error prefix"):
        evaluate_prefix("!{partitionKeyFromQuery:x}", "iceberg-failed", now)
    with pytest.raises(ValueError, match="timestamp field QQ"):
        evaluate_prefix("!{timestamp:QQ}", "iceberg-failed", now)


def test_messages_of_the_support_look_like_the_fixtures() -> None:
    fixture = json.loads((Path(__file__).parents[1] / "functions" / "fixtures" / "dms" / "insert.json").read_text())
    made = json.loads(ORDERS.change("insert", order(1), 1).data)
    assert made["metadata"].keys() == fixture["metadata"].keys()
