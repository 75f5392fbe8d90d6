"""Defaults that depend on the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from service import knobs, settings
from service.settings import Settings, num_cores, spare_cores

SEEN = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", SEEN),
        ("100000 100000", 1),
        ("50000 100000", 1),
        ("900000000 1000", SEEN),
    ],
)
def test_cores_are_no_more_than_the_container_may_use(tmp_path: Path, quota: str, expected: int) -> None:
    """A quota below the cores counts."""
    (tmp_path / "cpu.max").write_text(quota)
    assert num_cores(tmp_path / "cpu.max") == expected


@pytest.mark.parametrize(("cores", "engines"), [(1, 1), (2, 1), (8, 7)])
def test_one_core_is_left_to_http(monkeypatch: pytest.MonkeyPatch, cores: int, engines: int) -> None:
    """One engine there is at least."""
    monkeypatch.setattr(settings, "num_cores", lambda: cores)
    assert spare_cores() == engines


@pytest.mark.parametrize(
    ("wanted", "cores", "engines", "pins", "expected"),
    [
        ("auto", 2, "1", "0", "auto"),
        ("auto", 1, "1", "0", "off"),
        ("auto", 8, "7", "0", "off"),
        ("auto", 8, "4", "0", "auto"),
        ("auto", 2, "1", "1", "off"),
        ("on", 1, "1", "1", "on"),
        ("off", 2, "1", "0", "off"),
    ],
)
def test_sentences_are_encoded_beside_the_steps_where_a_core_is_free(
    monkeypatch: pytest.MonkeyPatch, wanted: str, cores: int, engines: str, pins: str, expected: str
) -> None:
    """Unless somebody says so."""
    monkeypatch.setattr(knobs, "num_cores", lambda: cores)
    monkeypatch.setenv("ZHUYI_ENCODE_BESIDE", wanted)
    monkeypatch.setenv("ZHUYI_PIN_ENGINES", pins)
    monkeypatch.setenv("ZHUYI_ENGINES", engines)
    assert knobs.engine_settings(Settings()).encodes_beside == expected


def test_without_a_control_group_all_cores_count(tmp_path: Path) -> None:
    """No file, no quota."""
    assert num_cores(tmp_path / "none") == SEEN


@pytest.mark.parametrize(
    ("device", "gpus", "engines", "rows"),
    [("cpu", 2, 7, 24), ("cuda", 2, 2, 256), ("cuda", 0, 1, 256), ("auto", 3, 3, 256), ("auto", 0, 7, 24)],
)
def test_a_gpu_gets_one_engine_and_more_rows(
    monkeypatch: pytest.MonkeyPatch, device: str, gpus: int, engines: int, rows: int
) -> None:
    """What is right depends on the device; `auto` goes by whether there is a GPU at all."""
    monkeypatch.setattr(settings, "num_gpus", lambda: gpus)
    monkeypatch.setattr(settings, "spare_cores", lambda: 7)
    monkeypatch.setenv("ZHUYI_DEVICE", device)
    made = Settings()
    assert (made.engines, made.max_rows) == (engines, rows)
    assert (made.max_encode, made.max_encode_tokens) == ((32, 4096) if rows == 256 else (16, 256))


def test_what_is_set_counts_whatever_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Defaults only stand in for what nobody said."""
    monkeypatch.setenv("ZHUYI_DEVICE", "cuda")
    monkeypatch.setenv("ZHUYI_ENGINES", "3")
    monkeypatch.setenv("ZHUYI_MAX_ROWS", "64")
    made = Settings()
    assert (made.engines, made.max_rows) == (3, 64)


def test_versions_that_cannot_be_read_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the name of the variable, and what it must be like."""
    monkeypatch.setenv("ZHUYI_MODEL_VERSIONS", "zh-en:2")
    with pytest.raises(ValidationError, match=r"model_versions\n.*must be like zh-en=2,en-zh=latest"):
        Settings()
