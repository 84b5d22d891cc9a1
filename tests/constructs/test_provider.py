"""The only door to the bindings: fast, the same to the byte as the plain way, and the same everywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from constructs_lib import provider
from constructs_lib.lake_stack import LakeStack
from tests.conftest import ROOT

PARTS = ("main.py", "cdktf.json", "Pipfile.lock", "constructs_lib", "stacks", "functions", "scripts", "lakes")
"""What a synthesis reads of a checkout."""

Files = Mapping[str, bytes]


def environment(**changes: str) -> dict[str, str]:
    """The environment of a process, without what this one may have set."""
    ours = ("NODE_OPTIONS", "JSII_", "MOULIN_", "LAKE", "CDKTF_OUTDIR", "PYTHONHASHSEED", "PYTHONPATH")
    return {**{name: value for name, value in os.environ.items() if not name.startswith(ours)}, **changes}


def copy_checkout(target: Path) -> Path:
    """Another checkout, without caches."""
    target.mkdir(parents=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(ROOT / part, target / part)
    return target


def synthesise(checkout: Path, out: Path, *, cwd: Path | None = None, lake: str = "retail", **changes: str) -> Files:
    """Runs main.py as a user does, and returns every file that it wrote."""
    run = subprocess.run(
        [sys.executable, str(checkout / "main.py")],
        cwd=cwd or checkout,
        env=environment(LAKE=str(checkout / "lakes" / f"{lake}.yaml"), CDKTF_OUTDIR=str(out), **changes),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def differences(first: Files, second: Files) -> list[str]:
    return [name for name in sorted({*first, *second}) if first.get(name) != second.get(name)]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("checkout") / "moulin")


@pytest.fixture(scope="module")
def reference(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The retail lake, synthesised the usual way."""
    return synthesise(checkout, tmp_path_factory.mktemp("reference") / "cdktf.out", PYTHONHASHSEED="0")


def python(code: str, **changes: str) -> str:
    """What a fresh process prints."""
    env = environment(PYTHONPATH=str(ROOT), **changes)
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_synthesis_writes_templates_and_zips(reference: Files) -> None:
    assert "manifest.json" in reference
    assert len([name for name in reference if name.endswith("cdk.tf.json")]) == 8
    assert len([name for name in reference if name.endswith(".zip")]) == 2


@pytest.mark.slow
def test_fast_and_plain_bindings_give_the_same_bytes(checkout: Path, reference: Files, tmp_path: Path) -> None:
    plain = synthesise(checkout, tmp_path / "plain", MOULIN_PLAIN_BINDINGS="1")
    assert differences(reference, plain) == []


def test_another_output_folder_and_hash_seed_give_the_same_bytes(checkout: Path, reference: Files, tmp_path: Path) -> None:
    again = synthesise(checkout, tmp_path / "some" / "other folder", PYTHONHASHSEED="4242")
    assert differences(reference, again) == []


def test_another_checkout_umask_and_file_times_give_the_same_bytes(reference: Files, tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        other = copy_checkout(tmp_path / "another checkout")
        for path in other.rglob("*.py"):
            os.utime(path, (0, 946684800))
        cache = other / "functions" / "firehose_transform" / "__pycache__"
        cache.mkdir()
        (cache / "handler.cpython-39.pyc").write_bytes(b"a cache")
        written = synthesise(other, tmp_path / "cdktf.out")
    finally:
        os.umask(umask)
    assert differences(reference, written) == []


def test_another_working_directory_clock_and_locale_give_the_same_bytes(checkout: Path, reference: Files, tmp_path: Path) -> None:
    away = synthesise(checkout, tmp_path / "cdktf.out", cwd=tmp_path, TZ="Pacific/Kiritimati", LC_ALL="C")
    assert differences(reference, away) == []


def test_synthesising_twice_into_one_folder_gives_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    first = synthesise(checkout, tmp_path / "out", lake="minimal")
    assert differences(first, synthesise(checkout, tmp_path / "out", lake="minimal")) == []


def test_no_file_names_the_machine_it_was_made_on(checkout: Path, reference: Files) -> None:
    for name, content in reference.items():
        assert str(checkout).encode() not in content, name
        assert str(ROOT).encode() not in content, name


def test_door_imports_few_of_the_bindings() -> None:
    code = (
        "import sys\nfrom constructs_lib.provider import KinesisStream, AwsProvider\n"
        "print(sum(name.startswith('cdktf_cdktf_provider_aws.') for name in sys.modules))"
    )
    assert int(python(code)) < 100


def test_a_whole_lake_imports_few_of_the_bindings(tmp_path: Path) -> None:
    code = "import sys, main; main.main()\nprint(sum(name.startswith('cdktf_cdktf_provider_aws.') for name in sys.modules))"
    printed = python(code, LAKE="lakes/retail.yaml", CDKTF_OUTDIR=str(tmp_path / "out"))
    assert int(printed.splitlines()[-1]) < 200  # two for each resource; there are 4,400


@pytest.mark.parametrize("before", [None, "", "--max-old-space-size=512"])
def test_node_options_are_left_as_they_were(before: str | None) -> None:
    changes = {} if before is None else {"NODE_OPTIONS": before}
    code = "import os, constructs_lib.provider\nprint(repr(os.environ.get('NODE_OPTIONS')))"
    assert python(code, **changes) == repr(before)


def test_node_comes_as_a_wheel_unless_the_user_chose_one(tmp_path: Path) -> None:
    code = "import os, constructs_lib.provider\nprint(os.environ['JSII_NODE'])"
    wheel = Path(python(code))
    assert wheel.exists()
    own = tmp_path / "node"
    own.symlink_to(wheel)
    assert python(code, JSII_NODE=str(own)) == str(own)


def test_node_is_one_that_jsii_supports() -> None:
    code = "import constructs_lib.provider as p\np.App()\n"
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        cwd=ROOT,
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "end-of-life" not in run.stderr.lower()
    assert "not been tested" not in run.stderr.lower()


def test_fails_when_no_package_has_a_class_of_the_name() -> None:
    message = "neither cdktf nor cdktf_cdktf_provider_aws has a class named KinesisStraem"
    with pytest.raises(AttributeError, match=message):
        _ = provider.KinesisStraem
    with pytest.raises(ImportError, match="KinesisStraem"):
        from constructs_lib.provider import KinesisStraem  # noqa: F401


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, TypeError),
        ({"nmae": "x"}, TypeError),
        ({"name": 5}, RuntimeError),
        ({"name": "x", "retention_period": "long"}, RuntimeError),
        ({"name": "x", "stream_mode_details": "ON_DEMAND"}, RuntimeError),
    ],
    ids=["missing", "unknown", "number for text", "text for number", "text for struct"],
)
def test_fails_when_an_argument_is_wrong_though_python_does_not_check_types(
    stack: LakeStack, arguments: dict[str, object], error: type[Exception]
) -> None:
    """The fast way leaves out the bindings' checks in Python; jsii's own remain."""
    with pytest.raises(error):
        provider.KinesisStream(stack, "stream", **arguments)


def test_private_names_are_not_looked_for() -> None:
    with pytest.raises(AttributeError, match="_Hidden"):
        _ = provider._Hidden
    assert not hasattr(provider, "__wrapped__")


def test_resource_and_its_structs_come_from_one_module() -> None:
    module = provider.KinesisStream.__module__
    assert module == "cdktf_cdktf_provider_aws.kinesis_stream"
    assert provider.KinesisStreamStreamModeDetails.__module__ == module


def test_class_is_found_once_and_kept() -> None:
    assert provider.SnsTopic is provider.SnsTopic
    assert vars(provider)["SnsTopic"] is provider.SnsTopic


def test_names_of_cdktf_and_constructs_come_from_there() -> None:
    assert provider.Fn.__module__ == "cdktf"
    assert provider.Construct.__module__ == "constructs"
    assert provider.AwsProvider.__module__ == "cdktf_cdktf_provider_aws.provider"


def binding_classes(module: str) -> list[str]:
    text = (provider._bindings_folder / module / "__init__.py").read_text()
    return re.findall(r"^class (\w+)", text, re.MULTILINE)


def test_name_never_means_two_things() -> None:
    """The order in which packages are searched decides nothing."""
    of_cdktf = [name for name in (*dir(provider._cdktf), *dir(provider._constructs)) if name[:1].isupper()]
    assert len(of_cdktf) > 100
    candidates = {name: provider._binding_modules(name) for name in of_cdktf}
    classes = {module: set(binding_classes(module)) for modules in candidates.values() for module in modules}
    assert [name for name, modules in candidates.items() if any(name in classes[module] for module in modules)] == []


def test_every_class_of_the_bindings_can_be_found() -> None:
    modules = sorted(path.parent.name for path in provider._bindings_folder.glob("*/__init__.py"))
    assert len(modules) > 2000
    lost = [
        f"{module}.{name}"
        for module in modules[::10]  # a tenth of them, spread over all services
        for name in binding_classes(module)
        if module not in provider._binding_modules(name)
    ]
    assert lost == []
