"""docs/limits.md says of each bound what limits.py says, and names its page."""

from __future__ import annotations

import pytest

from constructs_lib.defaults import limits
from constructs_lib.defaults.limits import Limit
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("what", "limit", "number"),
    [
        ("tables of one delivery", limits.DELIVERY_TABLES, "1,000"),
        ("the task's table mappings", limits.TABLE_MAPPINGS_BYTES, "2,000,000"),
        ("the transform function's zip", limits.FUNCTION_ZIP_BYTES, f"{50 * 1024**2:,}"),
        ("inline policies of one role", limits.ROLE_POLICIES_CHARACTERS, "10,240"),
        ("the text of a history's view", limits.VIEW_TEXT_BYTES, "409,600"),
    ],
)
def test_bound_stands_with_its_page(what: str, limit: Limit, number: str) -> None:
    assert f"{limit.maximum:,.0f}" == number
    (row,) = [line for line in (ROOT / "docs" / "limits.md").read_text().splitlines() if line.startswith(f"| {what}")]
    assert f"| {number} " in row or f"| {limit.maximum / 1024**2:.0f} MiB " in row or f"| {number} |" in row
    assert f"]({limit.source})" in row or "ours" in row
