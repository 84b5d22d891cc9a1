"""What can go wrong while capturing."""

from __future__ import annotations


class CaptureError(Exception):
    """The source cannot be captured as the template asks; the text says why and what to do."""


class ConnectionLostError(Exception):
    """The connection to the server broke; reading can go on from the last whole transaction."""
