"""A model folder translating in this process, with all that the service gets to see: attention, scores."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from service.engine.admission import QueueLimits
from service.engine.errors import TooLong
from service.engine.folder import ModelFolder
from service.engine.hosting import EngineSettings
from service.engine.in_process import InProcessEngines
from service.engine.text_model import TextModel
from service.engine.translation import Options, Translation
from service.engine.translator import Translator

BEAM_SIZE = 4
_UNBOUNDED = QueueLimits(sys.maxsize, sys.maxsize)


class Decoder:
    """Translates and scores with one model in the service's default precision; a context manager."""

    def __init__(self, folder: ModelFolder) -> None:
        self._pair = folder.manifest.source, folder.manifest.target
        self._text = TextModel(folder)
        engines = InProcessEngines.of([folder], EngineSettings())
        self._translator = Translator([folder], engines, limits=_UNBOUNDED)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Decoder:
        self._runner.run(self._translator.start())
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._translator.stop(grace_seconds=0))
        self._runner.close()

    def translate(self, sentences: Sequence[str]) -> list[Translation]:
        """The translations in the service's default search, with attention."""
        options = Options(BEAM_SIZE, with_attention=True)
        return self._runner.run(self._translator.translate(sentences, *self._pair, options))

    def fitting(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The pairs of which both sides are short enough for the model."""
        return [pair for pair in pairs if self._fits(*pair)]

    def force(self, pairs: Sequence[tuple[str, str]]) -> list[Translation]:
        """Given (sentence, translation) pairs as the model sees them."""
        return self._runner.run(self._translator.force(pairs, *self._pair))

    def _fits(self, source: str, target: str) -> bool:
        try:
            self._text.source_pieces(source, "source")
            self._text.target_pieces(target, "target")
        except TooLong:
            return False
        return True
