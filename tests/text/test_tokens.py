"""Words out of sub-words."""

from __future__ import annotations

from service.engine.tokenizer import Piece
from service.text.masking import mask
from service.text.spans import find_spans
from service.text.tokens import Token, merge_words, place_tokens


def tokens_of(text: str, *pieces: str) -> tuple[Token, ...]:
    """Tokens laid over a text one after another; a piece that begins with a space covers the word alone."""
    tokens, position = [], 0
    for piece in pieces:
        start = position + len(piece) - len(piece.lstrip())
        position += len(piece)
        tokens.append(Token(piece, start, position))
    assert text == "".join(pieces)
    return tuple(tokens)


def test_english_words_end_at_white_space() -> None:
    """Sub-words and punctuation without space between them are one word."""
    text = "Hello, transla tion"
    words = merge_words(tokens_of(text, "Hel", "lo", ",", " trans", "la", " tion"), text)
    assert [(word.text, word.first, word.last) for word in words] == [
        ("Hello,", 0, 3),
        ("transla", 3, 5),
        ("tion", 5, 6),
    ]


def test_chinese_words_are_the_pieces_themselves() -> None:
    """Writing without spaces is merged no further; Latin letters inside it are."""
    text = "我要退货iPhone。"
    words = merge_words(tokens_of(text, "我要", "退货", "iP", "hone", "。"), text)
    assert [word.text for word in words] == ["我要", "退货", "iPhone。"]


def test_bytes_of_one_character_are_one_word() -> None:
    """Byte pieces share the span of their character and stay together."""
    tokens = (Token("<0xE9>", 0, 1), Token("<0xBE>", 0, 1), Token("<0x98>", 0, 1), Token("好", 1, 2))
    assert [(word.text, word.first, word.last) for word in merge_words(tokens, "龘好")] == [
        ("龘", 0, 3),
        ("好", 3, 4),
    ]


def test_tokens_without_extent_belong_to_a_word() -> None:
    """A lone word-begin sign covers nothing and joins what follows, or at the end what stands before."""
    tokens = (Token(" ", 0, 0), Token("你好", 0, 2), Token("吗", 2, 3), Token(" ", 3, 3))
    words = merge_words(tokens, "你好吗")
    assert [(word.text, word.first, word.last) for word in words] == [("你好", 0, 2), ("吗", 2, 4)]


def test_no_tokens_make_no_words() -> None:
    """An empty sentence has no words."""
    assert merge_words((), "") == ()


def test_places_are_moved_and_symbols_show_what_they_stand_for() -> None:
    """The places of what the model saw become those of the sentence."""
    sentence = "Hi ORD-77"
    masked = mask(sentence, find_spans(sentence), language="en")
    pieces = [Piece(7, " Hi", 0, 2), Piece(4, " " + masked.symbols[0], 3, 4)]
    tokens = place_tokens(pieces, masked.rewriting.to_old, sentence)
    assert tokens == (Token(" Hi", 0, 2), Token("ORD-77", 3, 9))
