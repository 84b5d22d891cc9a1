"""The connection to the database: TLS required unless the traffic stays on this machine or the user says otherwise."""

from __future__ import annotations

import ipaddress
import ssl
from pathlib import Path

import pymysql

from scripts.seed.credentials import Login
from scripts.seed.errors import UsageError, connection_error
from scripts.seed.sql import SQL_MODE

BASTION_CA = Path("/opt/moulin/source-ca.pem")
_CONNECT_SECONDS = 10


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: a Unix socket, `localhost` or a loopback address."""
    if host.startswith("/") or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(host: str, *, ssl_ca: Path | None, no_tls: bool, bastion_ca: Path = BASTION_CA) -> ssl.SSLContext | None:
    """How to verify the server; None where TLS is not required.

    A certificate is always verified. On loopback, where `--ssl-ca` may be meant for the far end of a tunnel, its host name is not.

    Args:
        host: where the server is.
        ssl_ca: `--ssl-ca`: PEM file of the roots to trust. Default: the bastion's file where it exists, else the system's.
        no_tls: `--no-tls`: allows plain text to another machine.
        bastion_ca: the bastion's file.

    Raises:
        UsageError: both options, or a file that holds no certificate.
    """
    if no_tls and ssl_ca is not None:
        raise UsageError("--no-tls is not used with --ssl-ca (leave one of them out)")
    loopback = is_loopback(host)
    if no_tls or host.startswith("/") or (loopback and ssl_ca is None):
        return None
    roots = ssl_ca or (bastion_ca if bastion_ca.is_file() else None)
    try:
        context = ssl.create_default_context(cafile=None if roots is None else str(roots))
    except ssl.SSLError:
        raise UsageError(f"--ssl-ca {roots} cannot be used: it holds no certificate in PEM form") from None
    except OSError as error:
        raise UsageError(f"--ssl-ca {roots} cannot be used: {(error.strerror or 'unknown reason').lower()}") from None
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # private roots often lack the extensions that strict checking wants
    context.check_hostname = not loopback
    return context


def connect(login: Login, *, context: ssl.SSLContext | None, no_tls: bool, local_infile: bool) -> pymysql.Connection:
    """Opens a session in UTC with strict SQL mode, without autocommit, that reads what others have committed.

    Args:
        login: where and as whom.
        context: verifies the server; with it the driver refuses a server that offers no TLS.
        no_tls: never uses TLS.
        local_infile: lets the server ask for the file of a LOAD DATA LOCAL.

    Raises:
        SeedError: no connection; says where, as whom and what to check.
    """
    try:
        connection = pymysql.connect(
            host=None if login.is_socket else login.host,
            unix_socket=login.host if login.is_socket else None,
            port=login.port,
            user=login.user,
            password=login.password.get_secret_value().encode(),
            charset="utf8mb4",
            sql_mode=SQL_MODE,
            init_command="SET time_zone = '+00:00'",  # a local time zone has hours that do not exist
            autocommit=False,
            connect_timeout=_CONNECT_SECONDS,
            local_infile=local_infile,
            ssl=context,
            ssl_disabled=no_tls or login.is_socket,
            program_name="moulin seed",
        )
        # After a collision the rows that another session has committed since must be seen.
        connection.cursor().execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    except (pymysql.MySQLError, OSError, RuntimeError) as error:  # RuntimeError: a login method that this driver cannot do
        raise connection_error(error, login.where, login.user, no_tls=no_tls) from None
    return connection
