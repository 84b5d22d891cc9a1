"""Rules about what ARNs say of account, region and partition."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Path, Problem
from constructs_lib.config.state import S3StateConfig


def check_arns(lake: Lake) -> Iterator[Problem]:
    """Keys, secrets, topics and roles lie where the lake does: a typing error here shows only when something fails to be read."""
    for path, arn, region, region_path in _arns(lake):
        if arn is None:
            continue
        _, partition, _, arn_region, account, *_ = arn.split(":")
        if partition != lake.partition:
            message = f"must be of the lake's partition, {lake.partition}, got {partition} (correct it, or the region)"
            yield Problem(path, message, reads=(("region",),))
        elif arn_region and arn_region != region:
            message = f"must be of region {region}, got {arn_region} (correct one of the two)"
            yield Problem(path, message, reads=(region_path,))
        if lake.account is not None and account != lake.account:
            message = f"must be of account {lake.account}, got {account} (correct one of the two)"
            yield Problem(path, message, reads=(("account",),))


def _arns(lake: Lake) -> Iterator[tuple[Path, str | None, str, Path]]:
    """Every ARN of the file: where it stands, itself, the region it must be of, where that stands."""
    here: tuple[str, Path] = (lake.region, ("region",))
    yield ("storage", "kms_key_arn"), lake.storage.kms_key_arn, *here
    yield ("stream", "kms_key_arn"), lake.stream.kms_key_arn, *here
    yield ("operations", "topic_arn"), lake.operations.topic_arn, *here
    yield ("operations", "topic_kms_key_arn"), lake.operations.topic_kms_key_arn, *here
    yield ("privacy", "hash_secret_arn"), lake.privacy.hash_secret_arn, *here
    yield ("privacy", "hash_secret_kms_key_arn"), lake.privacy.hash_secret_kms_key_arn, *here
    if lake.source.create is not None:
        yield ("source", "create", "kms_key_arn"), lake.source.create.kms_key_arn, *here
    if lake.source.existing is not None:
        yield ("source", "existing", "secret_arn"), lake.source.existing.secret_arn, *here
        yield ("source", "existing", "secret_kms_key_arn"), lake.source.existing.secret_kms_key_arn, *here
    for position, role in enumerate(lake.lake_formation.readers):
        yield ("lake_formation", "readers", position), role, *here
    if isinstance(lake.state, S3StateConfig):
        own: Path = ("state", "region") if lake.state.region else ("region",)
        yield ("state", "kms_key_arn"), lake.state.kms_key_arn, lake.state.region or lake.region, own
