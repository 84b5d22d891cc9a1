"""What `make bench` runs: ratios, each measured against its floor in the same run."""
