"""Makes the plans that the tests of `moulin review` read: `python -m tests.review.make_plans`.

The real AWS provider applies `stack.tf` to an emulated AWS and plans it again, changed; so what a plan says of an update or a replacement
is what Terraform says. The plans `lake-new-*` are of a lake against an empty AWS.

Those called `lake-changed-*` are of `lake-after.yaml` where `lake-before.yaml` is. There the state is made of the first lake's plan, not of
an apply, and is not refreshed: what only an apply knows (policies that name an ARN) is missing in it and so shows as a change. Only
what they say of losses is therefore tested. The capture stack is not among them: the provider does not plan it from such a state. So
`capture.tf` is applied with the documents of these two lakes, its task is started, and the plans `capture-*` are of what runs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from constructs_lib.config.load import load_lake
from constructs_lib.config.table_mappings import table_mappings
from constructs_lib.config.task_settings import task_settings
from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.placeholders import FORMS, Place, PlannedValues
from scripts.plan.provider import ReadyProvider, prepare_provider
from scripts.plan.remote_state import type_of
from scripts.plan.rewrite import EMULATED
from scripts.plan.run import validate_and_plan
from scripts.plan.terraform import Terraform

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLANS = HERE / "plans"
PINNED = "6.25.0"
PASSWORD = "swordfish-canary"  # stands in the plans in clear, and may stand in no report
KEPT = (
    "format_version",
    "terraform_version",
    "resource_changes",
    "resource_drift",
    "deferred_changes",
    "output_changes",
    "errored",
    "applyable",
    "complete",
)
"""The rest (`prior_state`, `planned_values`) is not read, and large. Of `configuration` the names stay, not what they are set to."""


def main(*parts: str) -> None:
    """Makes the plans anew: those of the small stack (`stack`), of capture (`capture`), of the lakes (`lake`), or all."""
    PLANS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="moulin-review-plans-") as temporary:
        work = Path(temporary)
        provider = prepare_provider(work / "provider", wanted=PINNED)
        with moto_server(work / "emulator.log") as emulator:
            terraform = emulator.serve(provider.terraform).with_environment(TF_VAR_password=PASSWORD)
            if "stack" in (parts or ("stack",)):
                _small_stack(terraform, work / "small", emulator)
            if "capture" in (parts or ("capture",)):
                _capture(terraform, work / "capture", emulator)
            if "lake" in (parts or ("lake",)):
                _lake(terraform, work, provider, emulator)


def _small_stack(terraform: Terraform, folder: Path, emulator: Emulator) -> None:
    _apply(terraform, folder, "stack.tf")
    for step in ("safe", "loosened", "replaced"):
        _save(step, _plan(terraform, folder, f"-var=step={step}"))
    _save("unchanged", _plan(terraform, folder))
    _save("destroyed", _plan(terraform, folder, "-destroy"))
    _save("tainted", _plan(terraform, folder, "-replace=aws_kinesis_firehose_delivery_stream.delivery"))
    _run(terraform, folder, "state", "mv", "aws_sns_topic.alarms", "aws_sns_topic.topic")
    emulator.client("logs", "eu-west-1").put_retention_policy(logGroupName="moulin-review", retentionInDays=1)
    queue = emulator.client("sqs", "eu-west-1").create_queue(QueueName="old")["QueueUrl"]
    (folder / "more.tf").write_text((HERE / "more.tf").read_text().replace("QUEUE", queue))
    text = (folder / "stack.tf").read_text()
    text = text.replace('resource "aws_glue_catalog_database" "lake" {\n  name = "moulin_review"\n}\n', "")
    (folder / "stack.tf").write_text(text.replace("aws_glue_catalog_database.lake.name", '"moulin_review"'))
    _save("moved", _plan(terraform, folder))


def _apply(terraform: Terraform, folder: Path, file: str) -> None:
    folder.mkdir(exist_ok=True)
    shutil.copy(HERE / file, folder)
    (folder / "provider.tf.json").write_text(
        json.dumps(
            {
                "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
                "provider": {"aws": [{"region": "eu-west-1", **EMULATED}]},
            }
        )
    )
    _run(terraform, folder, "apply", "-auto-approve", "-no-color")
    _run(terraform, folder, "apply", "-refresh-only", "-auto-approve", "-no-color")  # what the provider reads back is no drift


def _capture(terraform: Terraform, folder: Path, emulator: Emulator) -> None:
    folder.mkdir()
    for step, lake in (("before", "before"), ("changed", "after")):
        loaded = load_lake(HERE / f"lake-{lake}.yaml")
        (folder / f"settings.{step}.json").write_text(json.dumps(task_settings(loaded)))
        (folder / f"mappings.{step}.json").write_text(json.dumps(table_mappings(loaded)))
    _apply(terraform, folder, "capture.tf")
    dms = emulator.client("dms", "eu-west-1")
    (task,) = dms.describe_replication_tasks()["ReplicationTasks"]
    dms.start_replication_task(ReplicationTaskArn=task["ReplicationTaskArn"], StartReplicationTaskType="start-replication")
    while dms.describe_replication_tasks()["ReplicationTasks"][0]["Status"] != "running":
        pass  # the emulator goes on by a step each time it is asked
    _run(terraform, folder, "apply", "-refresh-only", "-auto-approve", "-no-color")
    for step in ("changed", "tagged"):
        _save(f"capture-{step}", _plan(terraform, folder, f"-var=step={step}"))


def _lake(terraform: Terraform, work: Path, provider: ReadyProvider, emulator: Emulator) -> None:
    for step in ("before", "after"):
        environment = {**os.environ, "LAKE": str(HERE / f"lake-{step}.yaml"), "CDKTF_OUTDIR": str(work / step)}
        subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        only = ["shop-dev-delivery", "shop-dev-operations"] if step == "before" else ["shop-dev-delivery"]
        planned = validate_and_plan(work / step, only=only, work=work / f"planned-{step}", provider=provider, emulator=emulator)
        failed = [f"{one.stack}: {error}" for one in planned for error in one.errors]
        if failed:
            sys.exit("\n".join(failed))
    before, after = (work / f"planned-{step}" / "stacks" for step in ("before", "after"))
    for part in ("lake", "delivery", "operations"):
        _save(f"lake-new-{part}", json.loads((before / f"shop-dev-{part}" / "plan.json").read_text()))
    for part in ("delivery", "lake"):
        name = f"shop-dev-{part}"
        _write_state(after / name / "terraform.tfstate", name, json.loads((before / name / "plan.json").read_text()))
        _save(f"lake-changed-{part}", _plan(terraform, after / name, "-refresh=false"))


def _write_state(path: Path, stack: str, plan: Mapping[str, Any]) -> None:
    """The state that an apply of a plan would leave, with stand-ins for what only AWS knows."""
    planned = plan["planned_values"]["root_module"]["resources"]
    place = Place(partition="aws", region="us-east-1", account="123456789012")
    values = PlannedValues(stack=stack, resources={one["address"]: one["values"] for one in planned}, place=place)
    resources: dict[tuple[str, str], dict[str, Any]] = {}
    for one in planned:
        standing_in = {
            name: values.resolve(f"{one['address']}.{name}", output=name) for name in ("id", *FORMS.get(one["type"], {})) if "." not in name
        }
        known = {name: value for name, value in one["values"].items() if value is not None}
        builtin = one["provider_name"].startswith("terraform.io/builtin")
        attributes = {**standing_in, **known}
        if builtin:
            attributes["input"] = attributes["output"] = {"value": known["input"], "type": type_of(known["input"])}
        instance = {"schema_version": one["schema_version"], "attributes": attributes, "sensitive_attributes": []}
        if "index" in one:
            instance["index_key"] = one["index"]
        same = {"mode": "managed", "type": one["type"], "name": one["name"], "provider": f'provider["{one["provider_name"]}"]'}
        resources.setdefault((one["type"], one["name"]), {**same, "instances": []})["instances"].append(instance)
    path.write_text(
        json.dumps(
            {
                "version": 4,
                "terraform_version": "1.11.0",
                "serial": 1,
                "lineage": stack,
                "outputs": {},
                "resources": list(resources.values()),
            }
        )
    )


def _plan(terraform: Terraform, folder: Path, *options: str) -> Mapping[str, Any]:
    _run(terraform, folder, "plan", "-out=plan", "-no-color", *options)
    shown: Mapping[str, Any] = json.loads(_run(terraform, folder, "show", "-json", "plan"))
    return shown


def _run(terraform: Terraform, folder: Path, *words: str) -> str:
    done = terraform.run(*words, folder=folder)
    if done.returncode:
        sys.exit(f"terraform {' '.join(words)} failed:\n{done.stderr}")
    return done.stdout


def _save(name: str, plan: Mapping[str, Any]) -> None:
    kept: dict[str, Any] = {key: plan[key] for key in KEPT if key in plan}
    resources = plan["configuration"].get("root_module", {}).get("resources", [])
    names = [{"address": one["address"], "expressions": {name: {} for name in one.get("expressions", ())}} for one in resources]
    kept["configuration"] = {"root_module": {"resources": names}}
    (PLANS / f"{name}.json").write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    print(name, len(kept.get("resource_changes", [])), "resources", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
