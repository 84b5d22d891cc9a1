"""What goes wrong with an engine."""

from __future__ import annotations


class EngineError(Exception):
    """An engine is not there, cannot be fetched or did not start. The text says what to do."""
