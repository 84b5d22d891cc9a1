"""A host inside the network, reached by Session Manager: no open port, no key pair, no public address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from shlex import quote

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.lake import BastionConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.function_zip import FunctionZip
from constructs_lib.iam import ServiceRole
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    AssetType,
    DataAwsSsmParameter,
    IamInstanceProfile,
    Instance,
    InstanceMetadataOptions,
    InstanceRootBlockDevice,
    S3Object,
    TerraformAsset,
    TerraformResourceLifecycle,
)
from constructs_lib.secret import grant_read_secret

FILES = Path(__file__).resolve().parent / "bastion_files"
IMAGE_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"
TOOLS_PREFIX = "moulin/tools/"


class Bastion(Part):
    """An Amazon Linux 2023 host in a private subnet with the MySQL client, `moulin seed` and the source's set-up script.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: name tag, and start of the names of what it makes.
        config: instance type.
        subnet_id: a private subnet with a way to AWS; `moulin seed` wants one to the package index, too.
        security_group_ids: what it may open connections to; nothing may open one to it.
        bucket: takes the tools, below `moulin/tools/`.
        tools: the archive of tools.
        secret_arns: what to call each secret to its ARN; all may be read.
        secret_key_arn: key of the secrets; None for AWS's own.
        environment: variables of `/etc/moulin.env`.
        key: encrypts the disk.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        config: BastionConfig,
        subnet_id: str,
        security_group_ids: list[str],
        bucket: PrivateBucket,
        tools: FunctionZip,
        secret_arns: Mapping[str, str],
        secret_key_arn: str | None,
        environment: Mapping[str, str],
        key: EncryptionKey,
    ) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            role_name=name,
            service="ec2.amazonaws.com",
            description=f"Runs {name}",
            why_any_account="EC2 does not send the account when it takes on an instance role",
        )
        role.attach("session-manager", f"arn:{self.aws.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore")
        for variable, arn in secret_arns.items():
            purpose = f"read-{variable.lower().replace('_', '-')}"
            grant_read_secret(role, purpose=purpose, secret_arn=arn, key_arn=secret_key_arn)
        bucket.grant_read(role, prefixes=[TOOLS_PREFIX])
        url = self._upload(bucket, tools)
        profile = IamInstanceProfile(self, "profile", name=name, role=role.name)
        image = DataAwsSsmParameter(self, "image", name=IMAGE_PARAMETER.format(architecture=_architecture(config.instance_type)))
        self.resource = Instance(
            self,
            "Resource",
            ami=image.insecure_value,
            instance_type=config.instance_type,
            subnet_id=subnet_id,
            vpc_security_group_ids=security_group_ids,
            associate_public_ip_address=False,
            iam_instance_profile=profile.name,
            metadata_options=InstanceMetadataOptions(http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1),
            root_block_device=InstanceRootBlockDevice(encrypted=True, kms_key_id=key.arn, volume_size=10, volume_type="gp3"),
            ebs_optimized=True,
            monitoring=True,
            user_data=_user_data({**environment, **secret_arns, "MOULIN_REGION": self.aws.region, "MOULIN_TOOLS": url}),
            user_data_replace_on_change=True,
            tags={"Name": name},
            lifecycle=TerraformResourceLifecycle(ignore_changes=["ami"]),  # a newer image alone is no reason to replace the host
            depends_on=role.policies,
        )
        self.id: str = self.resource.id
        self.availability_zone: str = self.resource.availability_zone

    def _upload(self, bucket: PrivateBucket, tools: FunctionZip) -> str:
        asset = TerraformAsset(self, "tools", path=str(tools.path), type=AssetType.FILE, asset_hash=tools.hex)
        archive = S3Object(
            self,
            "tools-object",
            bucket=bucket.name,
            key=f"{TOOLS_PREFIX}{tools.path.name}",  # without a hash: newer tools alone are no reason to replace the host
            source=asset.path,
            source_hash=tools.sha256_base64,
        )
        return f"s3://{archive.bucket}/{archive.key}"


def _architecture(instance_type: str) -> str:
    """Graviton families have a g after their generation: t4g, m7gd, c8gn."""
    family = instance_type.split(".")[0]
    generation = next((index for index, character in enumerate(family) if character.isdigit()), len(family))
    return "arm64" if "g" in family[generation + 1 :] else "x86_64"


def _user_data(environment: Mapping[str, str]) -> str:
    """Writes the environment, then runs the first boot with it."""
    variables = "\n".join(f"export {name}={_quoted(value)}" for name, value in sorted(environment.items()))
    script = (FILES / "user-data.sh").read_text().replace("${", "$${")
    header, body = script.split("\n", 1)
    return f"{header}\ncat > /etc/moulin.env <<'ENVIRONMENT'\n{variables}\nENVIRONMENT\nsource /etc/moulin.env\n{body}"


def _quoted(value: str) -> str:
    """A shell word; a Terraform token resolves to an identifier, an ARN or an address, and is quoted as it stands."""
    return f"'{value}'" if "${" in value else quote(value)
