"""The golden check: a version that does not say what it said when it was made is not served.

A model folder may hold sentences with the tokens that they had then, and the greedy translations that
fp32 and int8 had in common. Only sentences are kept whose every choice was clear, so that the order of
a sum, another processor or half precision does not change one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from service.engine.folder import ModelFolder
from service.engine.manifest import Pieces
from service.engine.model import Integers, Seq2SeqModel
from service.engine.scheduler import BatchLimits

FORMAT = 1


class GoldenSentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence and its translation, as text and in tokens without EOS."""

    text: str
    source: tuple[int, ...]
    target: tuple[int, ...]
    translation: str


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a folder's golden file holds."""

    sentences: tuple[GoldenSentence, ...]
    format: int = FORMAT

    @classmethod
    def of(cls, folder: ModelFolder) -> Golden | None:
        """The golden sentences of a folder, or None where it has none; raises ModelFolderInvalid."""
        file = folder.manifest.golden
        if file is None:
            return None
        try:
            golden = msgspec.json.decode(folder.read(file), type=cls)
        except msgspec.DecodeError as error:
            raise folder.invalid(f"{file}: {error}") from error
        if golden.format != FORMAT or not golden.sentences:
            raise folder.invalid(f"{file} has no sentences, or is not of format {FORMAT}")
        return golden


def require_golden(model: Seq2SeqModel, folder: ModelFolder, limits: BatchLimits) -> None:
    """Raises ModelFolderInvalid where the model would not choose every token of every golden sentence."""
    golden = Golden.of(folder)
    if golden is None:
        return
    size = min(limits.max_rows, limits.max_encode)
    for start in range(0, len(golden.sentences), size):
        group = golden.sentences[start : start + size]
        try:
            is_same = _chooses(model, group, folder.manifest.pieces)
        except Exception as error:
            raise folder.invalid(f"a golden sentence failed: {type(error).__name__}: {error}") from error
        if not all(is_same):
            number = 1 + start + is_same.index(False)
            raise folder.invalid(f"golden sentence {number} is not translated as it was")


def _chooses(model: Seq2SeqModel, group: Sequence[GoldenSentence], pieces: Pieces) -> list[bool]:
    """For each sentence whether its target is what the model likes best, token by token, and then EOS."""
    is_same = np.ones(len(group), bool)  # [rows]
    state = model.encode([one.source for one in group])
    previous = np.full(len(group), pieces.bos, np.int64)  # [rows]
    for wanted, is_asked in _columns(group, pieces):
        step = model.step(state, previous, wanted)
        is_best = (step.top_tokens[:, 0] == wanted) & np.isfinite(step.wanted_scores)
        is_same &= is_best | ~is_asked
        state, previous = step.state, wanted
    model.keep(state, np.arange(0))  # the memory of these rows is free for others
    found: list[bool] = is_same.tolist()
    return found


def _columns(group: Sequence[GoldenSentence], pieces: Pieces) -> Iterator[tuple[Integers, np.ndarray]]:
    """Position by position the tokens [rows], EOS behind the last, and whose these still are [rows]."""
    for position in range(1 + max(len(one.target) for one in group)):
        tokens = [one.target[position] if position < len(one.target) else pieces.eos for one in group]
        yield np.array(tokens, np.int64), np.array([position <= len(one.target) for one in group])
