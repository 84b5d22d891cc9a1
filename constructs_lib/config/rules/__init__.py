"""Rules of the lake as a whole: what no single part of the file shows.

Each rule is one function that yields what is wrong; `RULES` lists them all. What a finding rests on beside its own place in the file stands
in its `reads`, so that it is held back while one of those is itself at fault. `WARNINGS` lists what is accepted and has a risk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Problem
from constructs_lib.config.rules import accounts, alarms, deliveries, expressions, names, network, privacy, regions, tables

Rule = Callable[[Lake], Iterator[Problem]]

RULES: Final[tuple[Rule, ...]] = (
    names.check_buckets_differ,
    names.check_tags,
    regions.check_region,
    regions.check_certificate_file,
    accounts.check_arns,
    alarms.check_freshness,
    network.check_existing_source,
    network.check_bastion_endpoints,
    deliveries.check_names_differ,
    deliveries.check_names_are_free,
    deliveries.check_databases_differ,
    deliveries.check_each_has_tables,
    deliveries.check_table_counts,
    tables.check_deliveries_exist,
    tables.check_sources_differ,
    tables.check_targets_differ,
    tables.check_append_only,
    tables.check_view_names,
    tables.check_locations,
    tables.check_dropped_columns_agree,
    tables.check_mappings_size,
    privacy.check_hash_secret,
    expressions.check_expressions,
)


def check_lake(lake: Lake) -> Iterator[Problem]:
    """Yields what is wrong with the lake as a whole."""
    for rule in RULES:
        yield from rule(lake)


LakeWarning = Callable[[Lake, date], Iterator[Problem]]

WARNINGS: Final[tuple[LakeWarning, ...]] = (network.warn_of_bastion_without_index,)


def warn_of_lake(lake: Lake, today: date) -> Iterator[Problem]:
    """Yields what of the lake as a whole is accepted and has a risk."""
    for warning in WARNINGS:
        yield from warning(lake, today)
