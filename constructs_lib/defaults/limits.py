"""Service limits and the defaults within them, each with the AWS page that states it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

if TYPE_CHECKING:  # 20 ms in every process
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_DOCS = "https://docs.aws.amazon.com"


@dataclass(frozen=True)
class Limit:
    """A number with a lowest and a highest value; `Annotated[int, LIMIT]` makes a model field refuse what lies outside.

    Attributes:
        minimum: lowest value allowed, itself allowed.
        maximum: highest value allowed, itself allowed.
        default: what is used when the file says nothing; None when the value must be given or stays unset.
        unit: the unit as it is written after the number, "" for a count.
        source: the page that states the limit.
        allowed: the only values allowed between the two, where the service takes steps and not a range.
    """

    minimum: float
    maximum: float
    default: float | None
    unit: str
    source: str
    allowed: tuple[float, ...] = ()

    @property
    def int_default(self) -> int:
        """The default of a whole number.

        Raises:
            ValueError: the limit has no default.
        """
        if self.default is None:
            raise ValueError("this limit has no default")
        return int(self.default)

    def check(self, value: float) -> float:
        """Returns the value, or says what is allowed and what to do.

        Raises:
            ValueError: the value is out of range or not one of the allowed steps.
        """
        unit = f" {self.unit}" if self.unit else ""
        remedy = "" if self.default is None else f", or remove it for {self.default:g}"
        if not self.minimum <= value <= self.maximum:
            change = "lower it" if value > self.maximum else "raise it"
            raise ValueError(f"must be between {self.minimum:g} and {self.maximum:g}{unit}, got {value:g} ({change}{remedy})")
        if self.allowed and value not in self.allowed:
            steps = ", ".join(f"{step:g}" for step in self.allowed)
            raise ValueError(f"must be one of {steps}{unit}, got {value:g} (choose one of them{remedy})")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        json_schema = handler(schema)
        target = json_schema["anyOf"][0] if "anyOf" in json_schema else json_schema
        target["minimum"], target["maximum"] = self.minimum, self.maximum
        if self.allowed:
            target["enum"] = list(self.allowed)
        return json_schema


# Firehose: the Iceberg destination and the Lambda processor.
_FIREHOSE_API = f"{_DOCS}/firehose/latest/APIReference"
DELIVERY_BUFFERING_INTERVAL_SECONDS = Limit(0, 900, 60, "seconds", f"{_FIREHOSE_API}/API_BufferingHints.html")
DELIVERY_BUFFERING_SIZE_MIB = Limit(1, 128, 64, "MiB", f"{_FIREHOSE_API}/API_BufferingHints.html")
DELIVERY_RETRY_SECONDS = Limit(0, 7200, 3600, "seconds", f"{_FIREHOSE_API}/API_RetryOptions.html")
TRANSFORM_BUFFERING_SIZE_MIB = Limit(0.2, 3, 1, "MiB", f"{_DOCS}/firehose/latest/dev/data-transformation.html")
TRANSFORM_BUFFERING_INTERVAL_SECONDS = Limit(0, 900, 60, "seconds", f"{_DOCS}/firehose/latest/dev/data-transformation.html")
TRANSFORM_RETRIES = Limit(0, 300, 3, "retries", f"{_FIREHOSE_API}/API_ProcessorParameter.html")
DELIVERY_TABLES = Limit(1, 1000, None, "tables", "docs/limits.md: what Moulin tests, AWS states no number")
DELIVERY_STREAM_NAME_CHARACTERS = Limit(1, 64, None, "characters", f"{_FIREHOSE_API}/API_CreateDeliveryStream.html")

# Lambda.
_LAMBDA = f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html"
TRANSFORM_MEMORY_MIB = Limit(128, 10240, 512, "MiB", _LAMBDA)
FUNCTION_ZIP_BYTES = Limit(1, 50 * 1024**2, None, "bytes", _LAMBDA)
TRANSFORM_TIMEOUT_SECONDS = Limit(1, 300, 120, "seconds", f"{_DOCS}/firehose/latest/dev/data-transformation.html")
TRANSFORM_CONCURRENCY = Limit(1, 1000, None, "invocations", _LAMBDA)

# Kinesis.
PARTITION_KEY_CHARACTERS = Limit(1, 256, None, "characters", f"{_DOCS}/kinesis/latest/APIReference/API_PutRecord.html")
_KINESIS = f"{_DOCS}/streams/latest/dev/service-sizes-and-limits.html"
STREAM_RETENTION_HOURS = Limit(24, 8760, 168, "hours", _KINESIS)
STREAM_SHARDS = Limit(1, 20000, 1, "shards", _KINESIS)

# DMS.
_DMS_SERVERLESS = f"{_DOCS}/dms/latest/userguide/CHAP_Serverless.Components.html"
DMS_CAPACITY_UNITS = (1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384)
DMS_MAX_CAPACITY_UNITS = Limit(1, 384, 4, "DCU", _DMS_SERVERLESS, allowed=DMS_CAPACITY_UNITS)
DMS_MIN_CAPACITY_UNITS = Limit(1, 384, 1, "DCU", _DMS_SERVERLESS, allowed=DMS_CAPACITY_UNITS)
DMS_STORAGE_GIB = Limit(5, 6144, 50, "GiB", f"{_DOCS}/dms/latest/userguide/CHAP_Limits.html")
DMS_FULL_LOAD_SUBTASKS = Limit(1, 49, 8, "tables", f"{_DOCS}/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.FullLoad.html")
DMS_APPLY_THREADS = Limit(1, 32, 8, "threads", f"{_DOCS}/dms/latest/userguide/CHAP_Target.Kinesis.html")
DMS_APPLY_BUFFER = Limit(100, 1000, 1000, "records", f"{_DOCS}/dms/latest/userguide/CHAP_Target.Kinesis.html")
# Each thread reads so many queues, and a row always uses the same one. Without load threads there are neither queues nor a buffer.
DMS_APPLY_QUEUES = Limit(5, 512, 16, "queues", f"{_DOCS}/dms/latest/userguide/CHAP_Target.Kinesis.html")
DMS_LOAD_THREADS = Limit(0, 32, 16, "threads", f"{_DOCS}/dms/latest/userguide/CHAP_Target.Kinesis.html")
DMS_LOAD_BUFFER = Limit(0, 1000, 500, "records", f"{_DOCS}/dms/latest/userguide/CHAP_Target.Kinesis.html")
DMS_LOAD_QUEUES = Limit(0, 512, 16, "queues", f"{_DOCS}/dms/latest/userguide/CHAP_Target.Kinesis.html")
POSITION_EPOCH = Limit(0, 9999, 0, "", "docs/guarantees.md")

# Aurora.
_AURORA = f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide"
BACKUP_RETENTION_DAYS = Limit(1, 35, 7, "days", f"{_AURORA}/Aurora.Managing.Backups.html")
BINLOG_RETENTION_HOURS = Limit(25, 2160, 168, "hours", f"{_AURORA}/mysql-stored-proc-configuring.html")
AURORA_READERS = Limit(0, 15, 1, "instances", f"{_AURORA}/CHAP_Limits.html")
AURORA_CAPACITY_UNITS = Limit(0, 256, None, "ACU", f"{_AURORA}/aurora-serverless-v2.setting-capacity.html")
PASSWORD_ROTATION_DAYS = Limit(1, 1000, 7, "days", f"{_DOCS}/secretsmanager/latest/userguide/rotate-secrets_schedule.html")
SECRET_VERSION = Limit(1, 1_000_000, 1, "", f"{_DOCS}/secretsmanager/latest/userguide/whats-in-a-secret.html")
PORT = Limit(1150, 65535, 3306, "", f"{_DOCS}/AmazonRDS/latest/APIReference/API_CreateDBCluster.html")

# Network.
AVAILABILITY_ZONES = Limit(2, 6, 3, "zones", f"{_AURORA}/Aurora.Overview.StorageReliability.html")
NAT_GATEWAYS = Limit(0, 6, 1, "gateways", f"{_DOCS}/vpc/latest/userguide/amazon-vpc-limits.html")

# Iceberg maintenance by the Glue table optimizers.
_OPTIMIZERS = f"{_DOCS}/glue/latest/dg/table-optimizers.html"
SNAPSHOT_RETENTION_DAYS = Limit(1, 365, 5, "days", _OPTIMIZERS)
SNAPSHOTS_TO_RETAIN = Limit(1, 100, 1, "snapshots", _OPTIMIZERS)
ORPHAN_FILE_DAYS = Limit(1, 365, 3, "days", _OPTIMIZERS)

# Storage and alarms: ours, within what the services allow.
_LIFECYCLE = f"{_DOCS}/AmazonS3/latest/userguide/object-lifecycle-mgmt.html"
ERROR_RETENTION_DAYS = Limit(1, 3650, 90, "days", _LIFECYCLE)
NONCURRENT_DAYS = Limit(1, 365, 7, "days", _LIFECYCLE)
_ALARMS = f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"
ALARM_PERIOD_SECONDS = 300
DELIVERY_FRESHNESS_SECONDS = Limit(60, 86400, 900, "seconds", _ALARMS)
CAPTURE_LATENCY_SECONDS = Limit(60, 86400, 600, "seconds", _ALARMS)

# Names. A derived name is `<prefix>-<delivery>-<suffix>`; its shortest ceiling is the 64 characters of an IAM role or a Lambda function. So
# 31 (prefix: 20 name, hyphen, 10 environment) + 1 + 16 (delivery) leave 16 characters for a suffix with its hyphen, such as `-transform`.
LAKE_NAME_CHARACTERS = Limit(2, 20, None, "characters", "docs/lake-file.md#names")
ENVIRONMENT_CHARACTERS = Limit(1, 10, None, "characters", "docs/lake-file.md#names")
NAME_PREFIX_CHARACTERS = Limit(2, 31, None, "characters", "docs/lake-file.md#names")
DELIVERY_NAME_CHARACTERS = Limit(1, 16, None, "characters", "docs/lake-file.md#names")
NAME_SUFFIX_CHARACTERS = 16
ROLE_NAME_CHARACTERS = Limit(1, 64, None, "characters", f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html")
ROLE_POLICIES_CHARACTERS = Limit(1, 10240, None, "characters", f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html")
BUCKET_NAME_CHARACTERS = Limit(3, 63, None, "characters", f"{_DOCS}/AmazonS3/latest/userguide/bucketnamingrules.html")
DECIMAL_PRECISION = Limit(1, 38, None, "digits", "https://iceberg.apache.org/spec/#primitive-types")
LOG_RETENTION_DAYS = Limit(
    1, 3653, 30, "days", f"{_DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
    allowed=(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)  # fmt: skip
STREAM_NAME_CHARACTERS = Limit(1, 128, None, "characters", f"{_DOCS}/kinesis/latest/APIReference/API_CreateStream.html")
_CLUSTER = f"{_DOCS}/AmazonRDS/latest/APIReference/API_CreateDBCluster.html"
CLUSTER_NAME_CHARACTERS = Limit(1, 63, None, "characters", _CLUSTER)
# An instance adds `-reader-15` to the cluster's name, within 63; the monitoring role adds `-monitoring`, within 64.
CREATED_CLUSTER_NAME_CHARACTERS = Limit(1, 53, None, "characters", _CLUSTER)
CATALOG_NAME_CHARACTERS = Limit(1, 255, None, "characters", f"{_DOCS}/glue/latest/dg/aws-glue-api-catalog-tables.html")
VIEW_TEXT_BYTES = Limit(1, 409_600, None, "bytes", f"{_DOCS}/glue/latest/dg/aws-glue-api-catalog-tables.html")
SOURCE_NAME_CHARACTERS = Limit(1, 64, None, "characters", "https://dev.mysql.com/doc/refman/8.0/en/identifier-length.html")
# Firehose takes 1,024 characters; a table's errors lie below its name, which may have 255 and a slash.
PREFIX_CHARACTERS = Limit(1, 768, None, "characters", f"{_FIREHOSE_API}/API_S3DestinationConfiguration.html")

# Tags. AWS allows 50 on a resource; four are ours (`moulin:lake`, `moulin:stack`, `moulin:environment` and `Name`).
_TAGS = f"{_DOCS}/tag-editor/latest/userguide/best-practices-and-strats.html"
TAGS = Limit(0, 46, None, "tags", _TAGS)
TAG_KEY_CHARACTERS = Limit(1, 128, None, "characters", _TAGS)
TAG_VALUE_CHARACTERS = Limit(0, 256, None, "characters", _TAGS)

# Table mappings.
TABLE_MAPPINGS_BYTES = Limit(1, 2_000_000, None, "bytes", f"{_DOCS}/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.html")
