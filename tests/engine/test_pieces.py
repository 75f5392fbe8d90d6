"""Pieces are counted without being placed, and placed as the tokenizer places them."""

from __future__ import annotations

from pathlib import Path

import pytest

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
]


@pytest.fixture(scope="module", params=["zh-en", "en-zh"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """The source tokenizer of a bundled model."""
    (version,) = (STORE / request.param).iterdir()
    return Tokenizer.load(version / "source.spm")


@pytest.mark.parametrize("text", TEXTS)
def test_the_fast_ways_give_what_the_placing_ones_do(tokenizer: Tokenizer, text: str) -> None:
    """The same ids of a text, and the same text of ids."""
    ids = tokenizer.encode_ids(text)
    assert ids == [piece.id for piece in tokenizer.encode(text)]
    assert tokenizer.decode_text(ids) == tokenizer.decode(ids)[0]


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
