"""Pieces are counted without being placed, and placed as the tokenizer places them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sentencepiece import SentencePieceProcessor

from service.engine.pieces import Pieces
from service.engine.tokenizer import Piece, Tokenizer

STORE = Path(__file__).parents[2] / "model_store"
TEXTS = [
    "",
    " ",
    "Hello, world!",
    "  我想订一个房间。 ",
    "订单 AB-1234，🙂 谢谢",
    "a\tb",
    "ｆｕｌｌ　ｗｉｄｔｈ",
    "it’s  ▁ <s> <0xE4> 龘é😀",
    "\U000f0000 and \U000f0001\n",
]


@cache
def source_tokenizer(name: str) -> Tokenizer:
    """That of a bundled model."""
    (version,) = (STORE / name).iterdir()
    return Tokenizer.load(version / "source.spm")


@pytest.fixture(scope="module", params=["zh-en", "en-zh"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """The source tokenizer of a bundled model."""
    return source_tokenizer(request.param)


@pytest.mark.parametrize("text", TEXTS)
def test_the_fast_ways_give_what_the_placing_ones_do(tokenizer: Tokenizer, text: str) -> None:
    """The same ids of a text, and the same text of ids."""
    ids = tokenizer.encode_ids(text)
    assert ids == [piece.id for piece in tokenizer.encode(text)]
    assert tokenizer.decode_text(ids) == tokenizer.decode(ids)[0]


@cache
def library(name: str) -> SentencePieceProcessor:
    """The library itself with that tokenizer's model."""
    (version,) = (STORE / name).iterdir()
    return SentencePieceProcessor(model_file=str(version / "source.spm"))


def places_by_the_library(processor: SentencePieceProcessor, text: str) -> list[tuple[int, int, int]]:
    """Ids and places that SentencePiece tells in bytes of UTF-8, without the space before a word.

    Pieces of a character's bytes are left out: the library gives its place to the last of them alone.
    """
    content, found = text.encode(), []
    for piece in processor.encode(text, return_type="proto").pieces:
        before, own = content[: piece.begin].decode(), content[piece.begin : piece.end].decode()
        start = len(before) + len(own) - len(own.lstrip())
        if not processor.is_byte(piece.id):
            found.append((piece.id, start, len(before) + len(own)))
    return found


@given(
    st.text(st.sampled_from("abc XY,.'’ｘ１ 你好，。▁😀é\t\u3000\U000f0000") | st.characters(codec="utf-8"))
)
@example("")
@example(" a")
def test_places_are_those_that_the_library_tells(text: str) -> None:
    """Whether pieces can be placed by their own texts or not."""
    for name in ("zh-en", "en-zh"):
        placed = [(one.id, one.start, one.end) for one in source_tokenizer(name).encode(text)]
        without_bytes = [one for one in placed if not library(name).is_byte(one[0])]
        assert without_bytes == places_by_the_library(library(name), text)


@pytest.mark.parametrize("text", TEXTS)
def test_places_of_a_translation_lie_in_its_text(tokenizer: Tokenizer, text: str) -> None:
    """Every piece that says anything is what stands in its place."""
    found, pieces = tokenizer.decode(tokenizer.encode_ids(text))
    assert found == tokenizer.decode_text(tokenizer.encode_ids(text))
    for piece in pieces:
        if piece.text.strip() and not piece.text.startswith("<0x"):
            assert found[piece.start : piece.end] == piece.text.strip()


def test_a_lone_surrogate_is_refused_by_both(tokenizer: Tokenizer) -> None:
    """The library would replace it in silence."""
    for encode in (tokenizer.encode, tokenizer.encode_ids):
        with pytest.raises(ValueError, match="surrogates"):
            encode("a\ud800")


def test_places_are_looked_for_once_and_only_when_needed() -> None:
    """Counting and asking for ids is not looking."""
    calls: list[int] = []

    def place() -> list[Piece]:
        calls.append(1)
        return [Piece(5, "a", 0, 1), Piece(6, "b", 1, 2)]

    pieces = Pieces([5, 6], place)
    assert (len(pieces), pieces.ids, calls) == (2, (5, 6), [])
    assert [piece.text for piece in pieces] == ["a", "b"]
    assert pieces[1].start == 1
    assert len(calls) == 1
