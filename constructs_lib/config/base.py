"""The base of every model of the lake file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from constructs_lib.config.problems import Path, Problem, Problems
from constructs_lib.config.text import Text, with_underscores
from constructs_lib.defaults import limits

STRUCTURE_ONLY = {"structure_only": True}
"""Validation context in which models are built without asking their rules, so that the loader can ask all of them at once."""


class Model(BaseModel):
    """Plain data out of the file: frozen, complete, unknown keys refused, its own rules kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    has_short_form: ClassVar[bool] = False
    """Whether a plain text may stand for it in the file."""

    def rules(self) -> Iterator[Problem]:
        """Yields what is wrong with the fields taken together; paths are relative to the model."""
        yield from ()

    def warnings(self, today: date) -> Iterator[Problem]:  # noqa: ARG002 - for those that have an end
        """Yields what is accepted and has a risk that a person should know; paths are relative to the model.

        Args:
            today: what an end of support is measured against.
        """
        yield from ()

    @model_validator(mode="after")
    def _keep_rules(self, info: ValidationInfo) -> Self:
        if info.context is not STRUCTURE_ONLY:
            problems = tuple(self.rules())
            if problems:
                raise Problems(problems)
        return self


def models_in(value: object, path: Path = ()) -> Iterator[tuple[Path, Model]]:
    """A model and every model in it, each with its path from the first; the inner ones come first."""
    if isinstance(value, Model):
        for name in type(value).model_fields:
            yield from models_in(getattr(value, name), (*path, name))
        yield path, value
    elif isinstance(value, tuple):
        for position, item in enumerate(value):
            yield from models_in(item, (*path, position))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from models_in(item, (*path, key))


_ARN = r"arn:aws[a-z-]*"

IcebergName = Annotated[
    str, Text("lower-case letters, digits and underscores", r"[a-z0-9_]+", limits.CATALOG_NAME_CHARACTERS, with_underscores)
]
"""A Glue database or table name: lower-case letters, digits and underscores. Firehose and Iceberg's Glue catalog refuse hyphens."""

AccountId = Annotated[str, Text("the 12 digits of an AWS account", r"\d{12}")]
Region = Annotated[
    str, Text("an AWS region such as us-east-1", r"[a-z]{2,4}(?:-[a-z]{2,4})?-(?:central|(?:north|south)(?:east|west)?|east|west)-\d{1,2}")
]
_KEY_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
KmsKeyArn = Annotated[str, Text("the ARN of a KMS key (an alias will not do)", rf"{_ARN}:kms:[a-z0-9-]+:\d{{12}}:key/{_KEY_ID}")]
SecretArn = Annotated[str, Text("the ARN of a Secrets Manager secret", rf"{_ARN}:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:[\w/+=.@!-]+")]
TopicArn = Annotated[str, Text("the ARN of an SNS topic", rf"{_ARN}:sns:[a-z0-9-]+:\d{{12}}:[a-zA-Z0-9_-]{{1,256}}(?:\.fifo)?")]
RoleArn = Annotated[str, Text("the ARN of an IAM role", rf"{_ARN}:iam::\d{{12}}:role/[\w+=,.@/-]+")]
VpcId = Annotated[str, Text("a VPC id such as vpc-0a1b2c3d4e5f60718", r"vpc-[0-9a-f]+")]
SubnetId = Annotated[str, Text("a subnet id such as subnet-0a1b2c3d4e5f60718", r"subnet-[0-9a-f]+")]
SecurityGroupId = Annotated[str, Text("a security group id such as sg-0a1b2c3d4e5f60718", r"sg-[0-9a-f]+")]
