"""The keys of the lake against those of the source: do they identify a row, and what follows when they are not its primary key?"""

from __future__ import annotations

from collections.abc import Iterator

from scripts.source_checks.catalog import CatalogTable
from scripts.source_checks.finding import Finding, Weight, listed
from scripts.source_checks.lake_tables import CheckedTable


def check_keys(table: CheckedTable, there: CatalogTable) -> Iterator[Finding]:
    """Yields what the source says of a table's keys. A key that it does not have is left to the comparison, which names it."""
    keys = set(table.keys)
    if not keys <= there.columns.keys():
        return
    unique = [index for index in (there.primary_key, *there.unique) if index and keys.issuperset(index)]
    certain = [index for index in unique if not any(there.columns[name].nullable for name in index)]
    if not unique:
        yield _not_unique(table, there)
    elif not certain:
        yield _nullable(table, tuple(name for name in unique[0] if there.columns[name].nullable))
    elif table.history or keys == set(there.primary_key):  # a history's view follows a key wherever it goes, whatever the order
        return
    elif there.primary_key and keys.issuperset(there.primary_key):
        yield _more(table, there.primary_key)
    else:
        yield _other(table, there.primary_key)


def _not_unique(table: CheckedTable, there: CatalogTable) -> Finding:
    known = [index for index in (there.primary_key, *there.unique) if index]
    why = f"its primary key is {listed(there.primary_key)}" if there.primary_key else "it has no primary key"
    does = "its view would show one row for all that share them" if table.history else "all rows that share them would become one"
    return Finding(
        "keys-not-unique",
        Weight.WARN if table.history else Weight.REFUSE,
        table,
        table.keys,
        f"are not unique in {table.source}: {why}, and {does}",
        _advice(table, known),
        ("keys",),
    )


def _advice(table: CheckedTable, known: list[tuple[str, ...]]) -> str:
    otherwise = "" if table.history else ", or mode: history, where every change is a row"
    if not known:
        return f"give the source a unique index on {listed(table.keys)} if they are unique{otherwise}"
    lake_names = [table.columns.get(name, name) for name in known[0]]
    missing = tuple(name for name in known[0] if name not in table.columns)
    first = f"list {listed(missing)} among the columns and " if missing else ""
    return f"{first}write keys: [{', '.join(lake_names)}]{otherwise}"


def _nullable(table: CheckedTable, columns: tuple[str, ...]) -> Finding:
    return Finding(
        "keys-nullable",
        Weight.WARN,
        table,
        columns,
        f"may be NULL in {table.source}: {listed(columns)}. A row in which a key is NULL is refused (missing_key) and missing in the lake",
        "make the columns NOT NULL in the source, or use its primary key",
        ("keys",),
    )


def _more(table: CheckedTable, primary_key: tuple[str, ...]) -> Finding:
    more = tuple(key for key in table.keys if key not in primary_key)
    return Finding(
        "keys-beyond-primary-key",
        Weight.WARN,
        table,
        more,
        f"are more than the primary key of {table.source}, which is {listed(primary_key)}: an update that changes {listed(more)} is refused"
        " (key_changed), and its row stays as it was",
        f"keep it if {listed(more)} never changes, else write keys: [{', '.join(table.columns.get(name, name) for name in primary_key)}]",
        ("keys",),
    )


def _other(table: CheckedTable, primary_key: tuple[str, ...]) -> Finding:
    theirs = f"which is {listed(primary_key)}" if primary_key else "of which it has none"
    return Finding(
        "keys-not-primary-key",
        Weight.WARN,
        table,
        table.keys,
        f"are unique in {table.source} and not its primary key, {theirs}: DMS keeps the order of changes by the primary key alone, so two"
        " changes of one key can overtake each other, and an update that changes a key is refused (key_changed)",
        "use the primary key, or mode: history, which bears any order",
        ("keys",),
    )
