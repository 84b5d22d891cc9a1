"""DMS's own test of its ways to source and stream, before a start that would fail for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.task.aws import Aws
from scripts.task.errors import one_line
from scripts.task.pauses import looks
from scripts.task.state import TaskState

TESTING = "testing"
SUCCESSFUL = "successful"
TIMEOUT_SECONDS = 300


def failed_connections(state: TaskState, aws: Aws, *, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Tests both endpoints of a task from its instance, side by side.

    A serverless replication has no instance to test from: it tests its connections itself while it starts.

    Args:
        state: the task.
        aws: the way to it.
        say: told what goes on.

    Returns:
        A line for each endpoint that cannot be reached, with AWS's message.
    """
    if state.instance_arn is None:
        return []
    say("testing the connections to source and stream")
    dms = aws.client("dms")
    for endpoint in state.endpoints:
        dms.test_connection(ReplicationInstanceArn=state.instance_arn, EndpointArn=endpoint)
    found: list[str] = []
    for endpoint in state.endpoints:
        connection = _tested(dms, state.instance_arn, endpoint)
        if connection.get("Status") != SUCCESSFUL:
            found.append(_problem(connection))
    return found


def _tested(dms: Any, instance: str, endpoint: str) -> dict[str, Any]:
    filters = [{"Name": "endpoint-arn", "Values": [endpoint]}]
    connection: dict[str, Any] = {}
    for _ in looks(timeout_seconds=TIMEOUT_SECONDS):
        answers = dms.describe_connections(Filters=filters)["Connections"]
        connection = next((one for one in answers if one["ReplicationInstanceArn"] == instance), connection)
        if connection.get("Status", TESTING) != TESTING:
            break
    return connection


def _problem(connection: dict[str, Any]) -> str:
    endpoint = connection.get("EndpointIdentifier", "an endpoint")
    if connection.get("Status", TESTING) == TESTING:
        return f"the test of endpoint {endpoint} does not end: no answer after {TIMEOUT_SECONDS} seconds (look at the replication instance)"
    message = one_line(connection.get("LastFailureMessage") or "AWS gives no reason")
    return f"DMS cannot connect to endpoint {endpoint} ({connection['Status']}): {message}"
