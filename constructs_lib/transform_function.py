"""The function that turns DMS messages into rows, between stream and sink."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib.config.delivery import TransformConfig
from constructs_lib.config.lake import PrivacyConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.function_zip import build_zip, python_files
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.logs import LogGroup
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import (
    AssetType,
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionLoggingConfig,
    LambdaFunctionTracingConfig,
    TerraformAsset,
)
from constructs_lib.secret import grant_read_secret

FUNCTIONS = Path(__file__).resolve().parent.parent / "functions"
PACKAGE = "firehose_transform"
ACCEPTED = {
    "CKV_AWS_116": "Firehose waits for the function's answer and sends what fails to the error bucket; a dead-letter queue takes only calls"
    " that nobody waits for",
    "CKV_AWS_117": "it calls AWS's own services only; inside the network it would gain a way to the database",
    "CKV_AWS_272": "the zip is built from this repository and the plan shows its hash; a signing profile is the company's",
}
"""What checkov says of the function, and why it stays so."""

HANDLER = f"{PACKAGE}.handler.lambda_handler"
RUNTIME = "python3.13"


class TransformFunction(Part):
    """The transform function of one delivery, with its routes inside its zip.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: function name, 1 to 64 characters.
        config: memory, time-out, architecture, concurrency.
        routes: the routes file (constructs_lib/config/routes.py).
        privacy: key of hashed columns.
        build_folder: where zips are written before cdktf copies them.
        key: encrypts the log.
        log_retention_days: retention of the function's log.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        config: TransformConfig,
        routes: Mapping[str, Any],
        privacy: PrivacyConfig,
        build_folder: Path,
        key: EncryptionKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            role_name=name,
            service="lambda.amazonaws.com",
            description=f"Runs {name}",
            why_any_account="Lambda does not send the account when it takes on an execution role",
        )
        logs = LogGroup(self, "log", name=f"/aws/lambda/{name}", retention_days=log_retention_days, key=key)
        logs.grant_write(role)
        role.allow(
            "trace",
            Statement(
                "Trace",
                ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
                ["*"],
                why_any_resource="X-Ray's put calls know no resource",
            ),
        )
        environment = (
            self._hashing(role, privacy) if any(column["hash"] for route in routes["routes"] for column in route["columns"]) else {}
        )
        members = python_files(FUNCTIONS, PACKAGE) | {f"{PACKAGE}/routes.json": to_json(routes).encode()}
        archive = build_zip(members, build_folder / f"{name}.zip")
        asset = TerraformAsset(self, "zip", path=str(archive.path), type=AssetType.FILE, asset_hash=archive.hex)
        self.resource = LambdaFunction(
            self,
            "Resource",
            function_name=name,
            description=f"Turns DMS messages into rows for {name}",
            role=role.arn,
            runtime=RUNTIME,
            handler=HANDLER,
            filename=asset.path,
            source_code_hash=archive.sha256_base64,
            architectures=[config.architecture],
            memory_size=config.memory_mib,
            timeout=config.timeout_seconds,
            reserved_concurrent_executions=config.reserved_concurrency,
            environment=LambdaFunctionEnvironment(variables=environment) if environment else None,
            logging_config=LambdaFunctionLoggingConfig(log_format="Text", log_group=logs.name),
            tracing_config=LambdaFunctionTracingConfig(mode="Active"),
            depends_on=[logs.resource, *role.policies],
        )
        accept(self.resource, ACCEPTED | _accepted_as_configured(config, environment))
        self.name: str = self.resource.function_name
        self.latest_arn = f"{self.resource.arn}:$LATEST"

    def grant_invoke(self, role: ServiceRole) -> None:
        """Lets a role call the function's current version, which is what Firehose does."""
        role.allow(
            "invoke-transform",
            Statement("Invoke", ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], [self.latest_arn]),
        )

    def _hashing(self, role: ServiceRole, privacy: PrivacyConfig) -> dict[str, str]:
        if privacy.hash_secret_arn is None:
            raise ValueError("a column is hashed, but privacy.hash_secret_arn is not set")
        grant_read_secret(role, purpose="read-hash-key", secret_arn=privacy.hash_secret_arn, key_arn=privacy.hash_secret_kms_key_arn)
        return {"HASH_SECRET_ARN": privacy.hash_secret_arn}


def _accepted_as_configured(config: TransformConfig, environment: Mapping[str, str]) -> dict[str, str]:
    accepted = {}
    if config.reserved_concurrency is None:
        accepted["CKV_AWS_115"] = "a reservation takes from the whole account's concurrency: transform.reserved_concurrency sets one"
    if environment:
        accepted["CKV_AWS_173"] = "the only variable is the ARN of a secret, which is no secret; Lambda encrypts it under its own key"
    return accepted
