"""Real parts on one machine, without an AWS account."""
