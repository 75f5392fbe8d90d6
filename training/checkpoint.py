"""Checkpoints without pickles: tensors as safetensors, everything else as JSON, replaced in one move."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.model import Seq2SeqModel
from training.settings import TrainSettings


class Progress(msgspec.Struct, kw_only=True):
    """How far a run is; seconds count training alone, without validation and pauses."""

    seconds: float = 0.0
    steps: int = 0
    tokens: int = 0
    epoch: int = 0
    best_bleu: float = 0.0
    validations_without_gain: int = 0


def save(
    folder: Path,
    settings: TrainSettings,
    model: Seq2SeqModel,
    optimizer: torch.optim.Optimizer,
    progress: Progress,
) -> None:
    """Writes a checkpoint folder; a kill at any moment leaves the old one or the new one for `find`."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_file(_contiguous(model.state_dict()), fresh / "model.safetensors")
    save_file(_moments(model, optimizer), fresh / "optimizer.safetensors")
    (fresh / "settings.json").write_bytes(msgspec.json.encode(settings))
    (fresh / "progress.json").write_bytes(msgspec.json.encode(progress))
    old = folder.with_name(folder.name + ".old")
    if folder.exists():  # otherwise `old` may be the only one there is
        shutil.rmtree(old, ignore_errors=True)
        os.rename(folder, old)
    os.rename(fresh, folder)
    shutil.rmtree(old, ignore_errors=True)


def find(folder: Path) -> Path | None:
    """The checkpoint of that name, or its predecessor where a kill fell between the two moves."""
    for candidate in (folder, folder.with_name(folder.name + ".old")):
        if (candidate / "progress.json").exists():
            return candidate
    return None


def load_settings(folder: Path) -> TrainSettings:
    """The settings that a checkpoint was trained with."""
    return msgspec.json.decode((folder / "settings.json").read_bytes(), type=TrainSettings)


def load_model(folder: Path) -> Seq2SeqModel:
    """The model of a checkpoint, ready for evaluation on the CPU."""
    tensors = load_file(folder / "model.safetensors")
    num_source, num_target = (len(tensors[f"{side}.embedding.weight"]) for side in ("encoder", "decoder"))
    model = Seq2SeqModel(num_source, num_target, load_settings(folder).model)
    model.load_state_dict(tensors)
    return model.eval()


def resume(folder: Path, model: Seq2SeqModel, optimizer: torch.optim.Optimizer) -> Progress:
    """Loads weights and optimizer moments into the objects given and returns the progress."""
    model.load_state_dict(load_file(folder / "model.safetensors"))
    moments = load_file(folder / "optimizer.safetensors")
    for name, parameter in model.named_parameters():
        if f"exp_avg.{name}" in moments:
            optimizer.state[parameter] = {
                "step": moments["step"].to(parameter.device, copy=True),
                "exp_avg": moments[f"exp_avg.{name}"].to(parameter.device),
                "exp_avg_sq": moments[f"exp_avg_sq.{name}"].to(parameter.device),
            }
    return msgspec.json.decode((folder / "progress.json").read_bytes(), type=Progress)


def _moments(model: Seq2SeqModel, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    moments: dict[str, Any] = {}
    for name, parameter in model.named_parameters():
        state = optimizer.state.get(parameter)
        if state:
            moments |= {f"exp_avg.{name}": state["exp_avg"], f"exp_avg_sq.{name}": state["exp_avg_sq"]}
            moments["step"] = state["step"].detach().cpu()
    return _contiguous(moments)


def _contiguous(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
