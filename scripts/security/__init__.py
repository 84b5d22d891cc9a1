"""What the synthesised Terraform opens to whom: checkov's findings, and every grant and rule of a lake as a table."""

from scripts.security.findings import Accepted, Finding, Verdict, judge

__all__ = ["Accepted", "Finding", "Verdict", "judge"]
