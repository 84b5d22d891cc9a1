"""What may be done with a task in each state, for the states that the emulator does not come to by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from constructs_lib.config.capture import CaptureMode
from scripts.task.errors import TaskError
from scripts.task.readiness import delivery_problems, function_problems
from scripts.task.state import NEW, STARTING, Goal, Kind, StartType, TableState, TaskState, choose_start, problems, reached

TASK = TaskState("t", "arn:aws:dms:us-east-1:123456789012:task:T", Kind.INSTANCE, CaptureMode.FULL_LOAD_AND_CDC, "stopped", has_run=True)


@pytest.mark.parametrize("status", NEW)
def test_a_task_that_was_modified_after_it_ran_resumes(status: str) -> None:
    """DMS may call it ready again: a second first start would load everything again, or be refused."""
    assert choose_start(replace(TASK, status=status), reload=False, resume_failed=False) is StartType.RESUME
    assert choose_start(replace(TASK, status=status, has_run=False), reload=False, resume_failed=False) is StartType.FIRST


def test_a_stopped_task_resumes_even_when_dms_tells_no_dates() -> None:
    assert choose_start(replace(TASK, has_run=False), reload=False, resume_failed=False) is StartType.RESUME


@pytest.mark.parametrize("status", STARTING)
def test_a_starting_task_is_left_alone(status: str) -> None:
    assert choose_start(replace(TASK, status=status), reload=False, resume_failed=False) is None
    with pytest.raises(TaskError, match="stop it before you reload"):
        choose_start(replace(TASK, status=status), reload=True, resume_failed=False)


def test_a_full_load_that_was_broken_off_resumes_on_an_instance_only() -> None:
    broken_off = replace(TASK, mode=CaptureMode.FULL_LOAD, percent=40)
    assert choose_start(broken_off, reload=False, resume_failed=False) is StartType.RESUME
    with pytest.raises(TaskError, match="nothing to resume"):
        choose_start(replace(broken_off, kind=Kind.SERVERLESS), reload=False, resume_failed=False)


def test_the_numbers_of_the_run_before_do_not_end_a_wait() -> None:
    assert not reached(Goal.FULL_LOAD, replace(TASK, status="starting", percent=100), [])
    assert reached(Goal.FULL_LOAD, replace(TASK, status="running", percent=100), [])


@pytest.mark.parametrize("left", [{"percent": 99}, {"loading": 1}, {"queued": 1}])
def test_a_load_is_not_complete_while_something_is_left(left: dict[str, int]) -> None:
    assert not reached(Goal.FULL_LOAD, replace(TASK, status="running", **{"percent": 100} | left), [])


def test_a_cancelled_table_is_a_problem_of_a_running_task_only() -> None:
    tables = [TableState("shop.orders", "Table cancelled")]
    assert problems(TASK, tables, expected=["shop.orders"]) == []
    assert problems(replace(TASK, status="running"), tables, expected=["shop.orders"]) == ["shop.orders: its load was cancelled"]


def test_names_are_compared_as_mysql_may_spell_them() -> None:
    done = replace(TASK, percent=100)
    assert problems(done, [TableState("shop.categories", "Table completed")], expected=["shop.Categories"]) == []


def test_a_delivery_that_could_not_be_made_tells_why() -> None:
    """`DeliveryStreamDescription` as AWS documents it: moto has no failures."""
    failed = {
        "DeliveryStreamStatus": "CREATING_FAILED",
        "FailureDescription": {"Type": "CREATE_KMS_GRANT_FAILED", "Details": "no such\nkey"},
    }
    (problem,) = delivery_problems("d", failed, stream="s", deploy="deploy x-delivery")
    assert problem.startswith(
        "delivery stream d is CREATING_FAILED, not ACTIVE: CREATE_KMS_GRANT_FAILED: no such key (mend that and deploy x-delivery again: "
    )


def test_a_function_that_could_not_be_made_tells_why() -> None:
    (problem,) = function_problems("f", {"State": "Failed", "StateReason": "The role is gone"}, "deploy x-delivery")
    assert problem.startswith("transform function f is Failed, not Active: The role is gone (")
