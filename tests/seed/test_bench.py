"""The benchmark runs; its figures are not judged here, where other tests share the machine."""

from __future__ import annotations

import pytest

from scripts.bench import seed as bench
from scripts.local.mariadb import MariaDb


def test_every_way_is_measured_on_every_table(server: MariaDb, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rows in {"ROUNDS": 1, "NAIVE_ROWS": 20, "INSERT_ROWS": 200, "BULK_ROWS": 200}.items():
        monkeypatch.setattr(bench, name, rows)
    bench.main()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["table", "way", "rows_per_s", "ratio"]
    assert [line[0] for line in lines[1:]] == ["people"] * 3 + ["retail_trans"] * 3
    assert all(float(line[-1]) > 0 for line in lines[1:])
