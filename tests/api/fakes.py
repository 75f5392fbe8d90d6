"""A translator without a model: it answers in capitals, or as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np

from service.engine.errors import UnknownVersion, UnsupportedPair
from service.engine.manifest import Limits, Manifest, Pieces
from service.engine.tokenizer import Piece
from service.engine.translation import Hypothesis, LoadedModelInfo, OnPartial, Options, Timings, Translation
from service.pipeline.units import Outcome, Unit, settled
from service.text.masking import mask

PAIRS = (("en", "zh"), ("zh", "en"))


def pieces_of(text: str) -> tuple[Piece, ...]:
    """A piece per character that is no white space."""
    return tuple(Piece(ord(one), one, at, at + 1) for at, one in enumerate(text) if not one.isspace())


def translation_of(sentence: str, target: str, source_language: str, options: Options) -> Translation:
    """A translation in which every target token looks at its own place, as far as there is one."""
    source, pieces = pieces_of(sentence), pieces_of(target)
    weights = np.zeros((len(pieces), len(source)), np.float32)
    for row in range(len(pieces)):
        weights[row, min(row, len(source) - 1)] = 1.0
    found = weights if options.with_attention else None
    logprobs = (*[-0.5] * len(pieces), -0.25)
    alternatives = tuple(
        Hypothesis(f"{target}{rank}", pieces, logprobs, -1.0 - rank, "eos", found)
        for rank in range(1, options.n_best)
    )
    name = "zh-en" if source_language == "zh" else "en-zh"
    return Translation(
        target, source, pieces, logprobs, -0.5, "eos", found, alternatives, name, "1", Timings()
    )


def outcome_of(translation: Translation) -> Outcome:
    """What the pipeline makes of a translation of a sentence without protected spans."""
    sentence = "".join(piece.text for piece in translation.source_tokens)
    found = settled(Unit(mask(sentence, (), language="zh")), translation)
    assert found is not None
    return found


def model_info(source: str, target: str, *, version: str = "1") -> LoadedModelInfo:
    """A model that runs on the CPU."""
    manifest = Manifest(
        name=f"{source}-{target}", version=version, source=source, target=target, licence="Apache-2.0",
        architecture="fake", num_parameters=0, pieces=Pieces(8, 8), limits=Limits(512, 512), state=(),
        files={},
    )  # fmt: skip
    return LoadedModelInfo(manifest, "0" * 64, "cpu", "cpu", "fp32", 0.0)


@dataclass
class ScriptedTranslator:
    """Fails with `error` where there is one; with `is_stuck` it never answers, and notes who gave up."""

    error: Exception | None = None
    is_stuck: bool = False
    is_ready: bool = True
    calls: list[tuple[list[str], str, str, Options, float | None]] = field(default_factory=list)
    num_cancelled: int = 0
    is_called: asyncio.Event = field(default_factory=asyncio.Event)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        return PAIRS

    def languages(self) -> tuple[str, ...]:
        return ("en", "zh")

    def models(self) -> tuple[LoadedModelInfo, ...]:
        return tuple(model_info(*pair) for pair in PAIRS)

    def served(self) -> tuple[LoadedModelInfo, ...]:
        return self.models()

    def lease(self) -> nullcontext[None]:
        return nullcontext()

    def insist(self, name: str, version: str) -> None:
        if (name, version) not in [(one.name, one.version) for one in self.models()]:
            raise UnknownVersion(name, version)

    def model_for(self, source: str, target: str) -> LoadedModelInfo:
        if (source, target) not in PAIRS:
            raise UnsupportedPair(source, target, PAIRS)
        return model_info(source, target)

    def count_source_tokens(self, text: str, source: str, target: str) -> int:
        return len(pieces_of(text))

    async def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        options: Options | None = None,
        *,
        deadline: float | None = None,
        required: Sequence[Sequence[str]] = (),
        on_partial: OnPartial | None = None,
    ) -> list[Translation]:
        options = options or Options()
        await self._note(list(sentences), source, target, options, deadline)
        return [translation_of(one, one.upper(), source, options) for one in sentences]

    async def force(
        self,
        pairs_of_sentences: Sequence[tuple[str, str]],
        source: str,
        target: str,
        options: Options | None = None,
        *,
        deadline: float | None = None,
    ) -> list[Translation]:
        options = Options(with_attention=True)
        await self._note([one for one, _ in pairs_of_sentences], source, target, options, deadline)
        return [translation_of(one, given, source, options) for one, given in pairs_of_sentences]

    async def _note(
        self, sentences: list[str], source: str, target: str, options: Options, deadline: float | None
    ) -> None:
        self.calls.append((sentences, source, target, options, deadline))
        self.is_called.set()
        if self.error:
            raise self.error
        if self.is_stuck:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.num_cancelled += 1
                raise
