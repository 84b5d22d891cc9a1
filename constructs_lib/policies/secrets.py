"""No secret stands in a template or in Terraform's state."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template, flatten

SECRET_ARGUMENTS = ("password", "master_password", "secret_string", "secret_binary", "auth_token", "sasl_password", "key_password")


def check(template: Template) -> Iterator[Finding]:
    """Yields every argument that would keep a secret in the state."""
    for address, arguments in template.resources():
        for name, value in flatten(arguments):
            if name in SECRET_ARGUMENTS and value is not None:
                yield Finding(address, f"keeps a secret in the state by {name}: use Secrets Manager, or a write-only argument")
    for address, arguments in template.resources("aws_rds_cluster"):
        if arguments.get("manage_master_user_password") is not True:
            yield Finding(address, "must leave the administrator's password to RDS (manage_master_user_password)")
