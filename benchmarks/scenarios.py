"""What is sent: realistic lengths, short texts only, one long text among short ones, arrays of texts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

_NUM_SHORT_PER_LONG = 15
_ARRAY_LENGTH = 32
_LONGEST = 80  # characters; few chat messages are longer


@dataclass(frozen=True, slots=True)
class Question:
    """The texts of one request; a list even where it is one."""

    texts: list[str]
    label: str = ""
    is_array: bool = False


def realistic(texts: Sequence[str]) -> Iterator[Question]:
    """All texts but the few that are as long as a paragraph, again and again."""
    return _single(text for text in texts if len(text) <= _LONGEST)


def short(texts: Sequence[str]) -> Iterator[Question]:
    """The shorter half of the texts."""
    limit = sorted(map(len, texts))[len(texts) // 2]
    return _single(text for text in texts if len(text) <= limit)


def one_long(texts: Sequence[str]) -> Iterator[Question]:
    """Of 16 requests one has the longest text; the latencies of the 15 short ones are what matters."""
    longest = max(texts, key=len)
    return _mixed(short(texts), longest)


def _mixed(shorts: Iterator[Question], longest: str) -> Iterator[Question]:
    while True:
        for question in itertools.islice(shorts, _NUM_SHORT_PER_LONG):
            yield Question(question.texts, "short")
        yield Question([longest], "long")


def _single(texts: Iterable[str]) -> Iterator[Question]:
    return (Question([text]) for text in itertools.cycle(texts))


def arrays(texts: Sequence[str]) -> Iterator[Question]:
    """Requests of 32 texts."""
    stream = realistic(texts)
    while True:
        together = itertools.islice(stream, _ARRAY_LENGTH)
        yield Question([text for question in together for text in question.texts], is_array=True)


SCENARIOS: dict[str, Callable[[Sequence[str]], Iterator[Question]]] = {
    "realistic": realistic,
    "short": short,
    "one-long": one_long,
    "arrays": arrays,
}
