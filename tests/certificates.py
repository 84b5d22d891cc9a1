"""Certificates for servers of the tests, made by openssl."""

from __future__ import annotations

import subprocess
from pathlib import Path


def make_certificates(folder: Path) -> Path:
    """A root, a certificate of it for db.internal (`server.pem`, `server.key`), and another root. Returns the folder."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    for name in ("root", "other"):
        openssl(
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.pem",
        )
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=db.internal", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:db.internal\n")
    signed = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "names", "-days", "2")
    openssl("x509", "-req", "-in", "server.csr", *signed, "-out", "server.pem")
    return folder


def tls_only(certificates: Path) -> list[str]:
    """Options of a MariaDB that takes TLS only."""
    return [f"--ssl-cert={certificates / 'server.pem'}", f"--ssl-key={certificates / 'server.key'}", "--require-secure-transport=ON"]
