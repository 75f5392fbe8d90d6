"""Sub-words with their places in a whole text, and the words that they make up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, overload

from msgspec import Struct

from service.engine.tokenizer import COPY_SYMBOLS, Piece
from service.text.characters import is_unspaced


class Placed(Protocol):
    """Whatever has a place in a text: half-open, in code points."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Token(Struct, frozen=True):
    """A sub-word as the reader is shown it; `start` and `end` are code points of the whole text."""

    text: str
    start: int
    end: int


class Word(Struct, frozen=True):
    """A word, or a single sub-word in writing without spaces; made of the tokens `first` to `last - 1`."""

    text: str
    start: int
    end: int
    first: int
    last: int


class LazyTokens(Sequence[Token]):
    """The tokens that `place` gives, `num_tokens` of them, looked for only when somebody wants to see one."""

    def __init__(self, num_tokens: int, place: Callable[[], Sequence[Token]]) -> None:
        self._num_tokens = num_tokens
        self._place = place

    def __len__(self) -> int:
        return self._num_tokens

    @overload
    def __getitem__(self, index: int) -> Token: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Token]: ...
    def __getitem__(self, index: int | slice) -> Token | Sequence[Token]:
        return self._place()[index]


def place_tokens(
    pieces: Sequence[Piece], move: Callable[[int, int], tuple[int, int]], text: str
) -> tuple[Token, ...]:
    """The pieces of what the model read or wrote as tokens of the sentence `text`.

    `move` leads from their places to those of `text`; a copy symbol shows what it stands for.
    """
    return tuple(_placed(piece, move(piece.start, piece.end), text) for piece in pieces)


def _placed(piece: Piece, place: tuple[int, int], text: str) -> Token:
    start, end = place
    is_copy = not COPY_SYMBOLS.isdisjoint(piece.text)
    return Token(text[start:end] if is_copy else piece.text, start, end)


def merge_words(tokens: Sequence[Placed], text: str) -> tuple[Word, ...]:
    """Every token in exactly one word, in order; `text` is the whole text that the tokens' places refer to.

    A word ends at white space; Han and kana tokens are words of their own.
    The bytes of one character, and tokens that cover nothing, join the word they stand in.
    """
    if not tokens:
        return ()
    firsts = list(_first_tokens(tokens, text))
    return tuple(
        _word(tokens, text, first, last)
        for first, last in zip(firsts, [*firsts[1:], len(tokens)], strict=True)
    )


def _first_tokens(tokens: Sequence[Placed], text: str) -> Iterator[int]:
    end = 0  # of the word so far
    is_empty = False  # nothing but tokens without extent so far
    for index, token in enumerate(tokens):
        if index == 0 or (not is_empty and _begins_word(token, end, text)):
            yield index
            is_empty, end = token.start == token.end, token.end
        else:
            is_empty, end = is_empty and token.start == token.end, max(end, token.end)


def _begins_word(token: Placed, end: int, text: str) -> bool:
    if token.start < end:
        return False  # shares a character with the token before
    if token.start > end and any(map(str.isspace, text[end : token.start])):
        return True
    if token.start == token.end:
        return False
    return is_unspaced(text[token.start]) or is_unspaced(text[end - 1 : end])


def _word(tokens: Sequence[Placed], text: str, first: int, last: int) -> Word:
    if last - first == 1:  # most words are one token
        token = tokens[first]
        return Word(text[token.start : token.end], token.start, token.end, first, last)
    visible = [token for token in tokens[first:last] if token.start < token.end] or tokens[first:last]
    start, end = min(token.start for token in visible), max(token.end for token in visible)
    return Word(text[start:end], start, end, first, last)
