"""What `moulin deploy-emulated` calls good, and what it says when something is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scripts.deploy.deployment import Run
from scripts.deploy.report import print_trip, trip_record
from scripts.deploy.results import REFUSAL, RoundTrip, StackTrip
from scripts.plan.diagnostics import Diagnostic
from scripts.plan.results import DroppedArgument, ResourceChange

REFUSED = Run("shop-dev-lake", "destroy", ok=False, errors=(Diagnostic("error", REFUSAL, "aws_s3_bucket.data has prevent_destroy", ""),))
STACK = StackTrip(
    stack="shop-dev-lake",
    applied=Run("shop-dev-lake", "apply", ok=True, seconds=61.0, resources=30),
    planned=Run("shop-dev-lake", "plan", ok=True, seconds=8.0),
    refused=REFUSED,
    unprotected=Run("shop-dev-lake", "apply", ok=True, seconds=9.0),
    destroyed=Run("shop-dev-lake", "destroy", ok=True, seconds=20.0, resources=30),
)
GOOD = RoundTrip(lake="shop", provider_version="5.100.0", stacks=(STACK,), leftovers=(), seconds=98.0)
DRIFT = ResourceChange(address="aws_kinesis_stream.stream", type="aws_kinesis_stream", actions=("update",), tags=None)


def broken(**change: object) -> RoundTrip:
    return replace(GOOD, stacks=(replace(STACK, **change),))


def test_good_round_trip_is_good() -> None:
    assert GOOD.ok
    assert trip_record(GOOD)["ok"] is True
    assert trip_record(GOOD)["stacks"][0]["survived"] is True


@pytest.mark.parametrize(
    "trip",
    [
        broken(applied=replace(STACK.applied, ok=False), planned=None, refused=None, destroyed=None),
        broken(planned=replace(STACK.planned, changes=(DRIFT,))),
        broken(refused=replace(REFUSED, ok=True, errors=())),
        broken(refused=replace(REFUSED, errors=(Diagnostic("error", "AccessDenied", "", ""),))),
        broken(unprotected=replace(STACK.unprotected, ok=False)),
        broken(destroyed=replace(STACK.destroyed, ok=False)),
        replace(GOOD, leftovers=("us-east-1 s3 Buckets shop-dev-lake",)),
    ],
    ids=["apply", "drift", "not refused", "refused for another reason", "unprotect", "destroy", "left behind"],
)
def test_fails_when_a_step_does_not_come_out_as_it_must(trip: RoundTrip) -> None:
    assert not trip.ok


def test_report_names_drift_dropped_arguments_and_leftovers(capsys: pytest.CaptureFixture[str]) -> None:
    dropped = DroppedArgument("aws_dms_endpoint.source", "mysql_settings", "came with provider 6")
    trip = broken(planned=replace(STACK.planned, changes=(DRIFT,)), dropped=(dropped,))
    print_trip(replace(trip, leftovers=("us-east-1 secretsmanager SecretList arn:aws:secret:x",)))
    text = capsys.readouterr().out
    assert "drift shop-dev-lake aws_kinesis_stream.stream: update" in text
    assert "dropped shop-dev-lake aws_dms_endpoint.source.mysql_settings: provider 5.100.0 lacks it (came with provider 6)" in text
    assert "left behind us-east-1 secretsmanager SecretList arn:aws:secret:x" in text  # no emoji for :secret:
    assert "1 argument dropped" in text
    assert "Instance cannot be destroyed" not in text
