"""Logging in and TLS, against real servers."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from scripts.local.mariadb import MariaDb, free_port, mariadb
from scripts.seed.connection import connect, is_loopback, tls_context
from scripts.seed.credentials import Login
from scripts.seed.errors import SeedError, UsageError
from tests.certificates import tls_only
from tests.seed.conftest import CANARY, USER, Database, Run, admin_session, invoke

NOWHERE = Path("/nowhere")


@pytest.fixture(scope="session")
def tls_server(server: MariaDb, certificates: Path) -> Iterator[MariaDb]:
    """A server that takes TLS only."""
    with mariadb(options=tls_only(certificates)) as running:
        yield running


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        ("/run/mysqld.sock", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("db.internal", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, local: bool) -> None:
    assert is_loopback(host) is local
    assert (tls_context(host, ssl_ca=None, no_tls=False, bastion_ca=NOWHERE) is None) is local


def test_another_machine_is_verified_with_its_name() -> None:
    context = tls_context("db.internal", ssl_ca=None, no_tls=False, bastion_ca=NOWHERE)
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls_context("db.internal", ssl_ca=None, no_tls=True) is None


def test_the_bastions_roots_are_used_where_they_are(certificates: Path) -> None:
    context = tls_context("db.internal", ssl_ca=None, no_tls=False, bastion_ca=certificates / "other.pem")
    assert context is not None
    assert [root["subject"] for root in context.get_ca_certs()] == [((("commonName", "other"),),)]


def test_fails_when_the_file_holds_no_certificate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--ssl-ca /nowhere cannot be used: no such file"):
        tls_context("db.internal", ssl_ca=NOWHERE, no_tls=False)
    (tmp_path / "key.pem").write_text("not a certificate")
    with pytest.raises(UsageError, match="it holds no certificate in PEM form"):
        tls_context("db.internal", ssl_ca=tmp_path / "key.pem", no_tls=False)


def login(server: MariaDb, host: str | None = None) -> Login:
    return Login(host or server.host, server.port, server.user, SecretStr(""))


def test_a_trusted_certificate_is_let_in(tls_server: MariaDb, certificates: Path) -> None:
    context = tls_context("127.0.0.1", ssl_ca=certificates / "root.pem", no_tls=False)
    with contextlib.closing(connect(login(tls_server), context=context, no_tls=False, local_infile=False)) as session:
        cursor = session.cursor()
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchall()[0][1]
        cursor.execute("SELECT @@time_zone, @@autocommit, @@sql_mode")
        assert cursor.fetchone() == ("+00:00", 0, "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION")


def test_fails_when_another_root_signed_the_certificate(tls_server: MariaDb, certificates: Path) -> None:
    context = tls_context("127.0.0.1", ssl_ca=certificates / "other.pem", no_tls=False)
    with pytest.raises(SeedError, match=r"TLS failed: .*certificate verify failed.* \(give the server's root with --ssl-ca FILE"):
        connect(login(tls_server), context=context, no_tls=False, local_infile=False)


def test_fails_when_the_certificate_is_for_another_name(tls_server: MariaDb, certificates: Path) -> None:
    context = tls_context("db.internal", ssl_ca=certificates / "root.pem", no_tls=False)  # as if the host were not this machine
    with pytest.raises(SeedError, match=r"TLS failed: .*mismatch"):
        connect(login(tls_server), context=context, no_tls=False, local_infile=False)


def test_fails_when_the_server_has_no_tls_and_it_is_required(server: MariaDb, certificates: Path) -> None:
    context = tls_context("127.0.0.1", ssl_ca=certificates / "root.pem", no_tls=False)
    with pytest.raises(SeedError, match="TLS failed: SSL is required but the server doesn't support it"):
        connect(login(server), context=context, no_tls=False, local_infile=False)


def test_the_command_verifies_with_the_given_root(tls_server: MariaDb, certificates: Path) -> None:
    flags = ("--user", "root", "--port", str(tls_server.port), "--create-table")
    good = invoke(*flags, "--ssl-ca", str(certificates / "root.pem"), "--bulk", MOULIN_DB_PASSWORD="")
    assert (good.code, good.err) == (0, "")
    bad = invoke(*flags, "--ssl-ca", str(certificates / "other.pem"), MOULIN_DB_PASSWORD="")
    assert bad.code == 1
    plain = invoke(*flags, "--no-tls", MOULIN_DB_PASSWORD="")
    assert plain.code == 1
    assert "leave --no-tls out: a server that takes TLS only may say no more" in plain.err


def test_a_unix_socket_is_a_host(server: MariaDb, database: Database) -> None:
    outcome = invoke("--host", str(server.socket), "--user", "root", "--database", database.name, "--create-table", MOULIN_DB_PASSWORD="")
    assert (outcome.code, database.count("retail_trans")) == (0, 10)


def test_fails_when_nothing_listens() -> None:
    port = free_port()
    outcome = invoke("--user", "app", "--port", str(port), MOULIN_DB_PASSWORD=CANARY)
    assert outcome.code == 1
    assert f"moulin seed: cannot connect to 127.0.0.1:{port} as user app: " in outcome.err
    assert "(check that the server runs, --host and --port, and that a security group lets this machine in)" in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_fails_when_the_host_has_no_address() -> None:
    outcome = invoke("--user", "app", "--host", "no-such-host.invalid", MOULIN_DB_PASSWORD=CANARY)
    assert outcome.code == 1
    assert "cannot connect to no-such-host.invalid:3306 as user app" in outcome.err


def test_fails_when_the_password_is_wrong(server: MariaDb) -> None:
    outcome = invoke("--user", USER, "--port", str(server.port), MOULIN_DB_PASSWORD=f"{CANARY}\u20ac")
    assert outcome.code == 1
    assert f"as user {USER}: access denied (check --user and the password in MOULIN_DB_PASSWORD or the secret)" in outcome.err


def test_fails_when_the_user_may_not(server: MariaDb, database: Database) -> None:
    database("CREATE TABLE t (id INT PRIMARY KEY)")
    with contextlib.closing(admin_session(server)) as session:
        session.cursor().execute("CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'r'")
        session.cursor().execute(f"GRANT SELECT ON {database.name}.* TO reader@'%'")
    outcome = invoke("--user", "reader", "--port", str(server.port), "--database", database.name, "--table", "t", MOULIN_DB_PASSWORD="r")
    assert outcome.code == 1
    assert "INSERT command denied" in outcome.err
    assert "(grant the user SELECT, INSERT, UPDATE and DELETE" in outcome.err


def test_fails_when_the_table_does_not_exist_and_names_the_nearest(database: Database, run: Run) -> None:
    database("CREATE TABLE orders (id INT PRIMARY KEY)")
    database("CREATE VIEW orders_view AS SELECT * FROM orders")
    missing = run("--database", database.name, "--table", "ordrs")
    assert (missing.code, "did you mean orders" in missing.err) == (2, True)
    assert run("--database", database.name, "--table", "ORDERS").code == 2  # names are compared exactly
    view = run("--database", database.name, "--table", "orders_view")
    assert (view.code, "is a view: name the table below it" in view.err) == (2, True)
    nowhere = run("--database", f"{database.name}x")
    assert (nowhere.code, f"did you mean {database.name}" in nowhere.err) == (2, True)


def test_bulk_falls_back_where_the_server_does_not_allow_it(database: Database, run: Run) -> None:
    database("SET GLOBAL local_infile = 0")
    try:
        outcome = run("--database", database.name, "--create-table", "--bulk", "--output", "json")
    finally:
        database("SET GLOBAL local_infile = 1")
    assert (outcome.code, outcome.json["inserted"]) == (0, 10)
    assert "local_infile off, so --bulk falls back to INSERT" in outcome.json["notices"][0]


def test_bulk_stops_when_the_server_would_change_a_value(database: Database, run: Run) -> None:
    database("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), CONSTRAINT never CHECK (name IS NULL))")
    outcome = run("--database", database.name, "--table", "t", "--bulk")
    assert outcome.code == 1
    assert database.count("t") == 0
