"""Replaces what must survive translation unchanged by copy symbols: the same symbol on both sides."""

from __future__ import annotations

import random
import re
from collections import Counter

from service.engine.tokenizer import NUM_COPY_SYMBOLS, copy_symbol

# A template's holes: a pair whose two sides disagree about them is a wrong translation.
PLACEHOLDER = re.compile(
    r"\{\{[^{}]*\}\}|\{[^{}]*\}|\$\(\w+\)|\$\{\w+\}|\$\w+\$|\$\d+|%\(\w+\)[sd]|%\d*\$?[SsdiLf@](?![A-Za-z])|%[A-Z]{4,}|</?\w[^<>]*>"
)
# What people type that no model should spell anew: addresses, codes, numbers of three signs or more.
SHARED_SPAN = re.compile(
    r"https?://[!-~]*[\w/=&#%-]|[\w.+-]+@[\w-]+\.[\w.-]*\w|[A-Za-z]{1,6}[-#]?\d[A-Za-z0-9-]*|#\d+"
    r"|\d[\d,.:/-]*\d|\b[A-Z][A-Z0-9]{2,}\b",
    re.ASCII,
)


def placeholders_agree(first: str, second: str) -> bool:
    """Whether both sides hold the same placeholders, each as often."""
    return Counter(PLACEHOLDER.findall(first)) == Counter(PLACEHOLDER.findall(second))


def mask(first: str, second: str, *, rng: random.Random, share_of_spans: float) -> tuple[str, str]:
    """Both sides with placeholders masked always, and shared spans masked in `share_of_spans` of the pairs.

    The symbols are drawn at random without repetition, so that training meets all of them.
    A span is masked only where it stands on both sides equally often.
    """
    spans = _shared(PLACEHOLDER, first, second)
    if rng.random() < share_of_spans:
        spans += [span for span in _shared(SHARED_SPAN, first, second) if not _inside(span, spans)]
    symbols = rng.sample(range(NUM_COPY_SYMBOLS), min(len(spans), NUM_COPY_SYMBOLS))
    for span, index in zip(sorted(spans, key=len, reverse=True), symbols, strict=False):
        first = first.replace(span, copy_symbol(index))
        second = second.replace(span, copy_symbol(index))
    return first, second


def _shared(pattern: re.Pattern[str], first: str, second: str) -> list[str]:
    in_second = Counter(pattern.findall(second))
    in_first = Counter(pattern.findall(first))
    return [span for span, times in in_first.items() if in_second[span] == times]


def _inside(span: str, spans: list[str]) -> bool:
    return any(span in other for other in spans)
