"""Who logs in where: from options, a Secrets Manager secret, the environment or a prompt. A password is never an argument."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from scripts.seed.errors import SeedError, UsageError

PASSWORD_VARIABLE = "MOULIN_DB_PASSWORD"  # noqa: S105 - a name
SECRET_VARIABLE = "MOULIN_ADMIN_SECRET_ARN"  # noqa: S105 - a name
HOST_VARIABLE = "MOULIN_SOURCE_HOST"
PORT_VARIABLE = "MOULIN_SOURCE_PORT"
REGION_VARIABLE = "MOULIN_REGION"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3306

Ask = Callable[[str], str | None]
"""Asks for the password of a user; None where there is nobody to ask."""


@dataclass(frozen=True)
class Login:
    """Where to log in, and as whom.

    Attributes:
        host: name or address, or the path of a Unix socket.
        port: TCP port.
        user: database user.
        password: never shown.
    """

    host: str
    port: int
    user: str
    password: SecretStr

    @property
    def where(self) -> str:
        """The server, for people."""
        return self.host if self.is_socket else f"{self.host}:{self.port}"

    @property
    def is_socket(self) -> bool:
        """Whether the host is the path of a Unix socket."""
        return self.host.startswith("/")


def parse_source(url: str) -> Login:
    """The login that a URL and the environment name.

    Raises:
        UsageError: not of the form `mysql://user@host:port`, or with a password in it.
    """
    parts = urlsplit(url)
    if parts.password is not None:
        raise UsageError(f"--source must not hold a password: set {PASSWORD_VARIABLE} instead")
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError:
        port = 0
    if parts.scheme != "mysql" or not parts.hostname or not parts.username or parts.path not in ("", "/") or not port:
        raise UsageError(f"--source must be like mysql://user@127.0.0.1:3306, got {url}")
    return Login(parts.hostname, port, unquote(parts.username), SecretStr(os.environ.get(PASSWORD_VARIABLE, "")))


@dataclass(frozen=True)
class _Secret:
    user: str | None = None
    password: SecretStr | None = None
    host: str | None = None
    port: int | None = None


def resolve_login(
    *, user: str | None, host: str | None, port: int | None, secret: str | None, environment: Mapping[str, str], ask: Ask
) -> Login:
    """Puts the login together; what is given as an option wins over the secret, and that over the environment.

    Args:
        user: `--user`.
        host: `--host`.
        port: `--port`.
        secret: `--secret`.
        environment: environment variables.
        ask: asks for a password.

    Raises:
        UsageError: no user or no password, or the secret belongs to another user.
        SeedError: the secret cannot be read.
    """
    variables = {name: value for name, value in environment.items() if value or name == PASSWORD_VARIABLE}
    wanted = secret or (None if PASSWORD_VARIABLE in variables else variables.get(SECRET_VARIABLE))
    found = _read_secret(wanted, variables.get(REGION_VARIABLE)) if wanted else _Secret()
    if user and found.user and user != found.user:
        if secret:
            raise UsageError(f"--secret {secret} is the login of {found.user}, not of --user {user} (leave --user out)")
        found = _Secret(host=found.host, port=found.port)  # the bastion's own secret: its password is another user's
    name = user or found.user
    if not name:
        raise UsageError(f"no database user: give --user, or --secret NAME (or set {SECRET_VARIABLE})")
    if found.password is not None:
        password: SecretStr | None = found.password
    elif PASSWORD_VARIABLE in variables:
        password = SecretStr(variables[PASSWORD_VARIABLE])
    else:
        asked = ask(name)
        password = None if asked is None else SecretStr(asked)
    if password is None:
        raise UsageError(f"no password for user {name}: set {PASSWORD_VARIABLE}, give --secret NAME, or run on a terminal to be asked")
    return Login(
        host or found.host or variables.get(HOST_VARIABLE) or DEFAULT_HOST,
        port or found.port or _port(variables.get(PORT_VARIABLE)),
        name,
        password,
    )


def _port(text: str | None) -> int:
    if text is None:
        return DEFAULT_PORT
    if not text.isdigit():
        raise UsageError(f"{PORT_VARIABLE} must be a number, got {text}")
    return int(text)


def _read_secret(secret: str, region: str | None) -> _Secret:
    """Reads a secret as RDS writes it; plain text is a password alone."""
    import boto3  # half a second, which only a secret is worth
    from botocore.exceptions import BotoCoreError, ClientError

    in_arn = re.match(r"arn:[^:]*:secretsmanager:([^:]+):", secret)
    try:
        client = boto3.client("secretsmanager", region_name=in_arn[1] if in_arn else region)
        text = client.get_secret_value(SecretId=secret).get("SecretString")
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown error")
        raise SeedError(f"cannot read secret {secret}: {code} (check its name, the region, and that you may read it and its key)") from None
    except BotoCoreError as error:
        raise SeedError(f"cannot read secret {secret}: {' '.join(str(error).split())}") from None
    if not isinstance(text, str):
        raise SeedError(f"cannot use secret {secret}: it holds bytes, not text")
    try:
        fields = json.loads(text)
    except ValueError:
        fields = text
    if not isinstance(fields, dict):
        return _Secret(password=SecretStr(text))
    if not isinstance(fields.get("password"), str):
        raise SeedError(f"cannot use secret {secret}: it has no password field")
    port = str(fields.get("port") or "")
    return _Secret(
        user=fields.get("username") or fields.get("user"),
        password=SecretStr(fields["password"]),
        host=fields.get("host"),
        port=int(port) if port.isdigit() else None,
    )
