"""One mistake in a lake file, and the error that carries all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One mistake: where in the file, and what, what is allowed, what to do.

    Attributes:
        path: keys and list positions from the top of the file, such as `("deliveries", 0, "buffering_interval_seconds")`.
        message: lower case, without a full stop, starting with what is wrong ("must be ...", "is not ...").
        line: 1-based line in the file; None until the loader has found it.
        reads: what else the finding rests on, `"*"` for any part. The loader keeps a finding back while one of these is itself at fault.
    """

    path: Path
    message: str
    line: int | None = None
    reads: tuple[Path, ...] = ()

    @property
    def where(self) -> str:
        """The path as a person writes it: `deliveries[0].buffering_interval_seconds`."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
        return text

    def below(self, *prefix: str | int) -> Problem:
        """The same problem as seen from a model further up."""
        return replace(self, path=(*prefix, *self.path), reads=tuple((*prefix, *path) for path in self.reads))


class Problems(ValueError):  # noqa: N818 - it is a list of them
    """Several mistakes found by one validator of a model; paths are relative to that model."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.where} {problem.message}".strip() for problem in problems))
        self.problems = tuple(problems)


class LakeFileError(ValueError):
    """A lake file that cannot be used. Its text has one line per mistake: `lakes/retail.yaml:14: deliveries[0]... must be ...`."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(line_of(file, problem) for problem in problems))


def line_of(file: str, problem: Problem, kind: str = "") -> str:
    """A problem as a line of text: `lakes/retail.yaml:14: deliveries[0]... must be ...`.

    Args:
        file: the lake file, as it was given.
        problem: what is wrong with it.
        kind: what stands before it, such as `warning: `.
    """
    place = file if problem.line is None else f"{file}:{problem.line}"
    return f"{place}: {kind}{problem.where} {problem.message}" if problem.where else f"{place}: {kind}{problem.message}"


def warning_line(file: str, problem: Problem) -> str:
    """A warning as a line of text: `lakes/retail.yaml:14: warning: capture.engine_version ...`."""
    return line_of(file, problem, "warning: ")
