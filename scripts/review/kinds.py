"""What each type of resource keeps, and so what goes with it: one table.

A type that is not here is not passed over: destroying or replacing it must be judged by hand. Every type that the example lakes use stands
here; a test sees to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DATA: Final[Mapping[str, str]] = {
    "aws_backup_vault": "the backups in it",
    "aws_cloudwatch_log_group": "every log line in it",
    "aws_cloudwatch_log_stream": "the log lines in it",
    "aws_db_instance": "the database, but for a final snapshot",
    "aws_docdb_cluster": "the database, but for a final snapshot",
    "aws_dynamodb_table": "every item in it, and its change stream",
    "aws_ebs_volume": "what is on the disk",
    "aws_ecr_repository": "the images in it",
    "aws_efs_file_system": "the files in it",
    "aws_elasticsearch_domain": "every index in it",
    "aws_glue_catalog_database": "the tables in it: their files stay in S3, but no engine finds them any more",
    "aws_glue_catalog_table": "the pointer to the table's current metadata: the rows stay in S3, but no engine finds them any more",
    "aws_instance": "what is on its own disk",
    "aws_kinesis_stream": "the records that are not read yet; whoever reads it begins anew",
    "aws_kms_key": "all that it encrypts, for good, once its waiting period is over",
    "aws_msk_cluster": "the topics in it",
    "aws_neptune_cluster": "the database, but for a final snapshot",
    "aws_opensearch_domain": "every index in it",
    "aws_opensearchserverless_collection": "every index in it",
    "aws_rds_cluster": "the database with its binlog, from which capture resumes; a final snapshot is all that stays",
    "aws_rds_cluster_instance": "no rows (they are in the cluster), but connections break; without the last one there is no database",
    "aws_rds_global_cluster": "the replication between regions",
    "aws_redshift_cluster": "the database, but for a final snapshot",
    "aws_s3_bucket": "every object in it",
    "aws_s3tables_table": "the rows in it",
    "aws_s3tables_table_bucket": "every table in it",
    "aws_secretsmanager_secret": "the secret: who logs in with it cannot",
    "aws_secretsmanager_secret_version": "this value of the secret: who logs in with it cannot",
    "aws_sqs_queue": "the messages in it",
    "aws_ssm_parameter": "the value in it",
    "aws_timestreamwrite_table": "the rows in it",
}
"""Type to what is lost with it."""

POSITIONS: Final[Mapping[str, str]] = {
    "aws_dms_endpoint": "its tasks cannot resume: a task on a new endpoint needs a full load again, or a position given by hand",
    "aws_dms_replication_config": "the position in the binlog: the new one does a full load again, or needs a position given by hand",
    "aws_dms_replication_instance": "the positions of its tasks and what they have cached: they stop, and may need a full load again",
    "aws_dms_replication_task": "the position in the binlog: the new one does a full load again, or needs a position given by hand",
    "aws_kinesis_firehose_delivery_stream": (
        "the position in its Kinesis stream: a new delivery stream reads from LATEST, so what is written until it is active never arrives,"
        " and what was buffered is gone (stop capture first, start it when the stream is active)"
    ),
    "aws_kinesis_stream_consumer": "the position of who reads through it",
    "aws_lambda_event_source_mapping": "the position of the function in its stream",
    "aws_dynamodb_kinesis_streaming_destination": "the changes until the new one is active: a full load fills the gap",
}
"""Type to the position that is lost with it."""

SERVICE: Final[Mapping[str, str]] = {
    "aws_db_subnet_group": "the database cannot be reached while it is replaced",
    "aws_dms_certificate": "its endpoints cannot connect until they use the new one",
    "aws_dms_replication_subnet_group": "its replication instances go with it",
    "aws_eip": "its address is given back: who allows only that address refuses the new one",
    "aws_glue_job": "its runs break off; job bookmarks go with it",
    "aws_lambda_function": "records are not transformed while it is away: Firehose retries, then writes them to the error path",
    "aws_nat_gateway": "connections through it break",
    "aws_sfn_state_machine": "its executions break off",
    "aws_subnet": "what is in it must go first",
    "aws_vpc": "all that is in it must go first",
    "aws_vpc_endpoint": "connections through it break",
}
"""Type to the interruption; nothing is lost that is kept."""

CONFIGURATION: Final = frozenset(
    {
        "aws_athena_named_query",
        "aws_athena_workgroup",
        "aws_budgets_budget",
        "aws_cloudwatch_dashboard",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_metric_alarm",
        "aws_db_parameter_group",
        "aws_default_security_group",
        "aws_dms_event_subscription",
        "aws_flow_log",
        "aws_glue_catalog_table_optimizer",
        "aws_iam_instance_profile",
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_role_policies_exclusive",
        "aws_iam_role_policy",
        "aws_iam_role_policy_attachment",
        "aws_internet_gateway",
        "aws_kinesis_resource_policy",
        "aws_kms_alias",
        "aws_kms_key_policy",
        "aws_lakeformation_opt_in",
        "aws_lakeformation_permissions",
        "aws_lakeformation_resource",
        "aws_lambda_permission",
        "aws_rds_cluster_parameter_group",
        "aws_route",
        "aws_route_table",
        "aws_route_table_association",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_notification",
        "aws_s3_bucket_ownership_controls",
        "aws_s3_bucket_policy",
        "aws_s3_bucket_public_access_block",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
        "aws_s3_object",
        "aws_secretsmanager_secret_policy",
        "aws_secretsmanager_secret_rotation",
        "aws_security_group",
        "aws_security_group_rule",
        "aws_sns_topic",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_sqs_queue_policy",
        "aws_vpc_security_group_egress_rule",
        "aws_vpc_security_group_ingress_rule",
        "null_resource",
        "random_id",
        "terraform_data",
        "time_sleep",
    }
)
"""Types that keep nothing that is not in their arguments. What their arguments open or shorten, the other rules see."""


def is_known(type_: str) -> bool:
    """Whether a table says what goes with a type."""
    return type_ in DATA or type_ in POSITIONS or type_ in SERVICE or type_ in CONFIGURATION
