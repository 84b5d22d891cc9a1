"""How time and memory of a synthesis grow with the number of tables.

python -m scripts.bench.scaling
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import yaml

from scripts.bench.measure import Command, best_by_turns

TABLES = (1, 10, 100, 1_000)
ROUNDS = 3
_COLUMNS = {
    "id": "long",
    "customer_id": "long",
    "status": "string",
    "amount": "decimal(12,2)",
    "quantity": "int",
    "is_gift": "boolean",
    "note": "string",
    "created_at": "timestamp",
}


def generated_lake(tables: int, **changes: object) -> str:
    """A lake file with so many tables of eight columns, mirrors and histories by turns, and other top-level keys than these."""
    lake = {
        "name": "generated",
        "region": "us-east-1",
        "account": "123456789012",
        "state": {"backend": "local"},
        "tables": [
            {
                "source": f"shop.table_{number:04d}",
                "mode": "history" if number % 2 else "mirror",
                "keys": ["id"],
                "columns": _COLUMNS,
            }
            for number in range(tables)
        ],
        **changes,
    }
    return yaml.safe_dump(lake, sort_keys=False)


def run() -> list[dict[str, object]]:
    """One row per size: seconds, memory of the Python process, and both against one table."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for count in TABLES:
            lake = Path(folder) / f"{count}.yaml"
            lake.write_text(generated_lake(count))
            commands[str(count)] = Command([sys.executable, "main.py"], {"LAKE": str(lake), "CDKTF_OUTDIR": f"{folder}/{count}"})
        costs = best_by_turns(commands, rounds=ROUNDS)
    one = costs["1"]
    return [
        {
            "tables": count,
            "seconds": round(cost.seconds, 2),
            "memory MiB": round(cost.memory_mib),
            "time / one table": round(cost.seconds / one.seconds, 2),
            "memory / one table": round(cost.memory_mib / one.memory_mib, 2),
        }
        for count, cost in costs.items()
    ]


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("tables", run())
