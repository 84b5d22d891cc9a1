"""The lake stack: buckets, keys, databases and tables."""

from __future__ import annotations

from typing import Any

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.lake import Lake
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iceberg import IcebergDatabase
from constructs_lib.lake_stack import LakeStack
from constructs_lib.provider import LakeformationResource


class LakeDataStack(LakeStack):
    """Where the rows end: what must not die."""

    def __init__(self, app: Any, *, lake: Lake) -> None:
        super().__init__(app, lake=lake, component="lake")
        storage = lake.storage
        self.key = EncryptionKey(
            self,
            "key",
            alias=self.name("lake"),
            description=f"Data, errors and logs of {lake.prefix}",
            log_groups=["/aws/lambda/", "/aws/kinesisfirehose/"],
            existing_arn=storage.kms_key_arn,
        )
        bucket_name = lake.bucket_of(self.aws.account_id)
        self.bucket = PrivateBucket(self, "data", name=bucket_name, key=self.key, noncurrent_days=storage.noncurrent_days)
        self.error_bucket = PrivateBucket(
            self,
            "errors",
            name=f"{bucket_name}-errors",
            key=self.key,
            noncurrent_days=storage.noncurrent_days,
            expiration_days=storage.error_retention_days,
        )
        self.databases = {delivery.name: self._database(lake, delivery.name) for delivery in lake.deliveries}
        self._lake_formation(lake)
        self.export("S3BucketName", self.bucket.name, "Bucket of the table data")
        self.export("ErrorBucketName", self.error_bucket.name, "Bucket of the records that could not be delivered")

    def _database(self, lake: Lake, name: str) -> IcebergDatabase:
        delivery = next(delivery for delivery in lake.deliveries if delivery.name == name)
        database = lake.database_of(delivery)
        return IcebergDatabase(
            self,
            name,
            name=database,
            bucket=self.bucket,
            prefix=(delivery.data_prefix or database).strip("/"),
            tables=[(lake.target_of(table), table) for table in lake.tables_of(delivery)],
            optimizers=delivery.optimizers,
            role_prefix=self.name(name),
            lake_formation=lake.lake_formation.grants,
        )

    def _lake_formation(self, lake: Lake) -> None:
        for database in self.databases.values():
            for index, role_arn in enumerate(lake.lake_formation.readers):
                database.grant_lake_formation_read(f"reader-{index}", role_arn)
        if lake.lake_formation.register_location:
            LakeformationResource(self, "location", arn=self.bucket.arn, use_service_linked_role=True, hybrid_access_enabled=True)
