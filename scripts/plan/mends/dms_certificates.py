"""DMS: certificates, which moto lacks."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.dms.exceptions import ResourceNotFoundFault
from moto.dms.responses import DatabaseMigrationServiceResponse
from moto.dms.utils import random_id

from scripts.plan.mends import kept


def mend() -> None:
    """AWS gives a certificate an ARN with a random id; its name is only its identifier."""
    DatabaseMigrationServiceResponse.import_certificate = _import
    DatabaseMigrationServiceResponse.describe_certificates = _describe
    DatabaseMigrationServiceResponse.delete_certificate = _delete


def _certificates(backend: Any) -> dict[str, dict[str, Any]]:
    return kept(backend, "certificates")


def _import(self: Any) -> str:
    given, backend = json.loads(self.body), self.dms_backend
    arn = f"arn:{backend.partition}:dms:{backend.region_name}:{backend.account_id}:cert:{random_id(length=26)}"
    certificate = {
        "CertificateArn": arn,
        "CertificateIdentifier": given["CertificateIdentifier"],
        "CertificatePem": given.get("CertificatePem"),
        "CertificateCreationDate": time.time(),
        "CertificateOwner": backend.account_id,
    }
    _certificates(backend)[arn] = certificate
    backend.tagger.tag_resource(arn, given.get("Tags") or [])
    return json.dumps({"Certificate": certificate})


def _describe(self: Any) -> str:
    keys = {"certificate-arn": "CertificateArn", "certificate-id": "CertificateIdentifier"}
    found = list(_certificates(self.dms_backend).values())
    for wanted in json.loads(self.body).get("Filters", []):
        found = [item for item in found if item[keys[wanted["Name"]]] in wanted["Values"]]
    if not found:
        raise ResourceNotFoundFault("Certificate could not be found.")
    return json.dumps({"Certificates": found})


def _delete(self: Any) -> str:
    certificate = _certificates(self.dms_backend).pop(json.loads(self.body)["CertificateArn"], None)
    if certificate is None:
        raise ResourceNotFoundFault("Certificate could not be found.")
    return json.dumps({"Certificate": certificate})
