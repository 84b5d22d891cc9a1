"""Connections to the source use TLS and check its certificate."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template


def check(template: Template) -> Iterator[Finding]:
    """Yields database endpoints of DMS without a checked certificate, and clusters that accept connections in clear."""
    for address, arguments in template.resources("aws_dms_endpoint"):
        if arguments.get("endpoint_type") == "source" and arguments.get("ssl_mode") != "verify-full":
            yield Finding(address, "must check the source's certificate: set ssl_mode to verify-full")
    for address, arguments in template.resources("aws_rds_cluster_parameter_group"):
        parameters = {parameter["name"]: parameter["value"] for parameter in arguments.get("parameter", [])}
        if parameters.get("require_secure_transport") != "ON":
            yield Finding(address, "must refuse connections in clear: set require_secure_transport to ON")
