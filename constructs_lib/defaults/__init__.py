"""Limits and default values as data: one place that models, constructs, documentation and tests read."""
