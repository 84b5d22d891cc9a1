from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scripts.local.mariadb import MariaDb
from scripts.seed.credentials import Login, resolve_login
from scripts.seed.errors import SeedError, UsageError
from tests.seed.conftest import CANARY, USER, Database, invoke

PASSWORD = "MOULIN_DB_PASSWORD"
SECRET = "MOULIN_ADMIN_SECRET_ARN"


def login(environment: dict[str, str] | None = None, asked: str | None = None, **options: Any) -> Login:
    given = {"user": None, "host": None, "port": None, "secret": None, **options}
    return resolve_login(**given, environment=environment or {}, ask=lambda _: asked)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-west-1")


def make_secret(aws: Any, name: str = "db", **fields: object) -> str:
    return str(aws.create_secret(Name=name, SecretString=json.dumps(fields))["ARN"])


def test_the_environment_gives_password_host_and_port() -> None:
    found = login({PASSWORD: CANARY, "MOULIN_SOURCE_HOST": "db.internal", "MOULIN_SOURCE_PORT": "3307"}, user="u")
    assert (found.host, found.port, found.user, found.password.get_secret_value()) == ("db.internal", 3307, "u", CANARY)


def test_an_empty_password_is_one() -> None:
    found = login({PASSWORD: ""}, user="u")
    assert (found.where, found.password.get_secret_value()) == ("127.0.0.1:3306", "")


def test_the_password_is_asked_for_on_a_terminal() -> None:
    assert login(asked=CANARY, user="u").password.get_secret_value() == CANARY


def test_a_login_never_shows_its_password() -> None:
    found = login({PASSWORD: CANARY}, user="u")
    assert CANARY not in f"{found} {found!r} {found.password}"


def test_fails_when_there_is_no_user_or_no_password() -> None:
    with pytest.raises(UsageError, match="no database user: give --user"):
        login({PASSWORD: "x"})
    with pytest.raises(UsageError, match="no password for user u: set MOULIN_DB_PASSWORD"):
        login(user="u")


def test_a_secret_gives_the_whole_login(aws: Any) -> None:
    make_secret(aws, username="admin", password=CANARY, host="db.internal", port=3309)
    found = login({PASSWORD: "not this"}, secret="db")
    assert (found.where, found.user, found.password.get_secret_value()) == ("db.internal:3309", "admin", CANARY)
    assert login(secret="db", host="tunnel", port=1).where == "tunnel:1"


def test_the_bastions_secret_has_no_host_so_the_environment_gives_it(aws: Any) -> None:
    arn = make_secret(aws, username="admin", password=CANARY)
    found = login({SECRET: arn, "MOULIN_SOURCE_HOST": "writer", "MOULIN_REGION": "us-east-1"})  # the ARN's region wins
    assert (found.where, found.user, found.password.get_secret_value()) == ("writer:3306", "admin", CANARY)


def test_the_bastions_secret_is_not_another_users(aws: Any) -> None:
    arn = make_secret(aws, username="admin", password=CANARY)
    with pytest.raises(UsageError, match="no password for user app"):
        login({SECRET: arn}, user="app")
    assert login({SECRET: arn, PASSWORD: "own"}, user="app").password.get_secret_value() == "own"
    with pytest.raises(UsageError, match="is the login of admin, not of --user app"):
        login(user="app", secret=arn)


def test_a_secret_of_plain_text_is_a_password(aws: Any) -> None:
    aws.create_secret(Name="plain", SecretString=CANARY)
    assert login(user="u", secret="plain").password.get_secret_value() == CANARY


def test_fails_when_the_secret_cannot_be_used(aws: Any) -> None:
    with pytest.raises(SeedError, match="cannot read secret nowhere: ResourceNotFoundException"):
        login(user="u", secret="nowhere")
    make_secret(aws, name="empty", username="admin", pin=CANARY)
    with pytest.raises(SeedError, match="cannot use secret empty: it has no password field") as error:
        login(secret="empty")
    assert CANARY not in str(error.value)
    aws.create_secret(Name="bytes", SecretBinary=b"x")
    with pytest.raises(SeedError, match="it holds bytes, not text"):
        login(user="u", secret="bytes")


def test_fails_when_aws_is_not_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(SeedError, match="cannot read secret db: You must specify a region"):
        login(secret="db")


def test_the_command_logs_in_with_a_secret(aws: Any, server: MariaDb, database: Database) -> None:
    arn = make_secret(aws, username=USER, password=CANARY, host=server.host, port=server.port)
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    assert invoke("--secret", arn, "--database", database.name, "--create-table", **credentials).code == 0
    assert invoke("--database", database.name, MOULIN_ADMIN_SECRET_ARN=arn, **credentials).code == 0
    assert database.count("retail_trans") == 20
