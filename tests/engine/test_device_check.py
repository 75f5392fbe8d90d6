"""A device that computes something else is found before it serves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from service.engine.device_check import require_same_scores
from service.engine.errors import ModelFolderInvalid
from service.engine.model import Integers, State, Step
from service.engine.onnx_model import OnnxModel
from tests.engine.test_device_model import a_device_model


@dataclass
class OtherModel:
    """A model whose scores are off by something."""

    model: Any
    off: float

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        step = self.model.step(state, previous, wanted)
        return replace(step, wanted_scores=step.wanted_scores + np.float32(self.off))


def test_the_same_scores_pass_and_leave_no_rows_behind(store_path: Path, random_model: OnnxModel) -> None:
    """On the CPU's memory they are the same to the last bit; rounding of another device passes too."""
    model, _ = a_device_model(store_path)
    require_same_scores(model, random_model)
    require_same_scores(OtherModel(model, 5e-4), random_model)  # type: ignore[arg-type]
    assert len(model._homes._vacant) == 1


@pytest.mark.parametrize("off", [0.01, float("nan")])
def test_other_scores_stop_the_start(store_path: Path, random_model: OnnxModel, off: float) -> None:
    """With the difference, which tells TF32 from nonsense."""
    model, _ = a_device_model(store_path)
    with pytest.raises(ModelFolderInvalid, match="from those of the CPU"):
        require_same_scores(OtherModel(model, off), random_model)  # type: ignore[arg-type]
