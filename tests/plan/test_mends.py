"""What the emulator lacks is mended in one module per service, each found by itself."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from scripts.plan import mends
from scripts.plan.emulator import moto_server

MODULES = sorted(path.stem for path in Path(mends.__file__).parent.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", MODULES)
def test_module_says_what_aws_answers(name: str) -> None:
    module = import_module(f"scripts.plan.mends.{name}")
    assert callable(module.mend)
    assert module.__doc__
    assert module.mend.__doc__
    assert "AWS" in Path(str(module.__file__)).read_text()


def test_server_applies_every_module(tmp_path: Path) -> None:
    with moto_server(tmp_path / "log") as emulator:
        dms = emulator.client("dms", "us-east-1")
        arn = dms.import_certificate(CertificateIdentifier="root", CertificatePem="pem")["Certificate"]["CertificateArn"]
        found = dms.describe_certificates(Filters=[{"Name": "certificate-arn", "Values": [arn]}])["Certificates"]
        assert [certificate["CertificateIdentifier"] for certificate in found] == ["root"]
        assert dms.describe_replication_configs()["ReplicationConfigs"] == []
