"""Lake files in the making, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import yaml

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import parse_lake
from constructs_lib.config.problems import LakeFileError

BASE = """\
name: retail
region: us-east-1
state: {backend: local}
tables:
  - source: shop.orders
    mode: mirror
    keys: [id]
    columns: {id: long, status: string, total: "decimal(12,2)"}
"""

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-4333-8444-555555555555"
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf"


def text_of(change: str = "") -> str:
    """The text of the base lake with some top-level keys changed or added; `key: ~` takes a key out."""
    data = {**yaml.safe_load(BASE), **(yaml.safe_load(change) or {})}
    return yaml.safe_dump({key: value for key, value in data.items() if value is not None}, sort_keys=False)


def text_with_table(change: str) -> str:
    """The text of the base lake with its table changed."""
    data = yaml.safe_load(BASE)
    data["tables"] = [{**data["tables"][0], **(yaml.safe_load(change) or {})}]
    return yaml.safe_dump(data, sort_keys=False)


def lake(change: str = "") -> Lake:
    """The base lake with some top-level keys changed."""
    return parse_lake(text_of(change))


def lake_with_table(change: str) -> Lake:
    """The base lake with its table changed."""
    return parse_lake(text_with_table(change))


def mistakes_in(text: str) -> list[str]:
    """What is wrong with a lake file: `where message`, in the order of the report."""
    try:
        parse_lake(text)
    except LakeFileError as error:
        return [f"{problem.where} {problem.message}" for problem in error.problems]
    return []


def mistakes(change: str) -> list[str]:
    """What is wrong with the base lake after a change of top-level keys."""
    return mistakes_in(text_of(change))


def table_mistakes(change: str) -> list[str]:
    """What is wrong with the base lake after a change of its table."""
    return mistakes_in(text_with_table(change))


def data_of(change: str = "") -> dict[str, Any]:
    """The base lake as plain data."""
    loaded: dict[str, Any] = yaml.safe_load(text_of(change))
    return loaded
