"""From what the user names to a plan: a file, standard input, or a stack."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.plan.terraform import SetupError, find_terraform
from scripts.review.errors import PlanError
from scripts.review.plan_file import Plan, parse_plan

MOST_BYTES = 512 * 1024 * 1024
"""Of a plan that is read; Terraform's are some MB."""

BINARY = "plan"
"""What the plan of a stack is called in its folder (docs/review.md): `terraform plan -out=plan`."""


def find_plan(word: str, *, out: Path) -> Plan:
    """Reads the plan that a word means.

    Args:
        word: a file with a plan in JSON, `-` for standard input, or the name of a stack.
        out: what `make synth` wrote.

    Raises:
        PlanError: it means none.
    """
    if word == "-":
        return parse_plan(sys.stdin.buffer.read(MOST_BYTES), name="plan", file="standard input")
    path = Path(word)
    try:
        if path.is_dir():
            raise PlanError(f"{word}: is a folder (name the plan in it, made with terraform show -json plan > plan.json)")
        if path.is_file():
            return parse_plan(_read(path), name=_name(path), file=word)
        stack = out / "stacks" / word
        if path.name == word and stack.is_dir():
            return _of_stack(stack, word)
    except OSError as error:
        raise PlanError(f"{word}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise PlanError("a plan's name cannot hold a null character") from None
    raise PlanError(f"{word}: no such file, and {out / 'stacks'} holds no stack of that name{_known(out)}")


def _read(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise PlanError(f"{path}: is larger than {MOST_BYTES // 2**20} MiB, which no plan is")
    return path.read_bytes()


def _name(path: Path) -> str:
    """Of `stacks/retail-dev-lake/plan.json` the folder says more than the file."""
    return path.absolute().parent.name if path.stem in ("plan", "tfplan") else path.stem


def _of_stack(folder: Path, name: str) -> Plan:
    """The newest plan in a stack's folder, if the stack was not synthesised anew since.

    A stack is not planned here. That needs credentials for the account and its state, and a plan without them (`moulin plan`) is against an
    empty AWS: it creates everything, so it would be reviewed as losing nothing.
    """
    make = f"terraform -chdir={folder} init && terraform -chdir={folder} plan -out={BINARY}"
    plans = sorted(
        (path for path in (folder / BINARY, folder / f"{BINARY}.json") if path.is_file()), key=lambda path: path.stat().st_mtime_ns
    )
    if not plans:
        raise PlanError(f"{name}: was not planned yet (with credentials for its account: {make})")
    newest, template = plans[-1], folder / "cdk.tf.json"
    if template.is_file() and template.stat().st_mtime_ns > newest.stat().st_mtime_ns:
        raise PlanError(f"{name}: was synthesised after {newest} was made: that plan is of something else (plan again: {make})")
    if newest.suffix == ".json":
        return parse_plan(_read(newest), name=name, file=str(newest))
    return parse_plan(_shown(folder), name=name, file=str(newest))


def _shown(folder: Path) -> bytes:
    """The JSON form of a stack's binary plan; needs the provider that `terraform init` put there, and no credentials."""
    try:
        terraform = find_terraform()
    except SetupError as error:
        raise PlanError(str(error)) from None
    done = terraform.run("show", "-json", BINARY, folder=folder)
    if done.returncode != 0:
        raise PlanError(f"{folder / BINARY}: terraform cannot show it: {done.stderr.strip()[-1000:]}")
    return done.stdout.encode()


def _known(out: Path) -> str:
    folder = out / "stacks"
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return f" (it holds {', '.join(names)})" if names else " (nothing is synthesised there: make synth, or give --out)"
