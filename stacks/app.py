"""The stacks of one lake, in the order in which they are deployed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from constructs_lib.config.lake import Lake
from constructs_lib.config.state import S3StateConfig
from constructs_lib.lake_stack import LakeStack
from constructs_lib.network import NetworkExports
from stacks.bastion import BastionStack
from stacks.bootstrap import BootstrapStack
from stacks.capture import CaptureStack
from stacks.delivery import DeliveryStack
from stacks.lake import LakeDataStack
from stacks.network import NetworkStack
from stacks.operations import OperationsStack
from stacks.source import SourceStack, existing_source


def build_stacks(app: Any, lake: Lake, *, build_folder: Path) -> Sequence[LakeStack]:
    """Makes every stack of a lake.

    Args:
        app: the cdktf app.
        lake: the lake file.
        build_folder: where function zips are written before cdktf copies them into its output.

    Returns:
        The stacks in deploy order. The order is a rule: Firehose reads the stream from LATEST, so capture comes after delivery.
    """
    stacks: list[LakeStack] = []
    if isinstance(lake.state, S3StateConfig) and lake.state.create_bucket:
        stacks.append(BootstrapStack(app, lake=lake, state=lake.state))
    existing_network = lake.network.existing
    if existing_network is None:
        network_stack = NetworkStack(app, lake=lake)
        network = network_stack.exports
        stacks.append(network_stack)
    else:
        network = NetworkExports(vpc_id=existing_network.vpc_id, private_subnet_ids=existing_network.private_subnet_ids)
    if lake.source.existing is None:
        source_stack = SourceStack(app, lake=lake, network=network)
        source = source_stack.exports
        stacks.append(source_stack)
    else:
        source = existing_source(lake.source.existing, lake.source.port)
    data = LakeDataStack(app, lake=lake)
    delivery = DeliveryStack(app, lake=lake, data=data, build_folder=build_folder)
    capture = CaptureStack(
        app, lake=lake, network=network, source=source, stream=delivery.stream, certificate_pem=lake.source_root.read_text()
    )
    capture.add_dependency(delivery)
    stacks += [data, delivery, capture, OperationsStack(app, lake=lake, capture=capture)]
    if lake.bastion is not False:
        stacks.append(
            BastionStack(
                app,
                lake=lake,
                config=lake.bastion,
                network=network,
                source=source,
                data=data,
                build_folder=build_folder,
                certificate_pem=lake.source_root.read_text(),
            )
        )
    if isinstance(stacks[0], BootstrapStack):
        for stack in stacks[1:]:  # their states lie in its bucket: made before them, destroyed after them
            stack.add_dependency(stacks[0])
    return stacks
