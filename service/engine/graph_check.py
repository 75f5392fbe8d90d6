"""Checks that two graphs fit each other and the manifest, by name, type and size, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from service.engine.device import Session
from service.engine.folder import ModelFolder
from service.engine.slots import Form

_ENCODER_INPUTS = {"source", "source_lengths"}
_STEP_INPUTS = {"previous", "wanted"}
_STEP_OUTPUTS = {"top_scores", "top_tokens", "wanted_scores", "attention"}

SHORTLIST_INPUTS = ("shortlist", "columns", "scale", "bias")  # [rows, size]

DTYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}

# What one tensor looks like: its element type, and for each axis its size or None where it may vary.
_Form = tuple[str, tuple[int | None, ...]]


def check_graphs(folder: ModelFolder, encoder: Session, step: Session) -> None:
    """Raises ModelFolderInvalid that names what does not fit."""
    state = {one.name for one in folder.manifest.state}
    made = _forms(encoder.get_outputs())
    fed = _forms(step.get_inputs())
    answered = _forms(step.get_outputs())
    _require(folder, "the encoder's inputs", set(_forms(encoder.get_inputs())), _ENCODER_INPUTS)
    _require(folder, "the encoder's outputs", set(made), state)
    _require(folder, "the step's inputs", set(fed), state | _STEP_INPUTS)
    moved = {name for name in state if f"next_{name}" in answered}
    _require(folder, "the step's outputs", set(answered), _STEP_OUTPUTS | {f"next_{name}" for name in moved})
    for name in sorted(state):
        _require_same(folder, name, made[name], fed[name])
    for name in sorted(moved):
        _require_same(folder, f"next_{name}", fed[name], answered[f"next_{name}"])


def check_short_step(folder: ModelFolder, step: Session, short_step: Session) -> None:
    """Raises ModelFolderInvalid where a step with shortlists does not go with the whole step."""
    inputs, outputs = _forms(step.get_inputs()), _forms(step.get_outputs())
    expected = set(inputs) - {"wanted"} | {*SHORTLIST_INPUTS, "weight"}
    fed, answered = _forms(short_step.get_inputs()), _forms(short_step.get_outputs())
    _require(folder, "the shortlist step's inputs", set(fed), expected)
    _require(folder, "the shortlist step's outputs", set(answered), set(outputs) - {"wanted_scores"})
    for name in sorted(set(inputs) & set(fed)):
        _require_same(folder, name, inputs[name], fed[name])


def forms_of_state(folder: ModelFolder, encoder: Session, step: Session) -> dict[str, Form]:
    """How each state tensor is held; raises ModelFolderInvalid for a state that grows with every step."""
    made = _forms(encoder.get_outputs())
    answered = _forms(step.get_outputs())
    forms: dict[str, Form] = {}
    for one in folder.manifest.state:
        kind, sizes = made[one.name]
        is_ragged, is_renewed = one.ragged_axis is not None, f"next_{one.name}" in answered
        fixed = sizes[2:] if is_ragged else sizes[1:]
        if one.ragged_axis not in (None, 1) or (is_ragged and is_renewed) or None in fixed:
            raise folder.invalid(f"{one.name} is not of a state that keeps its size")
        whole = tuple(size for size in fixed if size is not None)
        forms[one.name] = Form(np.dtype(DTYPES[kind]), whole, is_ragged, is_renewed)
    return forms


def _require(folder: ModelFolder, what: str, found: set[str], expected: set[str]) -> None:
    if found != expected:
        differing = ", ".join(sorted(found ^ expected))
        raise folder.invalid(f"{what} are not those of the manifest: {differing}")


def _require_same(folder: ModelFolder, name: str, left: _Form, right: _Form) -> None:
    same_sizes = all(a == b for a, b in zip(left[1], right[1], strict=False) if None not in (a, b))
    if left[0] != right[0] or len(left[1]) != len(right[1]) or not same_sizes:
        raise folder.invalid(f"the graphs disagree about {name}: {left} and {right}")


def _forms(arguments: Sequence[Any]) -> dict[str, _Form]:
    forms: dict[str, _Form] = {}
    for one in arguments:
        sizes = tuple(size if isinstance(size, int) else None for size in one.shape)
        forms[one.name] = (one.type, sizes)
    return forms
