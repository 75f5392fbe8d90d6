"""Text to pieces and back, with every piece's place in the text; training and serving share this file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sentencepiece
from msgspec import Struct

PAD, UNK, BOS, EOS = 0, 1, 2, 3
NUM_COPY_SYMBOLS = 32
COPY_IDS = range(EOS + 1, EOS + 1 + NUM_COPY_SYMBOLS)  # the same on both sides
_FIRST_COPY_CODE_POINT = 0xF0000  # Supplementary Private Use Area-A: no keyboard and no font produces it
_SPACE_SIGN = "▁"
_FIRST_CONTINUATION, _FIRST_LEADING = 0x80, 0xC0  # of the bytes of UTF-8
_NO_TEXT = "\ud800"  # stands in no text that is encoded


class Piece(Struct, frozen=True):
    """A sub-word. `start` and `end` are code points in the text it came from, or that it became."""

    id: int
    text: str
    start: int
    end: int


def copy_symbol(index: int) -> str:
    """The character that stands for the protected span number `index` (0 to 31) on both sides."""
    if not 0 <= index < NUM_COPY_SYMBOLS:
        raise ValueError(f"copy symbol {index} is outside 0..{NUM_COPY_SYMBOLS - 1}")
    return chr(_FIRST_COPY_CODE_POINT + index)


COPY_SYMBOLS = frozenset(map(copy_symbol, range(NUM_COPY_SYMBOLS)))


class Tokenizer:
    """A SentencePiece unigram model with byte fallback (Kudo and Richardson 2018, arXiv:1808.06226).

    No character is unknown: what is not in the vocabulary becomes its UTF-8 bytes.
    """

    def __init__(self, serialized_model: bytes) -> None:
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=serialized_model)
        self._texts = [self._text(piece) for piece in range(self.num_pieces)]

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        return cls(path.read_bytes())

    @property
    def num_pieces(self) -> int:
        return int(self._processor.get_piece_size())

    def byte_ids(self) -> list[int]:
        """The ids of the pieces that stand for a byte each."""
        return [piece for piece in range(self.num_pieces) if self._processor.is_byte(piece)]

    def encode(self, text: str) -> list[Piece]:
        """The pieces of a text, without BOS and EOS; the bytes of one character share its span.

        Raises ValueError for a text that UTF-8 cannot hold (lone surrogates).
        """
        quickly = self._quickly_placed(self.encode_ids(text), text)
        if quickly is not None:
            return quickly
        return self._placed(self._processor.encode(text, return_type="proto").pieces, text)

    def encode_ids(self, text: str) -> list[int]:
        """The ids of `encode`, faster where no span is needed; raises ValueError likewise."""
        text.encode()  # the library would replace a lone surrogate in silence
        ids: list[int] = self._processor.encode(text)
        return ids

    def encode_inside(self, text: str) -> list[int]:
        """The ids of a phrase as they stand inside a sentence; raises ValueError likewise.

        It follows a space where this language writes one between words, unless it begins with a copy
        symbol, which may follow anything.
        """
        anchor = copy_symbol(0)
        before = self.encode_ids(anchor)
        writes_spaces = self._processor.id_to_piece(before[0]).startswith(_SPACE_SIGN)
        is_symbol = text[:1] in map(copy_symbol, range(NUM_COPY_SYMBOLS))
        space = " " if writes_spaces and not is_symbol else ""
        return self.encode_ids(anchor + space + text)[len(before) :]

    def num_whole(self, ids: Sequence[int]) -> int:
        """How many of the ids are left without the bytes of a last character that is not complete."""
        for num_bytes, piece in enumerate(reversed(ids[-4:]), 1):
            byte = self._byte(piece)
            if byte is None or byte < _FIRST_CONTINUATION:
                break
            if byte >= _FIRST_LEADING:
                is_complete = num_bytes >= _num_bytes_led_by(byte)
                return len(ids) if is_complete else len(ids) - num_bytes
        return len(ids)

    def _byte(self, piece: int) -> int | None:
        """The byte that a piece stands for, as `<0xE4>` does."""
        return int(self._processor.id_to_piece(piece)[1:-1], 16) if self._processor.is_byte(piece) else None

    def decode_text(self, ids: Sequence[int]) -> str:
        """The text of `decode`, faster where no place is needed."""
        text: str = self._processor.decode(list(ids))
        return text.strip()

    def decode(self, ids: Sequence[int]) -> tuple[str, list[Piece]]:
        """The text of a list of ids without space around it, and the place of each piece in that text."""
        text: str = self._processor.decode(list(ids))
        pieces = self._quickly_placed(ids, text)
        if pieces is None:
            proto = self._processor.decode(list(ids), return_type="proto")
            pieces = self._placed(proto.pieces, text)
        stripped = text.strip()
        if len(stripped) == len(text):
            return text, pieces
        shift = len(text) - len(text.lstrip())
        return stripped, [_moved(piece, shift, len(stripped)) for piece in pieces]

    def _text(self, piece: int) -> str:
        """What a piece stands for in a text, by itself."""
        has_none = self._processor.is_byte(piece) or self._processor.is_control(piece)
        return _NO_TEXT if has_none else str(self._processor.id_to_piece(piece)).replace(_SPACE_SIGN, " ")

    def _quickly_placed(self, ids: Sequence[int], text: str) -> list[Piece] | None:
        """The pieces, where their texts one after another are the text, as they are nearly always.

        The library's own places cost five times as much. A space before the text may be the library's.
        """
        texts = [self._texts[piece] for piece in ids]
        joined = "".join(texts)
        if joined == text:
            at = 0
        elif joined[:1] == " " and joined[1:] == text:
            at = -1
        else:
            return None
        placed: list[Piece] = []
        for piece, own in zip(ids, texts, strict=True):
            end = at + len(own)
            place = _trimmed(text, max(at, 0), end) if own[:1].isspace() else (at, end)
            placed.append(Piece(piece, own, *place))
            at = end
        return placed

    def _placed(self, pieces: Sequence[Any], text: str) -> list[Piece]:
        code_points = _code_point_of_byte(text)
        placed: list[Piece] = []
        following = (0, 0)  # a character's bytes all get the span that its last byte reports
        for piece in reversed(pieces):
            start, end = _trimmed(text, code_points[piece.begin], code_points[piece.end])
            if start == end and self._processor.is_byte(piece.id):
                start, end = following
            following = (start, end)
            placed.append(Piece(piece.id, piece.piece.replace(_SPACE_SIGN, " "), start, end))
        placed.reverse()
        return placed


def _num_bytes_led_by(byte: int) -> int:
    """The length of a character in UTF-8, by its first byte."""
    return 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4


def _code_point_of_byte(text: str) -> list[int]:
    """For each UTF-8 byte offset of the text, its end included, the code point it belongs to."""
    if text.isascii():
        return list(range(len(text) + 1))
    offsets: list[int] = []
    for index, character in enumerate(text):
        offsets.extend([index] * len(character.encode()))
    return [*offsets, len(text)]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without the white space before it, so that it covers the word alone."""
    while start < end and text[start].isspace():
        start += 1
    return start, end


def _moved(piece: Piece, shift: int, length: int) -> Piece:
    """The piece's place after `shift` characters were taken from the front of its text, now `length` long."""
    start, end = (min(max(at - shift, 0), length) for at in (piece.start, piece.end))
    return Piece(piece.id, piece.text, start, end)
