"""What OpenNMT's routes answer, for the documentation and the tests."""

from __future__ import annotations

from typing import Any

from service.api.answers import Answer


class OpenNmtHypothesis(Answer):
    """One input's translation of one rank; lists have an element per sentence."""

    src: str
    tgt: str
    n_best: int
    pred_score: float
    align: list[str]
    align_score: list[str]
    src_words: list[list[str]]
    tgt_words: list[list[str]]


class OpenNmtModel(Answer):
    """A model by its number."""

    model_id: int
    opt: dict[str, Any]
    models: list[str]
    loaded: bool
    timeout: int


class OpenNmtError(Answer):
    """An error, with status 200."""

    error: str
    status: str


class OpenNmtUnchanged(OpenNmtError):
    """A model that stays as it is."""

    model_id: int
