"""One construct at a time: an app, a stack of a small lake, and the Terraform that `app.synth()` wrote of it.

`Testing.synth` is not used: cdktf renders references between stacks wrongly there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.base import STRUCTURE_ONLY
from constructs_lib.config.delivery import OptimizerConfig, TransformConfig
from constructs_lib.config.lake import Lake, PrivacyConfig
from constructs_lib.config.routes import routes
from constructs_lib.config.stream import StreamConfig
from constructs_lib.config.table import TableConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iceberg import IcebergDatabase
from constructs_lib.kinesis import CdcStream
from constructs_lib.lake_stack import LakeStack
from constructs_lib.network import NetworkExports
from constructs_lib.provider import App
from constructs_lib.transform_function import TransformFunction
from stacks.synth import read_templates

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-4333-8444-555555555555"
SECRET_ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/user-AbCdEf"

ORDERS = {"source": "shop.orders", "mode": "mirror", "keys": ["order_id"], "columns": {"order_id": "long", "status": "string"}}
LEDGER = {"source": "shop.ledger", "mode": "history", "keys": ["entry_id"], "columns": {"entry_id": "long", "amount": "decimal(12,2)"}}
LINES = {"source": "shop.lines", "mode": "mirror", "keys": ["order_id", "line"], "columns": {"order_id": "long", "line": "int"}}

NETWORK = NetworkExports(vpc_id="vpc-1", private_subnet_ids=("subnet-1", "subnet-2"))


def make_lake(**changes: Any) -> Lake:
    """A lake of one table with the defaults, but for what is changed; in any region, for constructs know more than lake files may name."""
    plain = {"name": "shop", "region": REGION, "account": ACCOUNT, "state": {"backend": "local"}, "tables": [ORDERS]}
    return Lake.model_validate({**plain, **changes}, context=STRUCTURE_ONLY if "region" in changes else None)


class Bench:
    """An app, its stacks, and what they become."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.out = folder / "cdktf.out"
        self.build_folder = folder / "build"
        self.app = App(outdir=str(self.out))

    def stack(self, component: str = "unit", **changes: Any) -> LakeStack:
        """An empty stack of a lake."""
        return LakeStack(self.app, lake=make_lake(**changes), component=component)

    def synth_all(self) -> dict[str, dict[str, Any]]:
        """Every stack by name, without cdktf's own notes."""
        self.app.synth()
        return {name: without_notes(template) for name, template in read_templates(self.out).items()}

    def synth(self) -> dict[str, Any]:
        """The only stack."""
        (template,) = self.synth_all().values()
        return template

    def notes(self, address: str) -> dict[str, Any]:
        """What constructs_lib/notes.py wrote on an element of the only stack."""
        if not (self.out / "manifest.json").exists():
            self.app.synth()
        (template,) = read_templates(self.out).values()
        *section, kind, name = address.split(".")
        notes: dict[str, Any] = template["data" if section else "resource"][kind][name]["//"]
        return {name: note for name, note in notes.items() if name != "metadata"}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def stack(bench: Bench) -> LakeStack:
    """The bench's only stack, protected, of the plain lake."""
    return bench.stack()


def without_notes(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_notes(inner) for name, inner in value.items() if name != "//"}
    return [without_notes(inner) for inner in value] if isinstance(value, list) else value


def of_kind(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Resources of a type by address without the type; none when there are none."""
    return dict(template.get("resource", {}).get(kind, {}))


def statements(template: Mapping[str, Any], role: str) -> dict[str, list[dict[str, Any]]]:
    """The inline policies of a role by their name, as lists of statements."""
    reference = f"${{aws_iam_role.{role}.name}}"
    found = [policy for policy in of_kind(template, "aws_iam_role_policy").values() if policy["role"] == reference]
    return {policy["name"]: json.loads(policy["policy"])["Statement"] for policy in found}


def trust(template: Mapping[str, Any], role: str) -> dict[str, Any]:
    """The one statement of a role's trust policy."""
    (statement,) = json.loads(template["resource"]["aws_iam_role"][role]["assume_role_policy"])["Statement"]
    return dict(statement)


def make_key(scope: Any, name: str = "key") -> EncryptionKey:
    return EncryptionKey(scope, name, alias=f"shop-{name}", description="a key")


def make_bucket(scope: Any, key: EncryptionKey, name: str = "data") -> PrivateBucket:
    return PrivateBucket(scope, name, name=f"shop-{name}", key=key, noncurrent_days=7)


def make_stream(scope: Any, key: EncryptionKey | None, **config: Any) -> CdcStream:
    return CdcStream(scope, "stream", name="shop-cdc", config=StreamConfig(**config), key=key)


def make_database(
    scope: Any, bucket: PrivateBucket, *tables: Mapping[str, Any], lake_formation: bool = True, **optimizers: Any
) -> IcebergDatabase:
    configs = [TableConfig.model_validate(table) for table in tables or (ORDERS,)]
    return IcebergDatabase(
        scope,
        "iceberg",
        name="shop_lake",
        bucket=bucket,
        prefix="lake/shop",
        tables=[(table.target_name, table) for table in configs],
        optimizers=OptimizerConfig(**optimizers),
        role_prefix="shop-iceberg",
        lake_formation=lake_formation,
    )


def make_function(
    scope: Any, key: EncryptionKey, build_folder: Path, *, lake: Lake | None = None, privacy: PrivacyConfig | None = None, **config: Any
) -> TransformFunction:
    lake = lake or make_lake()
    return TransformFunction(
        scope,
        "transform",
        name="shop-transform",
        config=TransformConfig(**config),
        routes=routes(lake, lake.deliveries[0]),
        privacy=privacy or lake.privacy,
        build_folder=build_folder,
        key=key,
        log_retention_days=30,
    )
