"""The lake stack: buckets, keys, databases and tables."""

from __future__ import annotations

from typing import Any

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.lake import Lake
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iceberg import IcebergDatabase
from constructs_lib.lake_formation import RegisteredLocation
from constructs_lib.lake_stack import LakeStack
from constructs_lib.reader_policy import ReaderPolicy


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
        config, databases = lake.lake_formation, list(self.databases.values())
        if config.register_location:
            location = RegisteredLocation(self, "location", role_name=self.name("location"), bucket=self.bucket, databases=databases)
            for database in databases:
                database.register(location)
        for database in databases if config.grants else ():
            for index, role_arn in enumerate(config.readers):
                database.grant_lake_formation_read(f"reader-{index}", role_arn)
        if config.readers:
            policy = ReaderPolicy(
                self.bucket,
                "readers",
                name=self.name("read"),
                bucket=self.bucket,
                databases=databases,
                registered=config.register_location,
            )
            self.export("ReaderPolicyArn", policy.arn, "Policy that the roles in lake_formation.readers need: attach it to each")
