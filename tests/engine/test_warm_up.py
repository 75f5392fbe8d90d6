"""A model is ready only after it has run, in its smallest and in its largest shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from service.engine.errors import ModelFolderInvalid
from service.engine.manifest import Limits, Manifest
from service.engine.model import State
from service.engine.scheduler import BatchLimits
from service.engine.warm_up import warm_up
from tests.fakes import CopyModel, FixedStateModel, score_table


@pytest.fixture
def manifest(store_path: Path) -> Manifest:
    """Some manifest, for sources of at most 64 tokens."""
    return Manifest.read(store_path / "zh-en" / "1")


def test_the_largest_and_the_smallest_shape_are_run(manifest: Manifest) -> None:
    """Sixteen sources become a full batch of 24 rows, then one sentence goes alone."""
    model = FixedStateModel()
    warm_up(model, manifest, BatchLimits())
    assert model.calls == [("encode", 16), ("step", 24), ("encode", 1), ("step", 1)]


def test_scores_that_are_no_numbers_stop_the_start(manifest: Manifest) -> None:
    """A broken export is found before anyone is served by it."""
    model = FixedStateModel(scores=score_table(16) * float("nan"))
    with pytest.raises(ModelFolderInvalid, match="no numbers"):
        warm_up(model, manifest, BatchLimits())


@dataclass
class RaisingModel(CopyModel):
    """Cannot hold more than one source."""

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        if len(sources) > 1:
            raise MemoryError("out of memory")
        return super().encode(sources)


def test_a_model_that_raises_stops_the_start(manifest: Manifest) -> None:
    """With the model's name and the reason."""
    with pytest.raises(ModelFolderInvalid, match="zh-en/1: warm-up failed: MemoryError"):
        warm_up(RaisingModel(), manifest, BatchLimits())


def test_the_longest_source_is_that_of_the_manifest(manifest: Manifest) -> None:
    """Changed limits change what is run."""
    lengths: list[int] = []

    @dataclass
    class NotingModel(FixedStateModel):
        """Notes the lengths of what it encodes."""

        def encode(self, sources: Sequence[Sequence[int]]) -> State:
            lengths.extend({len(one) for one in sources})
            return super().encode(sources)

    changed = msgspec.structs.replace(manifest, limits=Limits(max_source_tokens=9, max_target_tokens=9))
    warm_up(NotingModel(), changed, BatchLimits(max_encode=2))
    assert lengths == [9, 1]
