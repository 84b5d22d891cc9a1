"""What goes wrong between the user and AWS: one clear line, an exit code, no traceback, no secret."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts.task.errors import ATTEMPTS
from tests.conftest import ROOT
from tests.task.conftest import Deploy
from tests.task.deployed import moulin

Change = Callable[..., Path]
VERBS = ("start", "stop", "status", "wait")
SECRET = "wJalrXUtnFEMI/K7MDENG"
MINIMAL = str(ROOT / "lakes" / "minimal.yaml")


@contextmanager
def refusing(code: str, message: str, *, status: int = 400) -> Iterator[tuple[str, list[str]]]:
    """An AWS that refuses every call; gives its address, and the calls as they come."""
    calls: list[str] = []

    class Refuse(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            calls.append(self.headers["X-Amz-Target"] or self.path)
            body = json.dumps({"__type": code, "message": message}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("verb", VERBS)
def test_fails_when_nothing_is_deployed(verb: str) -> None:
    result = moulin("task", verb, MINIMAL)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "no replication task named minimal-dev-capture in us-east-1: there are none"
        " (deploy minimal-dev-capture first, or check the lake file and --profile)\n"
    )


@pytest.mark.parametrize(("kind", "what"), [("minimal", "replication task"), ("serverless", "serverless replication")])
def test_fails_when_the_task_is_another_with_the_nearest_name(deploy: Deploy, tmp_path: Path, kind: str, what: str) -> None:
    lake = deploy(kind)
    name = lake.lake.name
    file = tmp_path / "lake.yaml"
    file.write_text(lake.file.read_text().replace(f"name: {name}\n", f"name: {name}s\n"))
    result = moulin("task", "status", str(file))
    there, wanted = f"{lake.lake.prefix}-capture", f"{name}s-{lake.lake.environment}-capture"
    assert result.exit_code == 1
    assert f"no {what} named {wanted} in {lake.lake.region}: did you mean {there}; there are {there} (deploy" in result.stderr


def test_fails_when_the_account_is_not_the_lakes(deploy: Deploy, changed: Change) -> None:
    lake = deploy(file=changed(added='account: "999999999999"\n'))
    for verb in VERBS:
        result = lake.run(verb)
        assert result.exit_code == 2
        assert result.stderr == (
            "these credentials are of account 123456789012, the lake file allows 999999999999 only (give another --profile, or correct"
            " account in the lake file)\n"
        )
    assert lake.task()["Status"] == "ready"


def test_fails_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = moulin("task", "status", MINIMAL)
    assert (result.exit_code, result.stderr) == (
        2,
        "no AWS credentials: Unable to locate credentials (sign in, set AWS_PROFILE, or give --profile)\n",
    )


def test_fails_when_the_profile_is_not_there() -> None:
    result = moulin("task", "status", MINIMAL, "--profile", "nobody")
    assert (result.exit_code, result.stderr) == (2, "The config profile (nobody) could not be found (profiles stand in ~/.aws/config)\n")


def test_a_profile_is_used(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    deploy()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(
        "[profile ops]\naws_access_key_id = emulated\naws_secret_access_key = emulated\nregion = eu-west-3\n"
    )
    assert moulin("task", "status", MINIMAL, "--profile", "ops").exit_code == 0  # in the lake's region, not the profile's


@pytest.mark.parametrize(
    ("code", "exit_code", "line"),
    [
        ("AccessDeniedException", 1, "access denied to DescribeReplicationTasks in us-east-1: not you (ask for the right to call it)"),
        (
            "UnrecognizedClientException",
            2,
            "AWS does not accept these credentials in us-east-1: UnrecognizedClientException: not you (sign in again, or give --profile)",
        ),
        (
            "ExpiredTokenException",
            2,
            "AWS does not accept these credentials in us-east-1: ExpiredTokenException: not you (sign in again, or give --profile)",
        ),
        ("Surprise", 1, "AWS refused DescribeReplicationTasks in us-east-1: Surprise: not you"),
    ],
)
def test_fails_when_aws_refuses(monkeypatch: pytest.MonkeyPatch, code: str, exit_code: int, line: str) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with refusing(code, "not\nyou") as (url, calls):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        result = moulin("task", "status", MINIMAL)
    assert (result.exit_code, result.stderr) == (exit_code, line + "\n")
    assert len(calls) == 1
    assert SECRET not in result.output


def test_fails_when_aws_throttles_after_some_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing("ThrottlingException", "Rate exceeded") as (url, calls):
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        result = moulin("task", "status", MINIMAL)
    assert (result.exit_code, result.stderr) == (
        1,
        f"AWS throttles DescribeReplicationTasks in us-east-1: Rate exceeded (tried {ATTEMPTS} times: run again later)\n",
    )
    assert len(calls) == ATTEMPTS


def test_fails_when_aws_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # nobody listens there
    result = moulin("task", "status", MINIMAL)
    assert result.exit_code == 1
    assert result.stderr.startswith("cannot reach AWS in us-east-1: Could not connect to the endpoint URL")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [["task", "begin", MINIMAL], ["task", "wait", MINIMAL, "--for", "ever"], ["task", "status"]])
def test_wrong_use_exits_with_2(arguments: list[str]) -> None:
    assert moulin(*arguments).exit_code == 2


def test_fails_when_the_lake_file_is_wrong() -> None:
    result = moulin("task", "status", "lakes/gone.yaml", "--output", "json")
    assert (result.exit_code, json.loads(result.stdout)[0]["file"]) == (2, "lakes/gone.yaml")


def test_an_interruption_exits_with_130_and_leaves_the_task_alone(deploy: Deploy) -> None:
    lake = deploy()
    lake.run("start")
    lake.say(lake.arn, task={"Status": "starting"})
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "task", "wait", str(lake.file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "looks\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert lake.task()["Status"] == "starting"


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in a shell's background ignores it
import scripts.task.pauses as pauses, time
sleep = time.sleep
def telling(seconds):
    print("looks", flush=True)
    sleep(30)
pauses.time.sleep = telling
from scripts.cli import main
main()
"""
"""`moulin`, which tells when it waits: a signal before that would meet the start of the interpreter."""
