"""Stand-ins for values that only an apply knows, so that the stacks that read them can be planned.

AWS gives a key its ARN and a subnet its id when it makes them. A plan of another stack checks the form of such values, never the values
themselves; each stand-in here has AWS's form and is the same in every run. One table: a resource type, its attribute, its form.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ACCOUNT = "arn:{partition}:%s:{region}:{account}:"
_RDS_DOMAIN = "c0mou1inp1an.{region}.rds.amazonaws.com"


def _arn(service: str, resource: str) -> str:
    return _ACCOUNT % service + resource


FORMS: Mapping[str, Mapping[str, str]] = {
    "aws_athena_workgroup": {"arn": _arn("athena", "workgroup/{name}")},
    "aws_cloudwatch_log_group": {"arn": _arn("logs", "log-group:{name}")},
    "aws_dms_endpoint": {"endpoint_arn": _arn("dms", "endpoint:{CODE}")},
    "aws_dms_replication_config": {"arn": _arn("dms", "replication-config:{CODE}")},
    "aws_dms_replication_instance": {"replication_instance_arn": _arn("dms", "rep:{CODE}")},
    "aws_dms_replication_task": {"replication_task_arn": _arn("dms", "task:{CODE}")},
    "aws_dynamodb_table": {
        "arn": _arn("dynamodb", "table/{name}"),
        "stream_arn": _arn("dynamodb", "table/{name}/stream/2026-01-01T00:00:00.000"),
    },
    "aws_eip": {"id": "eipalloc-{hex}", "allocation_id": "eipalloc-{hex}", "public_ip": "198.51.100.10"},
    "aws_emr_cluster": {"id": "j-{SHORT}", "arn": _arn("elasticmapreduce", "cluster/j-{SHORT}")},
    "aws_emrserverless_application": {"id": "{short}", "arn": _arn("emr-serverless", "/applications/{short}")},
    "aws_glue_catalog_database": {"arn": _arn("glue", "database/{name}"), "id": "{account}:{name}", "catalog_id": "{account}"},
    "aws_glue_catalog_table": {"arn": _arn("glue", "table/{database_name}/{name}"), "catalog_id": "{account}"},
    "aws_glue_job": {"arn": _arn("glue", "job/{name}"), "id": "{name}"},
    "aws_iam_instance_profile": {"arn": "arn:{partition}:iam::{account}:instance-profile/{name}"},
    "aws_iam_policy": {"arn": "arn:{partition}:iam::{account}:policy/{name}"},
    "aws_iam_role": {"arn": "arn:{partition}:iam::{account}:role/{name}", "id": "{name}", "unique_id": "AROA{SHORT}ABCD"},
    "aws_instance": {"id": "i-{hex}", "arn": _arn("ec2", "instance/i-{hex}"), "availability_zone": "{region}a", "private_ip": "10.0.0.10"},
    "aws_internet_gateway": {"id": "igw-{hex}"},
    "aws_kinesis_firehose_delivery_stream": {"arn": _arn("firehose", "deliverystream/{name}")},
    "aws_kinesis_stream": {"arn": _arn("kinesis", "stream/{name}"), "id": _arn("kinesis", "stream/{name}")},
    "aws_kms_alias": {"arn": _arn("kms", "{name}"), "target_key_arn": _arn("kms", "key/{uuid}")},
    "aws_kms_key": {"arn": _arn("kms", "key/{uuid}"), "id": "{uuid}", "key_id": "{uuid}"},
    "aws_lambda_function": {
        "arn": _arn("lambda", "function:{function_name}"),
        "qualified_arn": _arn("lambda", "function:{function_name}:1"),
    },
    "aws_nat_gateway": {"id": "nat-{hex}", "public_ip": "198.51.100.10"},
    "aws_network_interface": {"id": "eni-{hex}"},
    "aws_opensearch_domain": {
        "arn": _arn("es", "domain/{domain_name}"),
        "endpoint": "search-{domain_name}-{short}.{region}.es.amazonaws.com",
    },
    "aws_rds_cluster": {
        "arn": _arn("rds", "cluster:{cluster_identifier}"),
        "id": "{cluster_identifier}",
        "cluster_resource_id": "cluster-{CODE}",
        "endpoint": "{cluster_identifier}.cluster-" + _RDS_DOMAIN,
        "reader_endpoint": "{cluster_identifier}.cluster-ro-" + _RDS_DOMAIN,
        "master_user_secret.secret_arn": _arn("secretsmanager", "secret:rds!cluster-{uuid}-AbCdEf"),
    },
    "aws_rds_cluster_instance": {"arn": _arn("rds", "db:{identifier}"), "endpoint": "{identifier}." + _RDS_DOMAIN},
    "aws_route_table": {"id": "rtb-{hex}"},
    "aws_s3_bucket": {
        "arn": "arn:{partition}:s3:::{bucket}",
        "id": "{bucket}",
        "bucket_regional_domain_name": "{bucket}.s3.{region}.amazonaws.com",
    },
    "aws_secretsmanager_secret": {
        "arn": _arn("secretsmanager", "secret:{name}-AbCdEf"),
        "id": _arn("secretsmanager", "secret:{name}-AbCdEf"),
    },
    "aws_security_group": {"id": "sg-{hex}", "arn": _arn("ec2", "security-group/sg-{hex}")},
    "aws_sfn_state_machine": {"arn": _arn("states", "stateMachine:{name}"), "id": _arn("states", "stateMachine:{name}")},
    "aws_sns_topic": {"arn": _arn("sns", "{name}"), "id": _arn("sns", "{name}")},
    "aws_sqs_queue": {"arn": _arn("sqs", "{name}"), "url": "https://sqs.{region}.amazonaws.com/{account}/{name}"},
    "aws_subnet": {"id": "subnet-{hex}", "arn": _arn("ec2", "subnet/subnet-{hex}"), "availability_zone": "{region}a"},
    "aws_vpc": {"id": "vpc-{hex}", "arn": _arn("ec2", "vpc/vpc-{hex}")},
    "aws_vpc_endpoint": {"id": "vpce-{hex}"},
}

_REFERENCE = re.compile(r'(?P<resource>[a-z]\w*\.[\w-]+)(?P<index>\[(?:\d+|\*|"[^"]*")\])?\.(?P<attribute>[\w.\[\]*]+)')
_INTERPOLATION = re.compile(r"(?<!\$)\$\{([^{}]*)\}")


@dataclass(frozen=True)
class Place:
    """Where a stack is deployed: what every ARN names."""

    partition: str
    region: str
    account: str


@dataclass(frozen=True)
class PlannedValues:
    """What a plan knows of a stack's resources, by address."""

    stack: str
    resources: Mapping[str, Mapping[str, Any]]
    place: Place

    def fill(self, value: Any, *, output: str) -> Any:
        """An output's value as it is written in a stack, with every reference replaced by its known or stand-in value.

        Args:
            value: a string with `${...}` in it, or lists and objects of such.
            output: the output's name, for the string that stands in where nothing is known of the kind of value.
        """
        if isinstance(value, list):
            return [self.fill(item, output=output) for item in value]
        if isinstance(value, dict):
            return {key: self.fill(item, output=output) for key, item in value.items()}
        if not isinstance(value, str):
            return value
        whole = _INTERPOLATION.fullmatch(value)
        if whole:
            return self.resolve(whole[1], output=output)
        return _INTERPOLATION.sub(lambda found: str(self.resolve(found[1], output=output)), value)

    def resolve(self, expression: str, *, output: str) -> Any:
        """The value of one expression, such as `aws_kms_key.key.arn` or `aws_subnet.private[*].id`."""
        reference = _REFERENCE.fullmatch(expression.strip())
        if reference is None:
            return f"placeholder-of-{output}"
        resource, index, attribute = reference["resource"], reference["index"] or "", reference["attribute"]
        if index != "[*]":
            return self._attribute(resource + index, attribute, output)
        return [self._attribute(address, attribute, output) for address in self.resources if address.startswith(f"{resource}[")]

    def _attribute(self, address: str, attribute: str, output: str) -> Any:
        known = self.resources.get(address, {})
        planned = _at(known, attribute)
        if planned is not None:
            return planned
        form = FORMS.get(address.partition(".")[0], {}).get(re.sub(r"\[\d+\]", "", attribute))
        if form is None:
            return f"placeholder-of-{output}"
        codes = {**_codes(f"{self.stack}/{address}"), **vars(self.place)}
        names = {
            field: str(known.get(field) or address.partition(".")[2]) for field in re.findall(r"\{(\w+)\}", form) if field not in codes
        }
        return form.format_map(codes | names)


def _at(values: Any, attribute: str) -> Any:
    """The value at a path such as `master_user_secret[0].secret_arn`, or None when the plan does not know it."""
    for word in re.findall(r"\w+", attribute):
        if isinstance(values, list) and word.isdigit() and int(word) < len(values):
            values = values[int(word)]
        elif isinstance(values, Mapping):
            values = values.get(word)
        else:
            return None
    return values


def _codes(name: str) -> dict[str, str]:
    """Codes of the lengths and alphabets that AWS uses in ids, always the same for a name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    letters = "".join(chr(ord("A") + int(digit, 16)) for digit in digest)
    return {
        "hex": digest[:17],
        "uuid": str(uuid.UUID(digest[:32], version=4)),
        "CODE": letters[:26],
        "SHORT": letters[:13],
        "short": letters[:13].lower(),
    }
