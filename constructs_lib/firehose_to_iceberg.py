"""Delivery of a change stream into Iceberg tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.defaults import limits
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole
from constructs_lib.iceberg import IcebergDatabase
from constructs_lib.kinesis import CdcStream
from constructs_lib.logs import LogGroup
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    KinesisFirehoseDeliveryStream,
    KinesisFirehoseDeliveryStreamIcebergConfiguration,
    KinesisFirehoseDeliveryStreamIcebergConfigurationCloudwatchLoggingOptions,
    KinesisFirehoseDeliveryStreamIcebergConfigurationDestinationTableConfiguration,
    KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfiguration,
    KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessors,
    KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessorsParameters,
    KinesisFirehoseDeliveryStreamIcebergConfigurationS3Configuration,
    KinesisFirehoseDeliveryStreamIcebergConfigurationS3ConfigurationCloudwatchLoggingOptions,
    KinesisFirehoseDeliveryStreamKinesisSourceConfiguration,
)
from constructs_lib.transform_function import TransformFunction

DESTINATION_LOG = "DestinationDelivery"
BACKUP_LOG = "BackupDelivery"


@dataclass(frozen=True)
class IcebergRoute:
    """One destination table: its name, and the columns that Firehose matches updates and deletes on (none when rows are only appended)."""

    table: str
    unique_keys: Sequence[str]


class FirehoseToIceberg(Part):
    """Delivers a change stream into Iceberg tables through one Firehose stream.

    Makes the delivery stream, its role, its log group and streams, and its error path. The tables must exist: Firehose checks them, and
    that its role may read them, when it is created.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: stream name, 1 to 64 characters.
        config: buffering, retries and prefixes.
        stream: read from LATEST: capture may start only once this exists.
        function: turns messages into rows and says where each goes.
        database: holds the tables.
        error_bucket: takes what could not be delivered.
        routes: one per table. With the provider, adding one replaces the delivery stream: stop the capture task first (docs/operations.md).
        key: encrypts the log group.
        lake_formation: grants the role what it needs there.
        log_retention_days: retention of the delivery's log.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        config: DeliveryConfig,
        stream: CdcStream,
        function: TransformFunction,
        database: IcebergDatabase,
        error_bucket: PrivateBucket,
        routes: Sequence[IcebergRoute],
        key: EncryptionKey,
        lake_formation: bool,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        self.role = ServiceRole(
            self,
            "role",
            role_name=name,
            service="firehose.amazonaws.com",
            description=f"Delivers {name} into Iceberg",
            why_any_account="AWS documents Firehose's trust without a condition, and nowhere that Firehose sends the account",
        )
        logs = LogGroup(self, "log", name=f"/aws/kinesisfirehose/{name}", retention_days=log_retention_days, key=key)
        log_streams = [logs.add_stream(DESTINATION_LOG), logs.add_stream(BACKUP_LOG)]
        logs.grant_write(self.role)
        stream.grant_read(self.role)
        function.grant_invoke(self.role)
        error_bucket.grant_read_write(self.role)
        grants = database.grant_write(self.role, lake_formation=lake_formation)
        self.resource = KinesisFirehoseDeliveryStream(
            self,
            "Resource",
            name=name,
            destination="iceberg",
            kinesis_source_configuration=KinesisFirehoseDeliveryStreamKinesisSourceConfiguration(
                kinesis_stream_arn=stream.arn, role_arn=self.role.arn
            ),
            iceberg_configuration=KinesisFirehoseDeliveryStreamIcebergConfiguration(
                catalog_arn=database.catalog_arn,
                role_arn=self.role.arn,
                buffering_interval=config.buffering_interval_seconds,
                buffering_size=config.buffering_size_mib,
                retry_duration=config.retry_seconds,
                append_only=True if config.append_only else None,
                s3_backup_mode="FailedDataOnly",
                cloudwatch_logging_options=KinesisFirehoseDeliveryStreamIcebergConfigurationCloudwatchLoggingOptions(
                    enabled=True, log_group_name=logs.name, log_stream_name=DESTINATION_LOG
                ),
                destination_table_configuration=[
                    KinesisFirehoseDeliveryStreamIcebergConfigurationDestinationTableConfiguration(
                        database_name=database.name,
                        table_name=route.table,
                        unique_keys=list(route.unique_keys) or None,
                        s3_error_output_prefix=f"{route.table}/{config.error_prefix}",
                    )
                    for route in routes
                ],
                processing_configuration=KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfiguration(
                    enabled=True, processors=[self._lambda_processor(config, function)]
                ),
                s3_configuration=KinesisFirehoseDeliveryStreamIcebergConfigurationS3Configuration(
                    role_arn=self.role.arn,
                    bucket_arn=error_bucket.arn,
                    error_output_prefix=config.error_prefix,
                    buffering_interval=config.buffering_interval_seconds,
                    buffering_size=config.buffering_size_mib,
                    compression_format="UNCOMPRESSED",
                    kms_key_arn=error_bucket.key.arn,
                    cloudwatch_logging_options=KinesisFirehoseDeliveryStreamIcebergConfigurationS3ConfigurationCloudwatchLoggingOptions(
                        enabled=True, log_group_name=logs.name, log_stream_name=BACKUP_LOG
                    ),
                ),
            ),
            depends_on=[*self.role.policies, *grants, *log_streams],
        )
        self.name: str = self.resource.name

    def _lambda_processor(
        self, config: DeliveryConfig, function: TransformFunction
    ) -> KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessors:
        """The processor; a parameter equal to Firehose's default is left out: Firehose does not store it, and it would show as a change for
        ever.
        """
        transform = config.transform
        parameters = {"LambdaArn": function.latest_arn}  # RoleArn defaults to the stream's role
        optional = {
            "NumberOfRetries": (transform.retries, limits.TRANSFORM_RETRIES.default),
            "BufferSizeInMBs": (transform.buffering_size_mib, limits.TRANSFORM_BUFFERING_SIZE_MIB.default),
            "BufferIntervalInSeconds": (transform.buffering_interval_seconds, limits.TRANSFORM_BUFFERING_INTERVAL_SECONDS.default),
        }
        parameters |= {name: f"{value:g}" for name, (value, default) in optional.items() if value != default}
        return KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessors(
            type="Lambda",
            parameters=[
                KinesisFirehoseDeliveryStreamIcebergConfigurationProcessingConfigurationProcessorsParameters(
                    parameter_name=parameter, parameter_value=value
                )
                for parameter, value in parameters.items()
            ],
        )
