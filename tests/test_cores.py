from __future__ import annotations

import os

import pytest

from chitieu.cores import usable_cores

HERE = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "want"),
    [("max 100000", HERE), ("100000 100000", 1), ("25000 100000", 1), ("6400000 100000", HERE), ("?", HERE)],
)
def test_a_containers_quota_counts(tmp_path, quota, want):
    file = tmp_path / "cpu.max"
    file.write_text(quota + "\n")
    assert usable_cores(quota=file) == want


def test_no_quota_is_all_and_the_caller_may_want_fewer(tmp_path):
    assert usable_cores(quota=tmp_path / "none") == HERE
    assert usable_cores(1, quota=tmp_path / "none") == 1
    assert usable_cores(4096, quota=tmp_path / "none") == HERE
