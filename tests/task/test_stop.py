"""`moulin task stop`: waits, and says where a start goes on."""

from __future__ import annotations

import json

import pytest

from scripts.plan.mends.dms_tasks import CHECKPOINT
from tests.task.conftest import Deploy
from tests.task.deployed import Deployed


def running(lake: Deployed) -> Deployed:
    assert lake.run("start").exit_code == 0
    return lake.until("running")


@pytest.mark.parametrize("kind", ["minimal", "serverless"])
def test_stop_waits_and_prints_the_recovery_checkpoint(deploy: Deploy, kind: str) -> None:
    lake = running(deploy(kind))
    result = lake.run("stop")
    name = {"minimal": "minimal-dev-capture", "serverless": "events-staging-capture"}[kind]
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [f"{name} is stopped", f"recovery checkpoint: {CHECKPOINT}"]


def test_stop_does_not_wait_when_told_so(deploy: Deploy) -> None:
    lake = running(deploy())
    lake.say(lake.arn, task={"Status": "stopping"})  # and stays so
    assert lake.run("stop", "--no-wait").stdout.splitlines() == ["minimal-dev-capture is stopping"]


def test_stop_again_is_no_mistake(deploy: Deploy) -> None:
    lake = running(deploy())
    lake.run("stop")
    again = lake.run("stop", "--output", "json")
    assert again.exit_code == 0
    assert json.loads(again.stdout) == {
        "task": "minimal-dev-capture",
        "arn": lake.arn,
        "state": "stopped",
        "recovery_checkpoint": CHECKPOINT,
    }


def test_stop_of_a_task_that_never_ran(deploy: Deploy) -> None:
    result = deploy().run("stop")
    assert (result.exit_code, result.stdout.strip()) == (0, "minimal-dev-capture is ready: it was never started")


def test_fails_when_it_does_not_stop_in_time(deploy: Deploy) -> None:
    lake = running(deploy())
    lake.say(lake.arn, task={"Status": "stopping"})
    result = lake.run("stop", "--timeout", "0.2")
    assert (result.exit_code, result.stderr) == (
        1,
        "not stopped after 0.2 seconds: it is stopping (it goes on; wait again, or raise --timeout)\n",
    )


def test_fails_when_dms_does_not_stop_it_with_its_words(deploy: Deploy) -> None:
    lake = deploy()
    lake.say(lake.arn, task={"Status": "modifying"})
    result = lake.run("stop")
    assert result.exit_code == 1
    assert result.stderr.startswith("AWS refused StopReplicationTask in us-east-1: InvalidResourceStateFault: ")


def test_a_failed_task_is_not_stopped_but_reported(deploy: Deploy) -> None:
    lake = running(deploy())
    lake.say(lake.arn, task={"Status": "failed", "LastFailureMessage": "Out of memory"})
    result = lake.run("stop")
    assert (result.exit_code, result.stderr) == (1, "task minimal-dev-capture has failed: Out of memory\n")
