"""The network stack."""

from __future__ import annotations

from typing import Any

from constructs_lib.config.lake import Lake
from constructs_lib.config.network import CreatedNetworkConfig
from constructs_lib.lake_stack import LakeStack
from constructs_lib.network import LakeNetwork, NetworkExports


class NetworkStack(LakeStack):
    """A VPC for the lake. There is no such stack when the lake file names an existing one."""

    def __init__(self, app: Any, *, lake: Lake) -> None:
        super().__init__(app, lake=lake, component="network")
        network = LakeNetwork(
            self,
            "vpc",
            name=lake.prefix,
            config=lake.network.create or CreatedNetworkConfig(),
            log_retention_days=lake.operations.log_retention_days,
        )
        self.exports: NetworkExports = network.exports
        self.export("VPCID", network.exports.vpc_id, "The VPC")
