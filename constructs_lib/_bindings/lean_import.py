"""Imports the generated bindings without what only their readers need.

Most of the time that importing them takes goes into evaluating the annotations of tens of thousands of generated parameters, into reading
their documentation, and later into checking each argument's type in Python, although jsii checks it again on the other side. So the modules
of the packages named here are compiled with postponed annotations, without docstrings and without `if __debug__:` blocks, and kept in
a byte-code cache of their own beside Python's.
"""

from __future__ import annotations
import __future__

import contextlib
import functools
import importlib.metadata
import marshal
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType, ModuleType
from typing import cast

_WITHOUT_DOCSTRINGS_AND_DEBUG = 2


class LeanLoader(SourceFileLoader):
    """Loads a module from its lean byte code, which it makes when there is none or the source has changed."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        source = Path(self.get_filename(fullname))
        stat = source.stat()
        header = MAGIC_NUMBER + stat.st_mtime_ns.to_bytes(8, "little") + stat.st_size.to_bytes(8, "little")
        cache = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.lean.pyc"
        try:
            cached = cache.read_bytes()
        except OSError:
            cached = b""
        if cached.startswith(header):
            return cast(CodeType, marshal.loads(cached[len(header) :]))  # noqa: S302 - our own file, as Python's own .pyc
        code: CodeType = compile(
            source.read_bytes(),
            str(source),
            "exec",
            flags=__future__.annotations.compiler_flag,
            dont_inherit=True,
            optimize=_WITHOUT_DOCSTRINGS_AND_DEBUG,
        )
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):  # a cache that cannot be written is not an error
                write_in_one_step(cache, header + marshal.dumps(code))
        return code


def write_in_one_step(path: Path, content: bytes) -> None:
    """Writes a file that other processes may be writing, too: each finds nothing or all of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)


class LeanFinder:
    """Finds modules of some packages for the lean loader; leaves all others to Python.

    Args:
        packages: top-level packages.
    """

    def __init__(self, *packages: str) -> None:
        self._packages = frozenset(packages)

    def install(self) -> None:
        """Puts it before Python's own finders. Each generated module looks up the installed version of typeguard: from now on, once."""
        importlib.metadata.version = functools.cache(importlib.metadata.version)
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Python's own specification, with the loader replaced."""
        if name.partition(".")[0] not in self._packages:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = LeanLoader(spec.loader.name, spec.loader.path)
        return spec
