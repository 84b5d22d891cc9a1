"""Deterministic zips."""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from constructs_lib.function_zip import build_zip, python_files

FILES = {"pkg/__init__.py": b"", "pkg/handler.py": b"def handler(): ...\n", "pkg/deep/rows.py": b"ROWS = 1\n"}


def write_sources(root: Path) -> Path:
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.fixture
def other_clock_and_umask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    umask = os.umask(0o077)
    yield
    os.umask(umask)
    monkeypatch.undo()
    time.tzset()


def test_same_members_give_the_same_bytes_twice(tmp_path: Path) -> None:
    first, second = (build_zip(FILES, tmp_path / name) for name in ("first.zip", "second.zip"))
    assert first.path.read_bytes() == second.path.read_bytes()
    assert (first.hex, first.sha256_base64) == (second.hex, second.sha256_base64)


def test_order_in_which_members_are_given_does_not_matter(tmp_path: Path) -> None:
    turned = dict(reversed(FILES.items()))
    assert build_zip(FILES, tmp_path / "a.zip").hex == build_zip(turned, tmp_path / "b.zip").hex


@pytest.mark.usefixtures("other_clock_and_umask")
def test_another_folder_umask_clock_and_zone_give_the_same_bytes(tmp_path: Path) -> None:
    here = build_zip(FILES, tmp_path / "here" / "a.zip")
    sources = write_sources(tmp_path / "another" / "folder")
    for path in sources.rglob("*.py"):
        os.utime(path, (0, 86400 * 365 * 30))
        path.chmod(0o777)
    there = build_zip(python_files(sources, "pkg"), tmp_path / "there" / "b.zip")
    assert there.path.read_bytes() == here.path.read_bytes()


def test_caches_and_other_files_stay_out(tmp_path: Path) -> None:
    sources = write_sources(tmp_path)
    before = python_files(sources, "pkg")
    (sources / "pkg" / "__pycache__").mkdir()
    (sources / "pkg" / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"cache")
    (sources / "pkg" / "notes.md").write_text("notes")
    (sources / "elsewhere.py").write_text("ELSEWHERE = 1")
    assert python_files(sources, "pkg") == before == FILES


def test_names_in_the_zip_are_relative_to_the_root(tmp_path: Path) -> None:
    assert set(python_files(write_sources(tmp_path), "pkg/deep", "pkg")) == set(FILES)


def test_zip_holds_what_was_given(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_zip(FILES, tmp_path / "a.zip").path) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert archive.namelist() == sorted(FILES)
        assert archive.testzip() is None


def test_every_member_is_readable_stored_and_dated_alike(tmp_path: Path) -> None:
    with zipfile.ZipFile(build_zip(FILES, tmp_path / "a.zip").path) as archive:
        facts = {(i.date_time, i.external_attr >> 16, i.create_system, i.compress_type) for i in archive.infolist()}
    assert facts == {((1980, 1, 1, 0, 0, 0), 0o100644, 3, zipfile.ZIP_STORED)}


def test_hashes_are_those_of_the_file(tmp_path: Path) -> None:
    archive = build_zip(FILES, tmp_path / "a.zip")
    digest = hashlib.sha256(archive.path.read_bytes())
    assert (archive.hex, b64decode(archive.sha256_base64)) == (digest.hexdigest(), digest.digest())


def test_one_changed_byte_changes_the_hash(tmp_path: Path) -> None:
    changed = {**FILES, "pkg/handler.py": b"def handler(): pass\n"}
    assert build_zip(FILES, tmp_path / "a.zip").hex != build_zip(changed, tmp_path / "b.zip").hex


def test_target_is_replaced_and_no_partial_file_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.zip"
    build_zip({"a.py": b"old"}, target)
    build_zip(FILES, target)
    assert [path.name for path in target.parent.iterdir()] == ["a.zip"]
    assert zipfile.ZipFile(target).namelist() == sorted(FILES)
