"""Alignment error rate (Och and Ney 2003, section 3.4) of the attention against links that people drew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from service.engine.tokenizer import Piece, Tokenizer
from training.decode import force
from training.model import Seq2SeqModel

Links = frozenset[tuple[int, int]]
OFFSETS = (-1, 0, 1)
_BRACKETS = {"-LRB-": "(", "-RRB-": ")"}


@dataclass(frozen=True)
class GoldSentence:
    """Words of both sides and links between their indices; sure links are possible ones, too."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    sure: Links
    possible: Links

    def flipped(self) -> GoldSentence:
        """The same sentence in the other direction."""
        sure, possible = (
            frozenset((second, first) for first, second in links) for links in (self.sure, self.possible)
        )
        return GoldSentence(self.target, self.source, sure, possible)


def read_gold(folder: Path) -> list[GoldSentence]:
    """`train.zh`, `train.en`, `train.align` (0-based `zh-en` pairs, `-P` marks the merely possible)."""
    files = (folder / f"train.{suffix}" for suffix in ("zh", "en", "align"))
    lines = zip(*(file.read_text(encoding="utf-8").splitlines() for file in files), strict=True)
    return [_gold(zh.split(), en.split(), links.split()) for zh, en, links in lines]


def _gold(zh: list[str], en: list[str], links: list[str]) -> GoldSentence:
    pairs = {
        (int(first), int(second)): not marks for first, second, *marks in (link.split("-") for link in links)
    }
    sure = frozenset(link for link, is_sure in pairs.items() if is_sure)
    return GoldSentence(tuple(zh), tuple(_BRACKETS.get(word, word) for word in en), sure, frozenset(pairs))


def alignment_errors(
    model: Seq2SeqModel, source: Tokenizer, target: Tokenizer, sentences: Sequence[GoldSentence]
) -> dict[str, float]:
    """AER in percent by offset: at +1 a target piece is linked by the attention of the position after it."""
    found = [_links(model, source, target, sentence) for sentence in sentences]
    return {
        f"{offset:+d}" if offset else "0": round(
            100 * error_rate([links[offset] for links in found], sentences), 2
        )
        for offset in OFFSETS
    }


def _links(
    model: Seq2SeqModel, source: Tokenizer, target: Tokenizer, sentence: GoldSentence
) -> dict[int, Links]:
    """The links that the attention draws, by offset.

    A target piece is linked to the source piece of the largest weight; pieces stand for the words they touch.
    """
    source_text, source_words = _joined(sentence.source)
    target_text, target_words = _joined(sentence.target)
    source_pieces, target_pieces = source.encode(source_text), target.encode(target_text)
    _, weights = force(model, [piece.id for piece in source_pieces], [piece.id for piece in target_pieces])
    best = weights.argmax(dim=1).tolist()  # [T + 1]
    return {
        offset: frozenset(
            (first, second)
            for position, piece in enumerate(target_pieces)
            if 0 <= position + offset < len(best)
            for first in _words_of(source_pieces[best[position + offset]], source_words)
            for second in _words_of(piece, target_words)
        )
        for offset in OFFSETS
    }


def error_rate(found: Sequence[Links], sentences: Sequence[GoldSentence]) -> float:
    """1 - (|A ∩ S| + |A ∩ P|) / (|A| + |S|), summed over all sentences."""
    hits = sum(
        len(links & gold.sure) + len(links & gold.possible)
        for links, gold in zip(found, sentences, strict=True)
    )
    total = sum(len(links) + len(gold.sure) for links, gold in zip(found, sentences, strict=True))
    return 1 - hits / total


def _joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text as people write it, and each word's span; spaces stand only between ASCII words."""
    text, spans = "", []
    for previous, word in pairwise(["", *words]):
        if previous and _are_apart(previous, word):
            text += " "
        spans.append((len(text), len(text) + len(word)))
        text += word
    return text, spans


def _are_apart(previous: str, word: str) -> bool:
    return previous[-1].isascii() and word[0].isascii() and previous != "(" and word not in ".,;:?!)'"


def _words_of(piece: Piece, words: Sequence[tuple[int, int]]) -> list[int]:
    return [index for index, (start, end) in enumerate(words) if piece.start < end and start < piece.end]
