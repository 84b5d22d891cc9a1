"""What `cdktf --app` runs in the tests: main.py, and then the changes that every deployment to the emulator gets (scripts/plan/rewrite.py).

python tests/deploy/emulated_app.py <version of the provider in reach>
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from scripts.plan.output_folder import read_stacks  # noqa: E402
from scripts.plan.rewrite import rewrite  # noqa: E402

subprocess.run([sys.executable, str(ROOT / "main.py")], check=True)
out = Path(os.environ["CDKTF_OUTDIR"])
for stack in read_stacks(out).values():
    rewritten = rewrite(stack.template, provider_version=sys.argv[1])
    (stack.folder / "cdk.tf.json").write_text(json.dumps(rewritten.template, indent=2))
