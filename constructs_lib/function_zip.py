"""Deterministic zips: the same bytes on every machine, whatever its clock, umask or caches."""

from __future__ import annotations

import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
_READ_ONLY_FILE = 0o100644 << 16


@dataclass(frozen=True)
class FunctionZip:
    """A zip on disk and its SHA-256, in the form that Lambda compares and in hexadecimal for names."""

    path: Path
    sha256_base64: str
    hex: str


def python_files(root: Path, *folders: str) -> dict[str, bytes]:
    """The Python files below folders of a root, by their name relative to it; no caches."""
    paths = (path for folder in folders for path in (root / folder).rglob("*.py"))
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def build_zip(members: Mapping[str, bytes], target: Path) -> FunctionZip:
    """Zips files given by their name in the zip.

    Names are sorted and times, permissions and the creating system fixed; files are stored without compression, because deflate's bytes
    differ between zlib versions.

    Args:
        members: name in the zip to content.
        target: where the zip goes; written in one step.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in sorted(members.items()):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.external_attr = 3, _READ_ONLY_FILE
            archive.writestr(info, content)
    content = buffer.getvalue()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(target)
    digest = hashlib.sha256(content)
    return FunctionZip(target, b64encode(digest.digest()).decode(), digest.hexdigest())
