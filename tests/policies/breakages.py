"""What breaks each rule, and what the rule says of it."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.policies.account_singletons import SINGLETONS
from constructs_lib.policies.secrets import SECRET_ARGUMENTS
from tests.policies.conftest import Change, Content, add, add_statement, drop, remove, set_backend, set_in, set_statement

CLUSTER = "aws_rds_cluster.cluster"
BUCKET = "aws_s3_bucket.data"
STREAM = "aws_kinesis_stream.stream"
KEY = "aws_kms_key.key"
TABLE = "aws_glue_catalog_table.iceberg_retail_trans_iceberg"
HOST = "aws_instance.host"
FIREHOSE = "aws_kinesis_firehose_delivery_stream.iceberg"
ROLE = "aws_iam_role.iceberg_role"
ROLE_POLICY = "aws_iam_role_policy.iceberg_role_read_stream"
INGRESS = "aws_vpc_security_group_ingress_rule.database_from_dms"
GROUP = "aws_security_group.dms"
EGRESS = "aws_vpc_security_group_egress_rule.dms_https_out"
STRAY_EGRESS = "aws_vpc_security_group_egress_rule.stray"
FLOW_ROLE = "aws_iam_role.vpc_flow_log_role"
TRACE = "aws_iam_role_policy.iceberg_transform_role_trace"
LOCAL = "minimal/lake"


@dataclass(frozen=True)
class Breakage:
    """One way to break a rule, and what the rule says of it.

    Attributes:
        place: which stack: `lake/component`.
        change: what is done to it.
        address: the resource that is named.
        message: what is said, word for word.
    """

    place: str
    change: Change
    address: str
    message: str


OPEN = "lets the internet in: name a security group or a private range"
ANYWHERE = "lets members reach any address without its reason: name a group or a range, or use allow_https_out"
IN_LINE = "must not hold rules itself: make them resources of their own"
UNPROTECTED = "holds data and must set prevent_destroy: pass the construct's data_lifecycle"
CONFUSED = "must trust vpc-flow-logs.amazonaws.com for this account only (aws:SourceAccount)"
ANYBODY = "may be taken on by anybody: name a principal"
PARAMETERS = "aws_rds_cluster_parameter_group.cluster_cluster_parameters"


def without_parameter(name: str) -> Change:
    def change(template: Content) -> None:
        group = template["resource"]["aws_rds_cluster_parameter_group"]["cluster_cluster_parameters"]
        group["parameter"] = [parameter for parameter in group["parameter"] if parameter["name"] != name]

    return change


def both_logging_options_lost(template: Content) -> None:
    for change in (
        drop(FIREHOSE, "iceberg_configuration", "cloudwatch_logging_options"),
        drop(FIREHOSE, "iceberg_configuration", "s3_configuration", "cloudwatch_logging_options"),
    ):
        change(template)


BREAKAGES: dict[str, dict[str, Breakage]] = {
    "account-singletons": {
        kind: Breakage("retail/lake", add(f"{kind}.x"), f"{kind}.x", f"is a singleton of the account: {reason}")
        for kind, reason in SINGLETONS.items()
    },
    "data-protection": {
        "cluster": Breakage("retail/source", drop(CLUSTER, "lifecycle"), CLUSTER, UNPROTECTED),
        "bucket": Breakage("retail/lake", drop(BUCKET, "lifecycle", "prevent_destroy"), BUCKET, UNPROTECTED),
        "stream": Breakage("retail/delivery", set_in(STREAM, "lifecycle", "prevent_destroy", False), STREAM, UNPROTECTED),
        "key": Breakage("retail/lake", drop(KEY, "lifecycle"), KEY, UNPROTECTED),
        "table": Breakage("retail/lake", drop(TABLE, "lifecycle", "prevent_destroy"), TABLE, UNPROTECTED),
        "force_destroy": Breakage(
            "retail/lake",
            set_in(BUCKET, "force_destroy", True),
            BUCKET,
            "must not set force_destroy: it deletes the data with the bucket",
        ),
    },
    "encryption": {
        "cluster key": Breakage("retail/source", drop(CLUSTER, "kms_key_id"), CLUSTER, "must name its key in kms_key_id"),
        "cluster storage": Breakage("retail/source", set_in(CLUSTER, "storage_encrypted", False), CLUSTER, "must set storage_encrypted"),
        "stream": Breakage("retail/delivery", drop(STREAM, "kms_key_id"), STREAM, "must name its key in kms_key_id"),
        "instance": Breakage(
            "retail/capture",
            drop("aws_dms_replication_instance.task_instance", "kms_key_arn"),
            "aws_dms_replication_instance.task_instance",
            "must name its key in kms_key_arn",
        ),
        "serverless": Breakage(
            "serverless/capture",
            drop("aws_dms_replication_config.replication", "compute_config", "kms_key_id"),
            "aws_dms_replication_config.replication",
            "must name its key in compute_config.kms_key_id",
        ),
        "secret": Breakage(
            "retail/source",
            drop("aws_secretsmanager_secret.replication_secret", "kms_key_id"),
            "aws_secretsmanager_secret.replication_secret",
            "must name its key in kms_key_id",
        ),
        "topic": Breakage(
            "retail/operations",
            drop("aws_sns_topic.topic", "kms_master_key_id"),
            "aws_sns_topic.topic",
            "must name its key in kms_master_key_id",
        ),
        "disk": Breakage("retail/bastion", set_in(HOST, "root_block_device", "encrypted", False), HOST, "must encrypt its disk"),
        "no disk": Breakage("retail/bastion", drop(HOST, "root_block_device"), HOST, "must encrypt its disk"),
        "rotation": Breakage("retail/lake", drop(KEY, "enable_key_rotation"), KEY, "must set enable_key_rotation"),
    },
    "iam-actions": {
        "service": Breakage(
            "retail/delivery", set_statement(ROLE_POLICY, Action=["kinesis:*"]), ROLE_POLICY, "allows kinesis:*: list the actions"
        ),
        "some": Breakage(
            "retail/delivery", set_statement(ROLE_POLICY, Action="kinesis:Get*"), ROLE_POLICY, "allows kinesis:Get*: list the actions"
        ),
        "all": Breakage("retail/delivery", set_statement(ROLE_POLICY, Action="*"), ROLE_POLICY, "allows *: list the actions"),
        "bucket": Breakage(
            "retail/lake",
            add_statement(
                "aws_s3_bucket_policy.data_policy",
                Effect="Allow",
                Principal={"AWS": "arn:aws:iam::123456789012:root"},
                Action="s3:*",
                Resource="arn:aws:s3:::x",
            ),
            "aws_s3_bucket_policy.data_policy",
            "allows s3:*: list the actions",
        ),
        "key of another": Breakage(
            "retail/operations",
            set_statement(KEY, Principal={"AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::999999999999:root"]}),
            KEY,
            "allows kms:*: list the actions",
        ),
    },
    "iam-resources": {
        "all": Breakage(
            "retail/delivery",
            set_statement(ROLE_POLICY, Action="kinesis:GetRecords", Resource="*"),
            ROLE_POLICY,
            "allows kinesis:GetRecords on every resource: name the resources",
        ),
        "one of many": Breakage(
            "retail/delivery",
            set_statement(ROLE_POLICY, Action=["xray:PutTraceSegments", "s3:GetObject"], Resource=["arn:aws:s3:::a", "*"]),
            ROLE_POLICY,
            "allows s3:GetObject on every resource: name the resources",
        ),
        "without its reason": Breakage(
            "retail/delivery",
            drop(TRACE, "//", "why"),
            TRACE,
            "allows every resource without its reason: set the statement's why_any_resource",
        ),
    },
    "iam-trust": {
        "anybody": Breakage("retail/delivery", set_statement(ROLE, "assume_role_policy", Principal="*"), ROLE, ANYBODY),
        "any account": Breakage("retail/delivery", set_statement(ROLE, "assume_role_policy", Principal={"AWS": "*"}), ROLE, ANYBODY),
        "listed anybody": Breakage("retail/delivery", set_statement(ROLE, "assume_role_policy", Principal={"AWS": ["*"]}), ROLE, ANYBODY),
        "any source": Breakage(
            "retail/network", set_statement(FLOW_ROLE, "assume_role_policy", without=["Condition"]), FLOW_ROLE, CONFUSED
        ),
        "another condition": Breakage(
            "retail/network",
            set_statement(FLOW_ROLE, "assume_role_policy", Condition={"StringLike": {"aws:SourceAccount": "*"}}),
            FLOW_ROLE,
            CONFUSED,
        ),
    },
    "log-destinations": {
        "nothing logged": Breakage(
            "retail/delivery", both_logging_options_lost, FIREHOSE, "must log its errors: set cloudwatch_logging_options"
        ),
        "stream not made": Breakage(
            "retail/delivery",
            remove("aws_cloudwatch_log_stream.iceberg_log_DestinationDelivery"),
            FIREHOSE,
            "logs to ${aws_cloudwatch_log_group.iceberg_log.name}:DestinationDelivery, which this stack does not make",
        ),
        "group not made": Breakage(
            "retail/delivery",
            set_in(FIREHOSE, "iceberg_configuration", "s3_configuration", "cloudwatch_logging_options", "log_group_name", "/other"),
            FIREHOSE,
            "logs to /other:BackupDelivery, which this stack does not make",
        ),
    },
    "metadata-service": {
        "optional": Breakage(
            "retail/bastion",
            set_in(HOST, "metadata_options", "http_tokens", "optional"),
            HOST,
            "must set metadata_options.http_tokens to required",
        ),
        "unset": Breakage("retail/bastion", drop(HOST, "metadata_options"), HOST, "must set metadata_options.http_tokens to required"),
    },
    "private-buckets": {
        **{
            kind: Breakage("retail/lake", remove(f"aws_s3_bucket_{kind}"), BUCKET, f"must {remedy}: use PrivateBucket")
            for kind, remedy in {
                "public_access_block.data_public_access": "block public access in all four ways",
                "policy.data_policy": "deny requests without TLS in its policy",
                "server_side_encryption_configuration.data_encryption": "encrypt with a KMS key by default",
                "versioning.data_versioning": "be versioned",
                "lifecycle_configuration.data_lifecycle": "have a lifecycle rule for old versions",
            }.items()
        },
        **{
            switch: Breakage(
                "retail/lake",
                set_in("aws_s3_bucket_public_access_block.data_public_access", switch, False),
                BUCKET,
                "must block public access in all four ways: use PrivateBucket",
            )
            for switch in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        },
        "http allowed": Breakage(
            "retail/lake",
            set_statement("aws_s3_bucket_policy.data_policy", Condition={}),
            BUCKET,
            "must deny requests without TLS in its policy: use PrivateBucket",
        ),
        "awss key": Breakage(
            "retail/lake",
            set_in(
                "aws_s3_bucket_server_side_encryption_configuration.data_encryption",
                "rule",
                [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            ),
            BUCKET,
            "must encrypt with a KMS key by default: use PrivateBucket",
        ),
        "suspended": Breakage(
            "retail/lake",
            set_in("aws_s3_bucket_versioning.data_versioning", "versioning_configuration", "status", "Suspended"),
            BUCKET,
            "must be versioned: use PrivateBucket",
        ),
        "kept for ever": Breakage(
            "retail/lake",
            drop("aws_s3_bucket_lifecycle_configuration.data_lifecycle", "rule", 0, "noncurrent_version_expiration"),
            BUCKET,
            "must have a lifecycle rule for old versions: use PrivateBucket",
        ),
    },
    "public-access": {
        "ingress v4": Breakage("retail/capture", set_in(INGRESS, "cidr_ipv4", "0.0.0.0/0"), INGRESS, OPEN),
        "ingress v6": Breakage("retail/capture", set_in(INGRESS, "cidr_ipv6", "::/0"), INGRESS, OPEN),
        "egress without its reason": Breakage("retail/capture", drop(EGRESS, "//", "why_anywhere"), EGRESS, ANYWHERE),
        "egress v6": Breakage("retail/source", add(STRAY_EGRESS, ip_protocol="tcp", cidr_ipv6="::/0"), STRAY_EGRESS, ANYWHERE),
        "every protocol": Breakage(
            "retail/source",
            add(STRAY_EGRESS, ip_protocol="-1", cidr_ipv4="10.0.0.0/8"),
            STRAY_EGRESS,
            "lets every protocol out: name one and its port",
        ),
        "in-line ingress": Breakage("retail/capture", set_in(GROUP, "ingress", [{"from_port": 22}]), GROUP, IN_LINE),
        "in-line egress": Breakage("retail/capture", set_in(GROUP, "egress", [{"from_port": 0}]), GROUP, IN_LINE),
        "default group": Breakage(
            "retail/network",
            set_in("aws_default_security_group.vpc_default_security_group", "ingress", [{"from_port": 0}]),
            "aws_default_security_group.vpc_default_security_group",
            IN_LINE,
        ),
        "database": Breakage(
            "retail/source",
            set_in("aws_rds_cluster_instance.cluster_writer", "publicly_accessible", True),
            "aws_rds_cluster_instance.cluster_writer",
            "must not set publicly_accessible",
        ),
        "host": Breakage(
            "retail/bastion",
            set_in(HOST, "associate_public_ip_address", True),
            HOST,
            "must not set associate_public_ip_address",
        ),
        "subnet": Breakage(
            "retail/network",
            set_in("aws_subnet.vpc_public_0", "map_public_ip_on_launch", True),
            "aws_subnet.vpc_public_0",
            "must not set map_public_ip_on_launch",
        ),
        "key pair": Breakage(
            "retail/bastion", set_in(HOST, "key_name", "mine"), HOST, "must not have a key pair: Session Manager needs none"
        ),
    },
    "role-principals": {
        **{
            label: Breakage(
                "retail/lake",
                add_statement(KEY, Effect="Allow", Principal={"AWS": principal}, Action="kms:Decrypt", Resource="*"),
                KEY,
                f"names {principal} as principal, which may not exist yet: name the account, and the role in aws:PrincipalArn",
            )
            for label, principal in {
                "a role": "arn:aws:iam::123456789012:role/retail-dev-consumer",
                "one of this stack": "${aws_iam_role.iceberg_optimizers_role.arn}",
                "one of another stack": "${data.terraform_remote_state.x.outputs.role_arn}",
            }.items()
        },
        "its unique id": Breakage(
            "retail/lake",
            add_statement(
                "aws_s3_bucket_policy.data_policy",
                Effect="Deny",
                Principal="*",
                Action="s3:*",
                Resource="arn:aws:s3:::x",
                Condition={"StringNotLike": {"aws:userId": "AROAEXAMPLE:*"}},
            ),
            "aws_s3_bucket_policy.data_policy",
            "tells a role by aws:userId, which changes when the role is made anew: use aws:PrincipalArn",
        ),
    },
    "secrets": {
        **{
            argument: Breakage(
                "retail/capture",
                set_in("aws_dms_endpoint.source", argument, "hunter2"),
                "aws_dms_endpoint.source",
                f"keeps a secret in the state by {argument}: use Secrets Manager, or a write-only argument",
            )
            for argument in SECRET_ARGUMENTS
        },
        "below": Breakage(
            "retail/capture",
            set_in("aws_dms_endpoint.target", "kinesis_settings", "password", "hunter2"),
            "aws_dms_endpoint.target",
            "keeps a secret in the state by password: use Secrets Manager, or a write-only argument",
        ),
        "administrator": Breakage(
            "retail/source",
            drop(CLUSTER, "manage_master_user_password"),
            CLUSTER,
            "must leave the administrator's password to RDS (manage_master_user_password)",
        ),
    },
    "state-backend": {
        "none": Breakage(LOCAL, set_backend(None), "terraform.backend", "must be set: cdktf's default is an absolute path on this machine"),
        "absolute": Breakage(
            LOCAL, set_backend({"local": {"path": "/home/x/a.tfstate"}}), "terraform.backend.local", "must have a relative path"
        ),
        "no path": Breakage(LOCAL, set_backend({"local": {}}), "terraform.backend.local", "must have a relative path"),
        **{
            f"encrypt {value} without a key": Breakage(
                "retail/lake",
                set_backend({"s3": {"bucket": "b", "use_lockfile": True, "encrypt": value}}),
                "terraform.backend.s3",
                "must not set encrypt without a key: S3's own key would take the place of the bucket's",
            )
            for value in (True, False)
        },
        "key without encrypt": Breakage(
            "retail/lake",
            set_backend({"s3": {"bucket": "b", "use_lockfile": True, "kms_key_id": "k"}}),
            "terraform.backend.s3",
            "must set encrypt: without it the key in kms_key_id is not used",
        ),
        "not locked": Breakage("retail/lake", set_backend({"s3": {"bucket": "b"}}), "terraform.backend.s3", "must set use_lockfile"),
    },
    "transport": {
        "no TLS": Breakage(
            "retail/capture",
            set_in("aws_dms_endpoint.source", "ssl_mode", "none"),
            "aws_dms_endpoint.source",
            "must check the source's certificate: set ssl_mode to verify-full",
        ),
        "certificate not checked": Breakage(
            "retail/capture",
            set_in("aws_dms_endpoint.source", "ssl_mode", "require"),
            "aws_dms_endpoint.source",
            "must check the source's certificate: set ssl_mode to verify-full",
        ),
        "clear connections": Breakage(
            "retail/source",
            without_parameter("require_secure_transport"),
            PARAMETERS,
            "must refuse connections in clear: set require_secure_transport to ON",
        ),
    },
}
"""Rule to what breaks it."""
