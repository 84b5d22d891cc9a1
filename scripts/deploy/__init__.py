"""The deploy rung: every stack of a lake applied by the real AWS provider to an emulated AWS, planned again, and destroyed."""

from scripts.deploy.deployment import Deployment, Run
from scripts.deploy.results import RoundTrip, StackTrip
from scripts.deploy.run import round_trip

__all__ = ["Deployment", "RoundTrip", "Run", "StackTrip", "round_trip"]
