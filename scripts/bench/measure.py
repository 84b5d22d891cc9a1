"""How the benchmarks measure: whole processes by turns, the best of several rounds, and ratios within one run."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Command:
    """A process to measure.

    Attributes:
        words: command line.
        environment: variables set beside this process's own.
    """

    words: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds from start to end, and peak resident memory in MiB of its largest process (Python or Node)."""

    seconds: float
    memory_mib: float


def best_by_turns(commands: Mapping[str, Command], *, rounds: int) -> dict[str, Cost]:
    """Runs every command once per round, so that all see the same noise, and keeps the best of each."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            costs[name].append(_run(command))
    return {name: Cost(min(cost.seconds for cost in seen), min(cost.memory_mib for cost in seen)) for name, seen in costs.items()}


def _run(command: Command) -> Cost:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(
        command.words, cwd=ROOT, env={**environment, **command.environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    error = process.stderr.read() if process.stderr else b""
    if status:
        raise RuntimeError(f"{' '.join(command.words)} ended with status {status}: {error.decode()[-2000:]}")
    return Cost(seconds, usage.ru_maxrss / 1024)
