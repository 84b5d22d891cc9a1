"""The plan rung: every stack validated and planned with the real AWS provider, without an AWS account."""

from scripts.plan.results import DroppedArgument, ResourceChange, StackPlan
from scripts.plan.run import validate_and_plan
from scripts.plan.terraform import SetupError

__all__ = ["DroppedArgument", "ResourceChange", "SetupError", "StackPlan", "validate_and_plan"]
