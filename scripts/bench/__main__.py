"""`make bench`: every number that the documentation states, as ratios taken in one run."""

from __future__ import annotations

from scripts.bench import before_image, deploy, local, peer, plans, pruning, reorder, scaling, seed, synth, transform
from scripts.bench.report import print_rows
from scripts.stopping import unwound_by_signals

BENCHES = {
    "synthesis": synth.run,
    "synthesis by number of tables": scaling.run,
    "plan by number of tables": plans.run,
    "transform": transform.run,
    "seed": seed.run,
    "files that a filter on the position leaves to read": pruning.run,
    "rows that are wrong after reordering": reorder.run,
    "what an update shows of the row before": before_image.run,
    "local lake": local.run,
    "local lake beside dlt": peer.run,
    "deployment": deploy.run,
}


def main() -> None:
    """Runs one benchmark after the other: side by side they would measure each other."""
    with unwound_by_signals():
        for title, run in BENCHES.items():
            print_rows(title, run())


if __name__ == "__main__":
    main()
