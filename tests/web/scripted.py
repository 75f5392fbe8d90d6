"""Scripted answers by the contract of the API: a translation is its source in capitals, word by word.

Words are what stands between spaces. A source word with a question mark is translated in doubt, and
each number in the source gets a warning.
"""

from __future__ import annotations

import re
from typing import Any

Place = dict[str, Any]


def translation_of(text: str) -> str:
    """Capitals."""
    return text.upper()


def places_of(text: str) -> list[Place]:
    """The words and their places in code points."""
    return [
        {"text": one.group(), "start": one.start(), "end": one.end()} for one in re.finditer(r"\S+", text)
    ]


def links_of(source: str, target: str) -> list[dict[str, Any]]:
    """One link per pair of words."""
    pairs = zip(places_of(source), places_of(target), strict=False)
    return [{"src": _span(left), "tgt": _span(right), "p": 0.9} for left, right in pairs]


def details_of(source: str, target: str) -> dict[str, Any]:
    """All that `include` can ask for."""
    words = [
        {"start": one["start"], "end": one["end"], "confidence": _confidence(one)}
        for one in places_of(target)
    ]
    return {
        "text": target, "source": "en", "model": {"name": "en-zh", "version": "2"}, "finish_reasons": ["eos"],
        "alignment": links_of(source, target), "words": words,
        "confidence": min([one["confidence"] for one in words], default=None),
        "warnings": _warnings(source), "protected": _protected(source, target),
    }  # fmt: skip


def score_of(source: str, target: str) -> dict[str, Any]:
    """The answer of `POST /score`."""
    details = details_of(source, target)
    answer = {name: details[name] for name in ("confidence", "words", "warnings")}
    return answer | {"segments": [{"alignment": details["alignment"]}], "logprob": -1.0}


def attention_of(source: str, target: str, method: str | None) -> dict[str, Any]:
    """The answer of `POST /attention-weights`; attention is on the word itself, drops on the one after it."""
    columns, rows = places_of(source), places_of(target)
    weights = [[float(row == column) for column in range(len(columns))] for row in range(len(rows))]
    segment: dict[str, Any] = {"words": {"source": columns, "target": rows, "weights": weights}}
    segment["alignment"] = links_of(source, target)
    if method == "occlusion":
        drops = [
            [2.5 if (row + 1) % len(columns) == column else -0.1 for column in range(len(columns))]
            for row in range(len(rows))
        ]
        segment["occlusion"] = {"source": columns, "target": rows, "drops": drops}
    return {"translatedText": target, "segments": [segment]}


def _span(place: Place) -> list[int]:
    return [place["start"], place["end"]]


def _confidence(place: Place) -> float:
    return 0.25 if "?" in place["text"] else 0.95


def _warnings(source: str) -> list[dict[str, Any]]:
    numbers = [[one.start(), one.end()] for one in re.finditer(r"\d+", source)]
    if not numbers:
        return []
    return [
        {
            "type": "number",
            "severity": "warning",
            "message": "A number differs.",
            "source_spans": numbers,
            "target_spans": [],
        }
    ]


def _protected(source: str, target: str) -> list[dict[str, Any]]:
    found = [(one.group(), one.span()) for one in re.finditer(r"[A-Z]\d+", source)]
    return [
        {"text": text, "src": list(span), "tgt": [target.find(text), target.find(text) + len(text)]}
        for text, span in found
    ]
