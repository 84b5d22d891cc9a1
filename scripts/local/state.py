"""What a local lake keeps between runs beside its tables: how far each delivery is, and which lake it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.local.records import SourcePosition
from scripts.local.storage import storing, write_whole

ANY_TABLE = "tables that are not known"
"""Stands for the table's name where the log does not tell which tables a statement was about."""
LAYOUT = 1
"""Raised when the folder's layout changes, so that an older one is not taken for the present."""


@dataclass(frozen=True)
class LakeFolder:
    """The folder of one local lake.

    Attributes:
        root: `.moulin/local/<lake>` by default.
    """

    root: Path

    @property
    def warehouse(self) -> Path:
        """Iceberg tables and their catalog."""
        return self.root / "warehouse"

    @property
    def errors(self) -> Path:
        """The error bucket."""
        return self.root / "errors"

    @property
    def replayed(self) -> Path:
        """Error objects that were replayed."""
        return self.root / "replayed"

    @property
    def superseded(self) -> Path:
        """Keys that changed after a record of their table failed."""
        return self.root / "superseded"

    @property
    def logs(self) -> Path:
        """What the functions print."""
        return self.root / "logs"

    @property
    def source(self) -> Path:
        """Data of the private database server."""
        return self.root / "source"

    @property
    def declared(self) -> Path:
        """What the source declares its columns to be."""
        return self.root / "declared.json"

    @property
    def unseen(self) -> Path:
        """Statements that changed captured tables without row events."""
        return self.root / "unseen.json"

    def unseen_statements(self) -> dict[str, list[str]]:
        """What happened to tables without row events, since they were loaded: by table of the source, in the order of the alphabet."""
        try:
            found: dict[str, list[str]] = json.loads(self.unseen.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def note_unseen(self, statements: Iterable[tuple[str, str]]) -> None:
        """Keeps what happened to tables, as pairs of what and the table: their differences stay until they are loaded anew."""
        before = self.unseen_statements()
        known = {(what, table) for table, words in before.items() for what in words}
        if not known >= set(statements):
            after: dict[str, list[str]] = {}
            for what, table in sorted(known | set(statements)):
                after.setdefault(table, []).append(what)
            with storing("unseen.json", self.root):
                write_whole(self.unseen, json.dumps(after))

    def clear(self) -> None:
        """Forgets everything that was delivered, so that the next run begins with the full load."""
        self._state.unlink(missing_ok=True)  # first: without it nothing below counts, should the rest be interrupted
        self.declared.unlink(missing_ok=True)
        self.unseen.unlink(missing_ok=True)
        for folder in (self.warehouse, self.errors, self.replayed, self.superseded, self.logs):
            shutil.rmtree(folder, ignore_errors=True)

    def read(self, fingerprint: str) -> dict[str, SourcePosition]:
        """How far each delivery is, by name; empty when nothing is, or it was another lake."""
        try:
            state = json.loads(self._state.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        if state["layout"] != LAYOUT or state["lake"] != fingerprint:
            return {}
        return {name: SourcePosition.parse(text) for name, text in state["deliveries"].items()}

    @property
    def fingerprint(self) -> str | None:
        """Which lake was delivered here; None for none."""
        try:
            return str(json.loads(self._state.read_text())["lake"])
        except (FileNotFoundError, ValueError):
            return None

    def write(self, fingerprint: str, deliveries: Mapping[str, SourcePosition]) -> None:
        """Keeps how far each delivery is, in one step."""
        state = {"layout": LAYOUT, "lake": fingerprint, "deliveries": {name: str(position) for name, position in deliveries.items()}}
        with storing("state.json", self.root):
            write_whole(self._state, json.dumps(state))

    @property
    def _state(self) -> Path:
        return self.root / "state.json"
