"""The guard against a slower engine: continuous batching must pay, measured against itself in one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.bare import Case, jobs_of, measure, ratio
from benchmarks.texts import read_texts
from service.engine.device import Precision
from service.engine.store import ModelStore

STORE = Path(__file__).parents[2] / "model_store"


@pytest.mark.parametrize(("precision", "floor"), [("fp32", 2.5), ("int8", 1.5)])
def test_continuous_batching_pays(precision: Precision, floor: float) -> None:
    """Far below what a quiet machine shows (benchmarks/RESULTS.md), far above what a broken batch would.

    The answers of both are compared too, token by token.
    """
    (folder,) = [one for one in ModelStore(STORE).latest() if one.manifest.name == "zh-en"]
    alone = Case("one by one", precision, 8, is_continuous=False)
    together = Case("continuous", precision, 32, is_continuous=True)
    jobs = jobs_of(folder, read_texts(max_texts=50), beam_size=1)
    rounds = measure(folder, [alone, together], jobs, 3)
    assert ratio(rounds, "continuous", "one by one") > floor
