"""RDS: parameter groups, scaling of a cluster that has none, certificate authorities, and backups that go with their cluster."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import DBParameterGroupNotFoundError
from moto.rds.models import DBCluster, DBInstance, RDSBackend
from moto.rds.responses import RDSResponse

DEFAULT_AUTHORITY = "rds-ca-rsa2048-g1"
"""What AWS gives an instance that asks for none. With moto's `rds-ca-default`, the provider changes it and reboots: two minutes more."""

AUTOMATED = "rds:"
"""What the names of automated snapshots begin with."""


def mend() -> None:
    """Answers what the provider and the next plan compare."""
    RDSResponse.describe_db_parameters = _describe_db_parameters
    scaling = DBCluster.scaling_configuration_info.fget

    def only_where_there_is_one(self: Any) -> dict[str, Any] | None:
        """Scaling of Aurora Serverless v1: AWS leaves it out for other clusters, moto answers one with nothing in it."""
        return scaling(self) if self.scaling_configuration else None

    DBCluster.scaling_configuration_info = property(only_where_there_is_one)
    create = DBInstance.__init__

    def create_in_full(self: Any, *values: Any, **named: Any) -> None:
        create(self, *values, **{"ca_certificate_identifier": DEFAULT_AUTHORITY, **named})
        self.performance_insights_enabled = named.get("enable_performance_insights", False)  # AWS answers them; moto forgets them
        self.performance_insights_kms_key_id = named.get("performance_insights_kms_key_id")
        self.performance_insights_retention_period = 7 if self.performance_insights_enabled else None

    DBInstance.__init__ = create_in_full
    delete = RDSBackend.delete_db_cluster

    def delete_with_automated_snapshots(self: Any, cluster_identifier: str, *more: Any, **named: Any) -> Any:
        """AWS deletes the automated backups with the cluster, unless told otherwise; moto keeps them."""
        deleted = delete(self, cluster_identifier, *more, **named)
        for name in [name for name in self.cluster_snapshots if name.startswith(f"{AUTOMATED}{cluster_identifier}-")]:
            del self.cluster_snapshots[name]
        return deleted

    RDSBackend.delete_db_cluster = delete_with_automated_snapshots


def _describe_db_parameters(self: Any) -> ActionResult:
    """AWS lists a group's own parameters as `user` and the rest of the family as `system`; moto knows the first only, and answers none."""
    name = self.params.get("DBParameterGroupName")
    groups = self.backend.describe_db_parameter_groups({"db_parameter_group_name": name})
    if not groups:
        raise DBParameterGroupNotFoundError(name)
    own = self.params.get("Source") in (None, "user")
    parameters = [{**parameter, "Source": "user"} for parameter in groups[0].parameters.values()] if own else []
    return ActionResult({"Parameters": parameters})
