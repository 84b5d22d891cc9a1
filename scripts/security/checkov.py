"""checkov over synthesised stacks or their plans, with nothing of this machine's settings and no network."""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.children import CHILDREN
from scripts.plan.terraform import SetupError
from scripts.security.findings import Finding

VARIABLE = "MOULIN_CHECKOV"
"""Names another checkov than the one that `make checkov` installs."""

TEMPLATES = "terraform_json"
PLANS = "terraform_plan"
_FILES = {TEMPLATES: "cdk.tf.json", PLANS: "plan.json"}

_NOWHERE = "http://127.0.0.1:9"
"""A proxy that nobody serves: whatever would reach out fails at once."""

_KEY = re.compile(r'^( +)"((?:[^"\\]|\\.)+)": [{\[]')


@dataclass(frozen=True)
class Scan:
    """What checkov says of some stacks.

    Attributes:
        passed: how many checks passed.
        findings: those that failed.
    """

    passed: int
    findings: tuple[Finding, ...]


def find_checkov() -> Path:
    """The checkov to run.

    Raises:
        SetupError: when there is none.
    """
    named = os.environ.get(VARIABLE)
    executable = Path(named) if named else Path(sys.prefix) / "checkov" / "bin" / "checkov"
    if not executable.exists():
        raise SetupError(f"checkov is not at {executable}: run `make checkov`, or name one in {VARIABLE}")
    return executable


def scan(documents: Mapping[str, Mapping[str, Any]], *, executable: Path, framework: str = TEMPLATES) -> Scan:
    """Runs checkov once over all stacks.

    Args:
        documents: stack name to its template, or to its plan as `terraform show -json` writes it.
        executable: checkov.
        framework: `TEMPLATES` or `PLANS`.

    Raises:
        SetupError: when checkov fails, or looks at less than it was given: a scan that saw nothing proves nothing.
    """
    with tempfile.TemporaryDirectory(prefix="moulin-checkov-") as folder:
        texts = {stack: json.dumps(_readable(document), indent=2) for stack, document in documents.items()}
        for stack, text in texts.items():
            (Path(folder) / stack).mkdir()
            (Path(folder) / stack / _FILES[framework]).write_text(text)
        report = _run(executable, Path(folder), framework)
    if "results" not in report or report["summary"]["parsing_errors"]:
        raise SetupError(f"checkov could not read every stack: {report.get('results', {}).get('parsing_errors') or report}")
    lines = {stack: addresses_by_line(text) for stack, text in texts.items()} if framework == TEMPLATES else {}
    findings = {_finding(record, lines) for record in report["results"]["failed_checks"]}
    return Scan(passed=int(report["summary"]["passed"]), findings=tuple(sorted(findings)))


def addresses_by_line(text: str) -> dict[int, str]:
    """Number of the line on which an element of a template begins, to its address; the text is indented by two.

    checkov names an element of a template by its line and its name, without the type: two types may share a name.
    """
    addresses, section, kind = {}, "", ""
    for number, line in enumerate(text.splitlines(), start=1):
        found = _KEY.match(line)
        depth, key = (len(found[1]) // 2, found[2]) if found else (0, "")
        if depth == 1:
            section = key
        elif depth == 2:
            kind = key
            if section not in ("resource", "data"):
                addresses[number] = f"{section}.{key}"
        elif depth == 3 and section in ("resource", "data"):
            addresses[number] = f"{'data.' if section == 'data' else ''}{kind}.{key}"
    return addresses


def _finding(record: Mapping[str, Any], lines: Mapping[str, Mapping[int, str]]) -> Finding:
    stack = str(record["file_path"]).strip("/").split("/")[0]
    address = str(record["resource"]).split("[")[0]
    if stack in lines:
        line = record["file_line_range"][0]
        begins = max((number for number in lines[stack] if number <= line), default=0)
        found = lines[stack].get(begins, "")
        if found.split(".")[-1] != address.split(".")[-1]:
            raise SetupError(f"checkov's finding on {address} of {stack} is on line {line}, where {found or 'nothing'} stands")
        address = found
    return Finding(stack=stack, address=address, check=str(record["check_id"]), title=str(record["check_name"]))


def _readable(document: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out `terraform.required_version`: checkov reads blocks only below `terraform`, and takes the whole stack for unreadable."""
    settings = {name: value for name, value in document.get("terraform", {}).items() if name != "required_version"}
    return {**document, "terraform": settings} if "terraform" in document else dict(document)


def _run(executable: Path, folder: Path, framework: str) -> dict[str, Any]:
    """checkov exits with 1 for findings; with an empty home it reads nobody's settings."""
    words = ["--directory", str(folder), "--framework", framework, "--skip-download", "--compact", "--quiet", "--output", "json"]
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE),
    }
    done = CHILDREN.run([str(executable), *words], cwd=folder, environment=environment)
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        report = None
    if done.returncode not in (0, 1) or not isinstance(report, dict):
        raise SetupError(f"checkov failed with exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-1000:]}")
    return report
