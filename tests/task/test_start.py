"""`moulin task start`: the order rule, the way of starting, the refusals."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.plan.mends.dms_tasks import EMULATED
from tests.conftest import ROOT
from tests.task.conftest import Deploy
from tests.task.deployed import Deployed

CaptureOnly = Callable[..., Deployed]
Change = Callable[..., Path]
LATEST = "Firehose reads the stream from LATEST, so what DMS writes before that is lost"


def ran(lake: Deployed) -> Deployed:
    """A task that has run and was stopped."""
    assert lake.run("start").exit_code == 0
    lake.until("running")
    assert lake.run("stop").exit_code == 0
    return lake


def start_type(lake: Deployed, *arguments: str) -> str | None:
    result = lake.run("start", "--output", "json", *arguments)
    assert (result.exit_code, result.stderr) == (0, ""), result.stderr
    answer = json.loads(result.stdout)
    assert set(answer) == {"task", "arn", "started", "start_type", "findings"}
    return None if answer["start_type"] is None else str(answer["start_type"])


@pytest.mark.parametrize("kind", ["minimal", "serverless"])
def test_the_first_start_loads_and_later_ones_resume(deploy: Deploy, kind: str) -> None:
    lake = deploy(kind)
    assert start_type(lake) == "start-replication"
    lake.until("running")
    assert lake.run("stop").exit_code == 0
    assert start_type(lake) == "resume-processing"


def test_a_running_task_is_left_alone(deploy: Deploy) -> None:
    lake = deploy()
    lake.run("start")
    again = lake.run("start")
    assert (again.exit_code, again.stdout.strip()) == (0, "minimal-dev-capture is running already")
    assert start_type(lake) is None


def test_start_says_what_it_did_and_how_to_go_on(deploy: Deploy) -> None:
    lake = deploy()
    assert lake.run("start").stdout.strip() == (
        f"minimal-dev-capture starts (start-replication); moulin task wait {lake.file} --for running waits for it"
    )


# The order rule.


def test_fails_when_the_delivery_stream_is_not_there(capture_only: CaptureOnly) -> None:
    lake = capture_only(without=("aws_kinesis_firehose_delivery_stream",))
    result = lake.run("start")
    assert result.exit_code == 1
    assert (
        result.stderr == f"not started: delivery stream minimal-dev-iceberg does not exist (deploy minimal-dev-delivery first: {LATEST})\n"
    )
    assert lake.task()["Status"] == "ready"


def test_fails_when_nothing_that_reads_is_there_and_names_all_of_it(capture_only: CaptureOnly) -> None:
    lake = capture_only(without=("aws_kinesis_firehose_delivery_stream", "aws_kinesis_stream", "aws_lambda_function"))
    lines = lake.run("start").stderr.splitlines()
    assert [line.partition(" does not exist")[0] for line in lines] == [
        "not started: Kinesis stream minimal-dev-cdc",
        "not started: delivery stream minimal-dev-iceberg",
        "not started: transform function minimal-dev-iceberg-transform",
    ]


def test_fails_when_what_reads_is_not_active_yet(deploy: Deploy) -> None:
    lake = deploy()
    lake.client("firehose").tag_delivery_stream(DeliveryStreamName="minimal-dev-iceberg", Tags=[{"Key": EMULATED, "Value": "CREATING"}])
    lake.client("kinesis").add_tags_to_stream(StreamName="minimal-dev-cdc", Tags={EMULATED: "UPDATING"})
    functions = lake.client("lambda")
    function = functions.get_function(FunctionName="minimal-dev-iceberg-transform")["Configuration"]["FunctionArn"]
    functions.tag_resource(Resource=function, Tags={EMULATED: "Pending"})
    result = lake.run("start")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "not started: Kinesis stream minimal-dev-cdc is UPDATING, not ACTIVE (wait for it, then start again)",
        f"not started: delivery stream minimal-dev-iceberg is CREATING, not ACTIVE (wait for it, then start again: {LATEST})",
        "not started: transform function minimal-dev-iceberg-transform is Pending, not Active"
        " (deploy minimal-dev-delivery again, or wait until it is Active)",
    ]
    assert lake.task()["Status"] == "ready"


def test_fails_when_the_delivery_stream_reads_another_stream(capture_only: CaptureOnly) -> None:
    lake = capture_only(without=("aws_kinesis_firehose_delivery_stream",))
    lake._firehose("minimal-dev-iceberg", stream="old")
    result = lake.run("start")
    assert result.exit_code == 1
    assert (
        "delivery stream minimal-dev-iceberg reads arn:aws:kinesis:us-east-1:123456789012:stream/old, not minimal-dev-cdc" in result.stderr
    )


def test_the_order_rule_holds_for_resuming_too(deploy: Deploy) -> None:
    lake = ran(deploy())
    lake.client("firehose").delete_delivery_stream(DeliveryStreamName="minimal-dev-iceberg")
    assert lake.run("start").exit_code == 1
    assert lake.task()["Status"] == "stopped"


# Connections.


@pytest.mark.parametrize("end", ["source", "target"])
def test_fails_when_an_endpoint_is_out_of_reach_with_the_reason_of_aws(deploy: Deploy, end: str) -> None:
    lake = deploy()
    lake.say(lake.endpoints[end], Status="failed", LastFailureMessage="Access denied for user\n'moulin_replication'")
    result = lake.run("start")
    name = {"source": "minimal-dev-source", "target": "minimal-dev-stream"}[end]
    assert result.exit_code == 1
    assert result.stderr == (f"not started: DMS cannot connect to endpoint {name} (failed): Access denied for user 'moulin_replication'\n")
    assert lake.task()["Status"] == "ready"


# Loading again.


def test_a_reload_is_asked_for_and_confirmed(deploy: Deploy) -> None:
    assert start_type(ran(deploy()), "--reload", "--yes") == "reload-target"


def test_a_serverless_reload(deploy: Deploy) -> None:
    assert start_type(ran(deploy("serverless")), "--reload", "--yes") == "reload-target"


def test_fails_when_nobody_can_confirm_a_reload(deploy: Deploy) -> None:
    lake = ran(deploy("serverless"))
    result = lake.run("start", "--reload")
    assert result.exit_code == 2
    assert result.stderr == (
        "--reload needs --yes where nobody can be asked: A reload sends every row of every table again. Histories get each row once more"
        " (app.events): raise capture.position_epoch above 0 and deploy delivery first, or the current-state view shows older values.\n"
    )
    assert lake.task()["Status"] == "stopped"


@pytest.mark.parametrize(("answer", "exit_code", "status"), [("n", 1, "stopped"), ("y", 0, "running")])
def test_a_reload_asks_on_a_terminal(deploy: Deploy, answer: str, exit_code: int, status: str) -> None:
    lake = ran(deploy())
    here, there = pty.openpty()
    command = [sys.executable, "-m", "scripts.cli", "task", "start", str(lake.file), "--reload"]
    os.write(here, f"{answer}\n".encode())
    done = subprocess.run(command, cwd=ROOT, stdin=there, capture_output=True, text=True, timeout=60, check=False)
    os.close(here)
    os.close(there)
    assert "Load every table again? [y/N]:" in done.stderr
    assert (done.returncode, "not started: nothing was changed" in done.stderr) == (exit_code, exit_code == 1)
    assert lake.task()["Status"] == status


def test_a_reload_of_mirrors_says_what_they_keep(deploy: Deploy, changed: Change) -> None:
    file = changed(("mode: mirror", "mode: mirror\n    load: insert"))
    lake = ran(deploy(file=file))
    assert (
        "Mirrors with load: insert get each row twice (shop.orders): empty them first. Mirrors keep the rows"
        in lake.run("start", "--reload").stderr
    )


def test_a_reload_that_never_ran_is_a_first_start(deploy: Deploy) -> None:
    assert start_type(deploy(), "--reload") == "start-replication"


def test_fails_when_a_running_task_shall_reload(deploy: Deploy) -> None:
    lake = deploy()
    lake.run("start")
    lake.until("running")
    result = lake.run("start", "--reload", "--yes")
    assert (result.exit_code, result.stderr) == (
        1,
        "task minimal-dev-capture is running: stop it before you reload (moulin task stop)\n",
    )


def test_fails_when_a_loading_task_has_nothing_left_to_load(deploy: Deploy, changed: Change) -> None:
    lake = deploy(file=changed(("account_roles: create", "account_roles: create, mode: full-load")), mode="full-load")
    lake.run("start")
    lake.until("stopped")
    result = lake.run("start")
    assert result.exit_code == 1
    assert "only loads (capture.mode is full-load) and has run: there is nothing to resume (--reload loads again)" in result.stderr
    assert start_type(lake, "--reload", "--yes") == "reload-target"


# States that cannot start.


@pytest.mark.parametrize("status", ["modifying", "creating", "deleting", "moving", "failed-move", "testing", "stopping"])
def test_fails_when_the_state_does_not_allow_it(deploy: Deploy, status: str) -> None:
    lake = deploy()
    lake.say(lake.arn, task={"Status": status})
    result = lake.run("start")
    assert result.exit_code == 1
    assert result.stderr == (
        f"task minimal-dev-capture is {status} and cannot be started now: wait until it is ready or stopped (moulin task status)\n"
    )


def test_fails_when_the_task_has_failed_until_somebody_says_that_it_is_mended(deploy: Deploy) -> None:
    lake = ran(deploy())
    reason = {"Status": "failed", "StopReason": "Stop Reason FATAL_ERROR", "LastFailureMessage": "Binlog is not available"}
    lake.say(lake.arn, task=reason)
    result = lake.run("start")
    assert result.exit_code == 1
    assert result.stderr == (
        "task minimal-dev-capture has failed: Stop Reason FATAL_ERROR; Binlog is not available (mend that, then go on where it stood with"
        " --resume-failed, or load every table again with --reload)\n"
    )
    assert start_type(lake, "--resume-failed") == "resume-processing"


def test_fails_when_a_serverless_replication_has_failed(deploy: Deploy) -> None:
    lake = ran(deploy("serverless"))
    lake.say(lake.arn, task={"Status": "failed", "FailureMessages": ["No capacity", "in us-west-2a"]})
    result = lake.run("start")
    assert (result.exit_code, "No capacity; in us-west-2a" in result.stderr) == (1, True)


def test_fails_when_both_ways_are_asked_for(deploy: Deploy) -> None:
    result = deploy().run("start", "--reload", "--resume-failed")
    assert (result.exit_code, result.stderr[:33]) == (2, "--reload and --resume-failed excl")


def test_dms_itself_refuses_the_other_way(deploy: Deploy) -> None:
    """The emulated DMS is as strict as AWS, so that the tests above show something."""
    lake = deploy()
    dms = lake.client("dms")
    lake.task()
    with pytest.raises(dms.exceptions.ClientError, match="RESUME_PROCESSING"):
        dms.start_replication_task(ReplicationTaskArn=lake.arn, StartReplicationTaskType="resume-processing")
    ran(lake)
    with pytest.raises(dms.exceptions.ClientError, match="valid only for tasks running for the first time"):
        dms.start_replication_task(ReplicationTaskArn=lake.arn, StartReplicationTaskType="start-replication")
