"""Finds every mistake in a lake file, whatever is wrong with its parts.

Rules that look at a whole model do not run on a broken one. So faulty parts are taken out and the rest is tried again until a lake can be
built; then all rules are asked. What rests on a part that was taken out is held back, because it would only repeat the first mistake in
other words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from constructs_lib.config.base import STRUCTURE_ONLY, Model, models_in
from constructs_lib.config.lake import Lake
from constructs_lib.config.load import as_json
from constructs_lib.config.messages import message_of, nearest_key
from constructs_lib.config.problems import Path, Problem
from constructs_lib.config.yaml_text import Document


def _stand_in_table(position: int) -> dict[str, Any]:
    return {"source": f"stand-in.t{position}", "mode": "mirror", "keys": ["id"], "columns": {"id": "long"}}


def _stand_in_delivery(position: int) -> dict[str, Any]:
    return {"name": f"stand-in-{position}", "database": f"stand_in_{position}"}


_STAND_IN_ITEMS: Final[dict[Path, Callable[[int], dict[str, Any]]]] = {
    ("tables",): _stand_in_table,
    ("deliveries",): _stand_in_delivery,
}
"""What stands in for an item of a list, so that the others keep their places, by which messages call them."""

_STAND_INS: Final[dict[Path, Any]] = {
    ("name",): "stand-in",
    ("region",): "us-east-1",
    ("state",): {"backend": "local"},
    ("tables",): [_stand_in_table(0)],
    ("tables", "*", "mode"): "mirror",
}
"""What stands in for a part without which nothing else could be checked."""

_REST_OF_DECIMAL = re.compile(r"\d+\)")
"""What `{type: decimal(12,2)}` leaves as a key; the type says what is wrong."""


@dataclass
class _Patient:
    """The data of a file with its faulty parts taken out; paths are those of the file."""

    data: Any
    taken_out: set[Path] = field(default_factory=set)

    def remains(self) -> Any:
        """What is left, with stand-ins."""
        left = self._without(self.data, ())
        if isinstance(left, dict):
            for path, stand_in in _STAND_INS.items():
                self._put(left, path, stand_in)
        return left

    def _without(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return {key: self._without(part, (*path, key)) for key, part in value.items() if (*path, key) not in self.taken_out}
        if isinstance(value, list):
            stand_in = _STAND_IN_ITEMS.get(path)
            items: list[Any] = []
            for position, part in enumerate(value):
                if (*path, position) not in self.taken_out:
                    items.append(self._without(part, (*path, position)))
                elif stand_in is not None:
                    items.append(stand_in(position))
            return items
        return value

    def _put(self, left: dict[str, Any], path: Path, stand_in: Any) -> None:
        if path[0] == "tables" and len(path) > 1:
            tables = left.get("tables")
            for position, table in enumerate(tables if isinstance(tables, list) else []):
                if isinstance(table, dict) and ("tables", position, path[-1]) in self.taken_out:
                    table.setdefault(str(path[-1]), stand_in)
        elif path in self.taken_out:
            left[str(path[0])] = stand_in

    def original(self, path: Path) -> Path:
        """A path in what is left, as a path in the file: items that were taken out of lists count again."""
        found: Path = ()
        for part in path:
            if isinstance(part, int) and found not in _STAND_IN_ITEMS:
                kept = (n for n in range(part + 1 + len(self.taken_out)) if (*found, n) not in self.taken_out)
                part = next(n for count, n in enumerate(kept) if count == part)
            found = (*found, part)
        return found

    def take_out(self, path: Path) -> None:
        """Takes a part out, or the nearest part above it where it is not there or gone already."""
        while path:
            if path not in self.taken_out and (self.has(path) or self._stands_in(path)):
                self.taken_out.add(path)
                return
            path = path[:-1]

    def _stands_in(self, path: Path) -> bool:
        return path in _STAND_INS or (path[:1] == ("tables",) and (path[0], "*", *path[2:]) in _STAND_INS)

    def has(self, path: Path) -> bool:
        """Whether the file has something at a path."""
        value = self.data
        for part in path:
            there = part in value if isinstance(value, dict) else isinstance(value, list) and isinstance(part, int) and part < len(value)
            if not there:
                return False
            value = value[part]
        return True

    def touches(self, path: Path) -> bool:
        """Whether a path leads to, into or above a part that was taken out; `"*"` stands for any part."""
        return any(all(a == b or a == "*" for a, b in zip(path, gone, strict=False)) for gone in self.taken_out)


def diagnose(document: Document) -> list[Problem]:
    """Every mistake in a document, in the order of their lines."""
    found = list(document.problems)
    patient = _Patient(document.value, set(document.dropped))
    lake = _build(patient, document, found)
    if lake is not None:
        for problem in (problem.below(*place) for place, model in models_in(lake) for problem in model.rules()):
            path = patient.original(problem.path)
            reads = [patient.original(read) for read in problem.reads]
            if not any(patient.touches(read) for read in [path, *reads]):
                found.append(replace(problem, path=path))
    if not found:  # all that was found was held back: better said twice than not at all
        found = _as_validated(document)
    placed = {(p.path, p.message): replace(p, line=p.line or document.line_of(p.path) if p.path else p.line or 1) for p in found}
    return sorted(placed.values(), key=lambda p: (p.line or 0, [str(part) for part in p.path], p.message))


def _as_validated(document: Document) -> list[Problem]:
    try:
        Lake.model_validate_json(as_json(document.value), strict=True)
    except ValidationError as error:
        return explain(error, document, Lake)
    return []


def explain(error: ValidationError, document: Document, root: type[Model]) -> list[Problem]:
    """What a validation of a whole document found, as problems with lines, in their order."""
    found = [
        Problem(path, message_of(detail, path, document, root), document.line_of(path)) for path, detail in _faults(error, document.value)
    ]
    return sorted(found, key=lambda problem: problem.line or 0)


def _build(patient: _Patient, document: Document, found: list[Problem]) -> Lake | None:
    """Takes faulty parts out until a lake can be built of the rest; adds what was wrong to `found`."""
    while True:
        remains = patient.remains()
        try:
            return Lake.model_validate_json(as_json(remains), strict=True, context=STRUCTURE_ONLY)
        except ValidationError as error:
            faults = _faults(error, remains)
        faults = [(patient.original(path), detail) for path, detail in faults]
        before = frozenset(patient.taken_out)
        for path, detail in faults:
            meant = nearest_key(path, document) if detail["type"] == "extra_forbidden" else None
            if meant is not None and not patient.has((*path[:-1], meant)):
                patient.taken_out.add((*path[:-1], meant))  # it is not missing
        found += [Problem(path, message_of(detail, path, document)) for path, detail in faults if not _is_repeated(path, detail, patient)]
        for path, _ in faults:
            if not any(path[:length] in patient.taken_out - before for length in range(1, len(path) + 1)):
                patient.take_out(path)
        if len(patient.taken_out) == len(before):
            return None


def _is_repeated(path: Path, error: ErrorDetails, patient: _Patient) -> bool:
    """Whether an error only repeats in other words what is said already."""
    if ("state", "backend") in patient.taken_out and path[:1] == ("state",) and error["type"] == "missing":
        return True  # of the branch that was not chosen
    return patient.touches(path) or bool(_REST_OF_DECIMAL.fullmatch(str(path[-1:] and path[-1])))


def _faults(error: ValidationError, data: Any) -> list[tuple[Path, ErrorDetails]]:
    """The errors with their paths in the data. A list that is too short only because its items are wrong is none."""
    faults = [(_path_in(data, detail), detail) for detail in error.errors(include_url=False)]
    parents = {path[:length] for path, _ in faults for length in range(len(path))}
    return [(path, detail) for path, detail in faults if not (detail["type"] == "too_short" and path in parents)]


def _path_in(data: Any, error: ErrorDetails) -> Path:
    """The path of an error in the data: pydantic's location without the labels of union branches."""
    path: Path = ()
    for position, part in enumerate(error["loc"]):
        is_there = part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int) and part < len(data)
        if is_there:
            data = data[part]
        elif not (error["type"] == "missing" and position == len(error["loc"]) - 1):
            continue
        path = (*path, part)
    return path
