"""A part of a .tar.gz: what an engine does not need never reaches the disk."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Collection
from pathlib import Path, PurePosixPath


def unpack(archive: Path, into: Path, *, keep: Collection[str]) -> None:
    """Unpacks some folders of an archive, without the folder that holds everything.

    Trino's archive holds each file once and names it in other folders by hard links: one of a folder that is not kept may be needed, too.
    In a compressed archive nothing can be looked up, so one pass finds what is needed and another one writes it.

    Args:
        archive: all of it lies below one folder.
        into: where the folders go.
        keep: such as `lib` and `plugin/hive`, with what is below them.
    """
    places: dict[str, list[Path]] = {}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            if (member.isfile() or member.islnk()) and any(path.is_relative_to(folder) for folder in keep):
                places.setdefault(member.linkname if member.islnk() else member.name, []).append(into / _inside(path))
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            for number, place in enumerate(places.get(member.name, ())):
                place.parent.mkdir(parents=True, exist_ok=True)
                if number:
                    os.link(places[member.name][0], place)
                    continue
                content = members.extractfile(member)
                if content is not None:
                    with content, place.open("wb") as file:
                        shutil.copyfileobj(content, file)
                    place.chmod(0o755 if member.mode & 0o100 else 0o644)


def _inside(path: PurePosixPath) -> PurePosixPath:
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"the archive names a file outside of it: {path}")
    return path
