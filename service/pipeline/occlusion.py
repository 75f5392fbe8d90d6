"""Which source words a translation depends on: each is left out in turn, and the translation scored again.

Occlusion as in Zeiler and Fergus (2014, "Visualizing and Understanding Convolutional Networks", section 4)
and, for words, Li, Monroe and Jurafsky (2016, arXiv:1612.08220): unlike attention it is an experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from service.engine.errors import TooLong
from service.engine.translation import Translation
from service.pipeline.items import Item, Sentence
from service.pipeline.ports import Translating
from service.pipeline.settling import Direction
from service.pipeline.wording import Wording
from service.text.tokens import Word, merge_words, place_tokens

MAX_OCCLUDED_WORDS: Final = 300
"""Of one request: each costs as much as translating its sentence greedily."""
_GROUP: Final = 32
_NOTHING: Final = "."
"""What stands for a sentence whose only word was left out."""
OnProgress = Callable[[int, int], None]
"""Hears how many of how many words have been left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Occlusion:
    """`drops` [target words, source words]: by how much the log-probability (natural) of a target word falls
    when a source word is left out; below 0 where the target word becomes likelier. Places of the words
    are those of the sentence and of its translation.
    """

    source_words: tuple[Word, ...]
    target_words: tuple[Word, ...]
    drops: NDArray[np.float64]


async def occlude(
    items: Sequence[Item],
    direction_from: Callable[[str], Direction],
    translator: Translating,
    *,
    field: Callable[[int], str],
    on_progress: OnProgress = lambda done, total: None,
) -> list[list[Occlusion]]:
    """For each item the occlusions of its sentences, as far as they have a translation.

    `direction_from` gives the direction of an item by its source language. Raises TooLong about
    `field(number of the item)` beyond MAX_OCCLUDED_WORDS in all, and as the translator.
    """
    told = [(number, one) for number, item in enumerate(items) for one in translated_sentences(item)]
    wordings = [Wording.of(sentence) for _, sentence in told]
    total = 0
    for (number, _), wording in zip(told, wordings, strict=True):
        total += len(wording.source_words)
        if total > MAX_OCCLUDED_WORDS:
            raise TooLong(field(number), MAX_OCCLUDED_WORDS, total, "words to leave out")
    found: list[list[Occlusion]] = [[] for _ in items]
    done = 0
    for (number, sentence), wording in zip(told, wordings, strict=True):

        def progressed(words: int, before: int = done) -> None:
            on_progress(before + words, total)

        direction = direction_from(items[number].source)
        found[number].append(await _occluded(sentence, wording, direction, translator, progressed))
        done += len(wording.source_words)
    return found


def translated_sentences(item: Item) -> list[Sentence]:
    """The sentences of an item whose translation stands in its text."""
    return [] if item.is_unsure else [one for one in item.sentences if one.fate != "source_kept"]


async def _occluded(
    sentence: Sentence,
    wording: Wording,
    direction: Direction,
    translator: Translating,
    progressed: Callable[[int], None],
) -> Occlusion:
    target = sentence.best.hypothesis.text
    sources = [sentence.masked.text, *(_without(word, sentence) for word in wording.source_words)]
    scored: list[Translation] = []
    for first in range(0, len(sources), _GROUP):
        pairs = [(source, target) for source in sources[first : first + _GROUP]]
        scored += await translator.force(
            pairs, direction.source, direction.target, direction.options, deadline=direction.deadline
        )
        progressed(min(len(scored), len(sources) - 1))
    whole, *others = scored
    best = sentence.best
    words = merge_words(place_tokens(whole.target_tokens, best.to_text, best.text), best.text)
    full = _by_word(whole, words)  # [target words]
    drops = np.array([full - _by_word(one, words) for one in others]).reshape(len(others), len(words))
    return Occlusion(wording.source_words, words, drops.T)


def _without(word: Word, sentence: Sentence) -> str:
    """What the model reads once the word is gone."""
    start, end = sentence.masked.rewriting.to_new(word.start, word.end)
    text = sentence.masked.text
    left = f"{text[:start].rstrip()} {text[end:].lstrip()}" if text[start - 1 : start] == " " else None
    return (left if left is not None else text[:start] + text[end:]).strip() or _NOTHING


def _by_word(translation: Translation, words: Sequence[Word]) -> NDArray[np.float64]:
    """The log-probability of each target word, [target words]."""
    logprobs = np.array(translation.logprobs[: len(translation.target_tokens)], np.float64)  # [T]
    return np.add.reduceat(logprobs, [word.first for word in words]) if words else np.zeros(0)
