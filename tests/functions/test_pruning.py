"""A filter on `_position` leaves out the files that cannot hold what it asks for."""

from scripts.bench import pruning


def test_a_filter_on_the_position_reads_the_files_that_hold_its_changes():
    files = 20
    rows = pruning.run(files)
    read = {row["filter"]: row["files to read"] for row in rows}
    assert {row["with padded numbers"] for row in rows} == {files}
    assert read == {"the last 5 % of the changes": 2, "1 % in the middle": 2, "one change": 2}
