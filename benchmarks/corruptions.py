"""Translations spoiled in one known way each, so that it can be counted which warnings see it.

Written without the code under test: other patterns and other lists than those of the warnings.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_CLAUSE = re.compile(r"[^,.;!?，。；！？]+[,.;!?，。；！？]*\s*")
_MIN_CLAUSE = {"en": 8, "zh": 4}  # characters
_DIGITS = re.compile(r"\d+")
_NUMBER_WORDS = {
    "en": "two three four five six seven eight nine ten eleven twelve twenty thirty fifty".split(),
    "zh": list("二三四五六七八九十"),
}
_NUMBER = {
    "en": re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS['en'])})\b"),
    "zh": re.compile(r"[二三四五六七八九十](?=[个天点年月号岁块元位次件小分])"),
}
_NEGATION = {
    "en": (
        ("won't", "will"),
        ("can't", "can"),
        ("cannot", "can"),
        ("n't", ""),
        (" not ", " "),
        (" never ", " "),
        (" no ", " "),
    ),
    "zh": (("无法", "可以"), ("没有", "有"), ("没", ""), ("不能", "能"), ("不", ""), ("别", "")),
}
_NO_NEGATION = re.compile(
    r"not only|no problem|no doubt|why not|not at all|不错|不但|不过|不仅|差不多|(.)[不没]\1|有没有"
    r"|对不起|不好意思|没问题|没关系|不客气|没事|特别|别人|别的|级别|[吗呢么]？?$"
    r"|n't (?:you|it|we|he|she|they)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A sentence with a translation that is spoiled, and the translation before."""

    source: str
    clean: str
    spoiled: str


Pair = tuple[str, str]
Spoil = Callable[[Sequence[Pair], str, random.Random], list[Spoiled]]


def clause_deleted(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    """One clause of several is gone; the target of one sentence of two, put together, likewise."""
    found = []
    for source, target in pairs:
        clauses = [one for one in _CLAUSE.findall(target) if len(one.strip()) >= _MIN_CLAUSE[language]]
        if len(clauses) > 1:
            found.append(Spoiled(source, target, target.replace(rng.choice(clauses), "", 1).strip()))
    return found + _sentence_deleted(pairs, language, rng)


def _sentence_deleted(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    between_source, between_target = ("", " ") if language == "en" else (" ", "")
    found = []
    for (source, target), (second, second_target) in zip(pairs, rng.sample(pairs, len(pairs)), strict=True):
        clean = target + between_target + second_target
        found.append(Spoiled(source + between_source + second, clean, rng.choice((target, second_target))))
    return found


def number_changed(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    """One number is another one: digits of the same length, or another word."""
    found = []
    for source, target in pairs:
        spots = [*_DIGITS.finditer(target), *_NUMBER[language].finditer(target)]
        if spots:
            spot = rng.choice(spots)
            other = _other_number(spot[0], language, rng)
            found.append(Spoiled(source, target, target[: spot.start()] + other + target[spot.end() :]))
    return found


def _other_number(number: str, language: str, rng: random.Random) -> str:
    other = number
    while other == number:
        if number.isdecimal():
            other = str(rng.randrange(10 ** (len(number) - 1), 10 ** len(number)))
        else:
            other = rng.choice(_NUMBER_WORDS[language])
    return other


def negation_dropped(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    """The only "not" is gone."""
    found = []
    for source, target in pairs:
        if _NO_NEGATION.search(source) or _NO_NEGATION.search(target):
            continue
        cue = next(((old, new) for old, new in _NEGATION[language] if old in target), None)
        if cue and sum(target.count(old) for old, _ in _NEGATION[language] if old not in cue[0]) <= 1:
            found.append(Spoiled(source, target, target.replace(*cue, 1)))
    return found


def loop_forced(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    """Two to five words (three to eight characters) stand there two to four times."""
    found = []
    for source, target in pairs:
        units = target.split(" ") if language == "en" else list(target)
        length = rng.randint(2, 5) if language == "en" else rng.randint(3, 8)
        if len(units) > length:
            first = rng.randrange(len(units) - length)
            looped = [*units[:first], *units[first : first + length] * rng.randint(2, 4)]
            joined = (" " if language == "en" else "").join([*looped, *units[first + length :]])
            found.append(Spoiled(source, target, joined))
    return found


def source_copied(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    """A clause of the source stands in the place of a clause of the target."""
    found = []
    for source, target in pairs:
        copied = rng.choice(_CLAUSE.findall(source) or [source]).strip(" ,.;!?，。；！？")
        replaced = rng.choice(_CLAUSE.findall(target) or [target])
        if len(copied) >= (4 if language == "en" else 12):
            found.append(Spoiled(source, target, target.replace(replaced, copied, 1)))
    return found


def unrelated(pairs: Sequence[Pair], language: str, rng: random.Random) -> list[Spoiled]:
    """The translation of another sentence that is as long."""
    ordered = sorted(pairs, key=lambda pair: len(pair[1]))
    shift = min(7, len(ordered) - 1)
    return [
        Spoiled(source, target, ordered[(place + shift) % len(ordered)][1])
        for place, (source, target) in enumerate(ordered)
    ]


SPOILS: dict[str, Spoil] = {
    "omission": clause_deleted,
    "number": number_changed,
    "negation": negation_dropped,
    "repetition": loop_forced,
    "untranslated": source_copied,
    "detached": unrelated,
}
"""The way to spoil a translation for each warning that should see it."""
