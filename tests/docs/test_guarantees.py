"""What the page says of a history's columns is what the catalog says of them."""

from pathlib import Path

from constructs_lib.config.lake_table import HISTORY_COLUMNS

PAGE = Path("docs/guarantees.md")


def test_history_columns_mean_the_same_on_the_page_and_in_the_catalog() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().replace("`", "").splitlines()]
    described = {row[0]: tuple(row[1:]) for row in rows if row[0].startswith("_") and len(row) == 3}
    assert {name: (kind, meaning) for name, kind, meaning in HISTORY_COLUMNS}.items() <= described.items()
