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


@pytest.mark.emulator
def test_server_applies_every_module(tmp_path: Path) -> None:
    with moto_server(tmp_path / "log") as emulator:
        dms = emulator.client("dms", "us-east-1")
        arn = dms.import_certificate(CertificateIdentifier="root", CertificatePem="pem")["Certificate"]["CertificateArn"]
        found = dms.describe_certificates(Filters=[{"Name": "certificate-arn", "Values": [arn]}])["Certificates"]
        assert [certificate["CertificateIdentifier"] for certificate in found] == ["root"]
        assert dms.describe_replication_configs()["ReplicationConfigs"] == []


@pytest.mark.emulator
def test_opt_ins_are_kept_listed_and_forgotten(tmp_path: Path) -> None:
    resource = {"Table": {"CatalogId": "123456789012", "DatabaseName": "shop", "TableWildcard": {}}}
    reader, writer = ({"DataLakePrincipalIdentifier": f"arn:aws:iam::123456789012:role/{name}"} for name in ("reader", "writer"))
    with moto_server(tmp_path / "log") as emulator:
        client = emulator.client("lakeformation", "us-east-1")
        for principal in (reader, writer, reader):
            client.create_lake_formation_opt_in(Principal=principal, Resource=resource)
        found = client.list_lake_formation_opt_ins(Resource=resource)["LakeFormationOptInsInfoList"]
        assert [one["Principal"] for one in found] == [reader, writer]
        client.delete_lake_formation_opt_in(Principal=reader, Resource=resource)
        assert client.list_lake_formation_opt_ins(Principal=reader)["LakeFormationOptInsInfoList"] == []
        with pytest.raises(client.exceptions.EntityNotFoundException):
            client.delete_lake_formation_opt_in(Principal=reader, Resource=resource)
