"""The folder works as the zip that is deployed: alone, from its root, with routes.json beside the handler and nothing but Python."""

import ast
import json
import subprocess
import sys
import zipfile
from base64 import b64decode
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from functions.firehose_transform import handler
from functions.firehose_transform.hash_key import ARN_VARIABLE, HashKeyError, read_hash_key
from functions.firehose_transform.routes import RoutesError

PACKAGE = Path(handler.__file__).parent


@pytest.mark.parametrize("module", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_imports_only_the_standard_library_and_its_neighbours(module):
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= 1, "reaches out of its own folder"
            names = [node.module] if node.level == 0 else []
        else:
            continue
        allowed = sys.stdlib_module_names | ({"boto3"} if module.name == "hash_key.py" else set())
        assert {name.partition(".")[0] for name in names} <= allowed


@pytest.fixture
def deployed(tmp_path, routes_document):
    """The zip, and a way to run one event through it in a fresh, isolated interpreter."""
    archive = tmp_path / "function.zip"

    def run(routes, event, *, unpacked=False, **environment):
        with zipfile.ZipFile(archive, "w") as file:
            for module in sorted(PACKAGE.glob("*.py")):
                file.write(module, f"firehose_transform/{module.name}")
            if routes is not None:
                file.writestr("firehose_transform/routes.json", json.dumps(routes))
        root = archive
        if unpacked:
            root = tmp_path / "task"
            zipfile.ZipFile(archive).extractall(root)
        program = (
            "import json, sys; sys.path.insert(0, sys.argv[1]); event = json.load(sys.stdin)\n"
            "from firehose_transform.handler import lambda_handler\n"
            "print(json.dumps(lambda_handler(event, None)))"
        )
        command = [sys.executable, "-I", "-S", "-c", program, str(root)]
        return subprocess.run(command, input=json.dumps(event), capture_output=True, text=True, env={**environment}, check=False)

    return run


@pytest.mark.parametrize("unpacked", [False, True])
def test_the_zip_runs_without_any_installed_package(dms, routes_document, firehose_event, deployed, unpacked):
    done = deployed(routes_document, firehose_event([dms("insert"), dms("control_add_column")]), unpacked=unpacked)
    assert done.returncode == 0, done.stderr
    log, answer = map(json.loads, done.stdout.splitlines())
    assert log["Ok"] == 1
    assert [entry["result"] for entry in answer["records"]] == ["Ok", "Dropped"]
    assert json.loads(b64decode(answer["records"][0]["data"]))["trans_id"] == 6


def test_fails_when_the_zip_has_no_routes(firehose_event, deployed):
    done = deployed(None, firehose_event([]))
    assert done.returncode == 1
    assert "RoutesError: routes.json is not beside handler.py" in done.stderr


def test_fails_when_the_routes_have_another_version(routes_document, firehose_event, deployed):
    done = deployed({**routes_document, "version": 2}, firehose_event([]))
    assert "version 2 is not supported, expected 1" in done.stderr


def test_fails_when_a_hash_is_wanted_and_no_secret_is_configured(routes_document, firehose_event, deployed):
    routes_document["routes"][0]["columns"][3]["hash"] = True
    done = deployed(routes_document, firehose_event([]))
    assert done.returncode == 1
    assert f"HashKeyError: a route hashes a column but {ARN_VARIABLE} is not set" in done.stderr


def test_the_handler_of_this_checkout_has_no_routes(firehose_event):
    with pytest.raises(RoutesError):
        handler.lambda_handler(firehose_event([]), None)


@pytest.fixture
def secrets(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("secretsmanager")


class TestHashKey:
    def test_is_the_text_of_the_secret(self, secrets, monkeypatch):
        arn = secrets.create_secret(Name="hash", SecretString="k\u00e9y")["ARN"]
        monkeypatch.setenv(ARN_VARIABLE, arn)
        assert read_hash_key() == "k\u00e9y".encode()

    def test_is_the_binary_of_the_secret(self, secrets, monkeypatch):
        monkeypatch.setenv(ARN_VARIABLE, secrets.create_secret(Name="hash", SecretBinary=b"\x00\xff")["ARN"])
        assert read_hash_key() == b"\x00\xff"

    def test_fails_when_the_secret_does_not_exist(self, secrets, monkeypatch):
        monkeypatch.setenv(ARN_VARIABLE, "arn:aws:secretsmanager:us-east-1:123456789012:secret:none")
        with pytest.raises(HashKeyError, match="the hash secret cannot be read: ResourceNotFoundException"):
            read_hash_key()

    def test_fails_when_the_secret_holds_nothing(self, secrets, monkeypatch):
        monkeypatch.setenv(ARN_VARIABLE, secrets.create_secret(Name="hash")["ARN"])
        with pytest.raises(HashKeyError):
            read_hash_key()


class TestHashedColumns:
    def test_carry_the_hash_and_never_the_value(self, dms, routes_document, transform):
        routes_document["routes"][0]["columns"][1]["hash"] = True
        (entry,) = transform(routes_document, dms("insert"), hash_key=b"key")
        assert len(entry["row"]["customer_id"]) == 64
        assert b"387378799012" not in b64decode(entry["data"])

    def test_null_stays_null(self, dms, routes_document, transform):
        routes_document["routes"][0]["columns"][2]["hash"] = True
        (entry,) = transform(routes_document, dms("insert").replace(b'"purchase"', b"null"), hash_key=b"key")
        assert entry["row"]["event"] is None

    def test_a_hashed_key_still_shows_its_change(self, dms, routes_document, transform, log):
        route = routes_document["routes"][0]
        route["columns"][0] |= {"type": "string", "hash": True}
        same = dms("update_key_changed").replace(b'"before-image":{"trans_id":6,', b'"before-image":{"trans_id":47,')
        changed, unchanged = transform(routes_document, dms("update_key_changed"), same, hash_key=b"key")
        assert (changed["result"], unchanged["result"]) == ("ProcessingFailed", "Ok")
        route["mode"] = "history"
        (entry,) = transform(routes_document, dms("update_key_changed"), hash_key=b"key")
        assert len({entry["row"]["trans_id"], entry["row"]["_previous_trans_id"]}) == 2

    def test_fails_when_the_value_is_not_text_that_utf8_holds(self, dms, routes_document, transform, log):
        routes_document["routes"][0]["columns"][2]["hash"] = True
        transform(routes_document, dms("insert").replace(b'"purchase"', b'"\\ud800"'), hash_key=b"key")
        assert log()["failures"] == {"invalid_text": 1}
