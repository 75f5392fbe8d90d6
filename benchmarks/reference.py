"""The right answers: each text translated with the graphs themselves, without any server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.peers.translation import Translator

_BATCH = 32


@dataclass(frozen=True, slots=True)
class Reference:
    """Translations of texts, and of how many tokens each is."""

    translations: dict[str, str]
    lengths: dict[str, int]

    def write_lengths(self, path: Path) -> None:
        """Writes a JSON file from text to number of tokens, for those who cannot know it."""
        path.write_bytes(msgspec.json.encode(self.lengths))


def translate_all(texts: Sequence[str], folder: Path, *, precision: str) -> Reference:
    """The reference for texts; what has no translation (nothing but EOS) is left out."""
    translator = Translator(folder, precision=precision)
    translations: dict[str, str] = {}
    lengths: dict[str, int] = {}
    for start in range(0, len(texts), _BATCH):
        batch = texts[start : start + _BATCH]
        for text, tokens in zip(batch, translator.target_tokens(batch), strict=True):
            if translated := translator.text_of(tokens):
                translations[text], lengths[text] = translated, len(tokens)
    return Reference(translations, lengths)
