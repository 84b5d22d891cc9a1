"""No template of an example lake holds a secret: found by what secrets look like, without the rules' help."""

from __future__ import annotations

import json
import re

import pytest

from scripts.security.grants import texts
from tests.conftest import Templates

LOOKS = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "password in a document": re.compile(r'"(?:password|Password|PASSWORD)":\s*"(?!\$\{ephemeral\.)[^"]+"'),
    "password in an address": re.compile(r"\w+://[^/\s:@]+:[^/\s@]+@"),
    "password in a command": re.compile(r"IDENTIFIED BY '(?!\$)|--password[= ](?!\$)\S|PGPASSWORD=(?!\$)\S", re.IGNORECASE),
}


@pytest.mark.parametrize("what", LOOKS)
def test_no_template_holds_what_looks_like_a_secret(templates: Templates, what: str) -> None:
    found = {
        stack: LOOKS[what].findall(text) for stack, template in templates.items() for text in texts(template) if LOOKS[what].search(text)
    }
    assert found == {}


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("private key", "-----BEGIN RSA PRIVATE KEY-----"),
        ("access key", "export KEY=AKIAIOSFODNN7EXAMPLE"),
        ("password in a document", '{"username": "u", "password": "hunter2"}'),
        ("password in an address", "mysql://root:hunter2@db:3306/shop"),
        ("password in a command", "CREATE USER u IDENTIFIED BY 'hunter2'"),
    ],
)
def test_fails_when_one_does(what: str, text: str) -> None:
    assert LOOKS[what].search(text)


def test_password_of_a_secret_is_a_value_that_no_state_keeps(templates: Templates) -> None:
    for template in templates.values():
        for version in template["resource"].get("aws_secretsmanager_secret_version", {}).values():
            assert version["secret_string_wo"]
            assert {"secret_string", "secret_binary"}.isdisjoint(version)
            assert re.fullmatch(r"\$\{ephemeral\.[a-z0-9_.]+\}", json.loads(version["secret_string_wo"])["password"])
