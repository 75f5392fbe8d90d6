"""Defaults that depend on the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.settings import spare_cores

SEEN = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", max(1, SEEN - 1)),
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("900000000 1000", max(1, SEEN - 1)),
    ],
)
def test_engines_are_no_more_than_the_container_may_use(tmp_path: Path, quota: str, expected: int) -> None:
    """One core is left to HTTP, one engine there is at least, and a quota below the cores counts."""
    (tmp_path / "cpu.max").write_text(quota)
    assert spare_cores(tmp_path / "cpu.max") == expected


def test_without_a_control_group_all_cores_count(tmp_path: Path) -> None:
    """No file, no quota."""
    assert spare_cores(tmp_path / "none") == max(1, SEEN - 1)
