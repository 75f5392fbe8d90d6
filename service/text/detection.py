"""Which of the served languages a text is written in: writing system first, then a byte n-gram model."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from service.text.characters import HAN, KANA, has_letters

MAX_CHARACTERS_READ: Final = 2000
"""More text than this tells nothing new and costs time."""

_SCRIPTS: Final = {
    "han": re.compile(f"[{HAN}]"),
    "kana": re.compile(f"[{KANA}]"),
    "latin": re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]"),
}
_WRITTEN_WITH: Final = {"zh": ("han",), "ja": ("kana", "han")}
_ELSE: Final = ("latin",)


@dataclass(frozen=True, slots=True)
class Detected:
    """A language code, and how sure that is among the languages asked about, 0 to 100."""

    language: str
    confidence: float


class LanguageDetector:
    """Uses the model that comes inside the py3langid package (BSD-3-Clause); needs about 100 MB."""

    def load(self) -> None:
        """Reads the model now, in about half a second; else the first detection does."""
        _ = self._identifier

    @cached_property
    def _identifier(self) -> LanguageIdentifier:
        return LanguageIdentifier.from_model_file(MODEL_FILE)

    def detect(self, text: str, languages: Collection[str]) -> Detected:
        """The likeliest of `languages` (at least one), sorted by code where nothing tells them apart.

        Confidence is 0 for a text without letters, and at most the share of the letters that are in the
        writing systems of the language: Russian among English and Chinese gets about 0.
        """
        candidates = sorted(languages)
        text = text[:MAX_CHARACTERS_READ]
        if not has_letters(text):
            return Detected(candidates[0], 0.0)
        shares = _script_shares(text)
        fitting = [code for code in candidates if _own_share(code, shares) > 0] or candidates
        probabilities = self._probabilities(text, fitting)
        best = int(np.argmax(probabilities))
        language = fitting[best]
        own_share = _own_share(language, shares)
        readable = own_share if language not in _WRITTEN_WITH else min(1.0, own_share + shares["latin"])
        return Detected(language, round(100.0 * float(probabilities[best]) * readable, 1))

    def _probabilities(self, text: str, languages: list[str]) -> NDArray[np.float64]:
        """Shares [len(languages)] that sum to 1; equal where the text is too short to tell."""
        scores = dict(self._identifier.rank(text))
        known = np.array([scores.get(code, min(scores.values())) for code in languages], dtype=np.float64)
        likelihoods = np.exp(known - known.max())
        probabilities: NDArray[np.float64] = likelihoods / likelihoods.sum()
        return probabilities


def _own_share(language: str, shares: dict[str, float]) -> float:
    return sum(shares[script] for script in _WRITTEN_WITH.get(language, _ELSE))


def _script_shares(text: str) -> dict[str, float]:
    """The share (0 to 1) of the letters of a text in each writing system; at least one letter is needed."""
    num_letters = sum(map(str.isalpha, text))
    return {name: len(letters.findall(text)) / num_letters for name, letters in _SCRIPTS.items()}
