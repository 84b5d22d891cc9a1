"""The delivery stack: stream, transform functions, Firehose and its error path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import firehose_name, function_name, stream_name
from constructs_lib.config.routes import routes
from constructs_lib.config.table import TableMode
from constructs_lib.encryption import EncryptionKey
from constructs_lib.firehose_to_iceberg import FirehoseToIceberg, IcebergRoute
from constructs_lib.kinesis import CdcStream
from constructs_lib.lake_stack import LakeStack
from constructs_lib.transform_function import TransformFunction
from stacks.lake import LakeDataStack


class DeliveryStack(LakeStack):
    """From the stream to the tables. Active before capture starts: Firehose reads a stream from LATEST."""

    def __init__(self, app: Any, *, lake: Lake, data: LakeDataStack, build_folder: Path) -> None:
        super().__init__(app, lake=lake, component="delivery")
        self._data = data
        self._build_folder = build_folder
        config = lake.stream
        own_key = config.encryption == "customer-key"
        key = (
            EncryptionKey(self, "key", alias=self.name("stream"), description=f"Changes of {lake.prefix}", existing_arn=config.kms_key_arn)
            if own_key
            else None
        )
        self.stream = CdcStream(self, "stream", name=stream_name(lake), config=config, key=key)
        self.export("DMSTargetKinesisStreamName", self.stream.name, "Stream that DMS writes to")
        self.export("DMSTargetKinesisStreamArn", self.stream.arn, "ARN of that stream")
        self.export("SourceKinesisStreamName", self.stream.name, "Stream that Firehose reads")
        self.export("S3DestBucket", data.bucket.name, "Bucket that Firehose writes to")
        self.firehoses = {delivery.name: self._deliver(lake, delivery) for delivery in lake.deliveries}

    def _deliver(self, lake: Lake, delivery: DeliveryConfig) -> FirehoseToIceberg:
        data, retention = self._data, lake.operations.log_retention_days
        function = TransformFunction(
            self,
            f"{delivery.name}-transform",
            name=function_name(lake, delivery),
            config=delivery.transform,
            routes=routes(lake, delivery),
            privacy=lake.privacy,
            build_folder=self._build_folder,
            key=data.key,
            log_retention_days=retention,
        )
        firehose = FirehoseToIceberg(
            self,
            delivery.name,
            name=firehose_name(lake, delivery),
            config=delivery,
            stream=self.stream,
            function=function,
            database=data.databases[delivery.name],
            error_bucket=data.error_bucket,
            routes=[
                IcebergRoute(lake.target_of(table), table.keys if table.mode is TableMode.MIRROR else ())
                for table in lake.tables_of(delivery)
            ],
            key=data.key,
            lake_formation=lake.lake_formation.grants,
            log_retention_days=retention,
        )
        suffix = "" if delivery is lake.deliveries[0] else f"_{delivery.name.replace('-', '_')}"
        self.export(f"FirehoseDataProcFuncName{suffix}", function.name, f"Transform function of {delivery.name}")
        self.export(f"FirehoseStreamName{suffix}", firehose.name, f"Firehose stream of {delivery.name}")
        self.export(f"FirehoseRole{suffix}", firehose.role.name, f"Role of {delivery.name}")
        self.export(
            f"FirehoseRoleArn{suffix}", firehose.role.arn, f"ARN of that role, to which Lake Formation's grants go ({delivery.name})"
        )
        return firehose
