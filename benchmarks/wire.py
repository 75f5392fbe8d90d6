"""How each server wants its requests and gives its answers: whole HTTP messages, ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

HOST = "127.0.0.1"


class _Answer(msgspec.Struct):
    translatedText: str | list[str]


_ANSWERS = msgspec.json.Decoder(_Answer)
_LISTS = msgspec.json.Decoder(list[str])


@dataclass(frozen=True, slots=True)
class Wire:
    """One way of asking. `fields` are sent with every text; `read` raises ValueError for a strange body."""

    read: Callable[[bytes], list[str]]
    fields: dict[str, object]
    always_list: bool = False

    def message(self, texts: Sequence[str], *, port: int, is_array: bool) -> bytes:
        """The bytes of a request."""
        q = list(texts) if is_array or self.always_list else texts[0]
        body = msgspec.json.encode({"q": q, **self.fields})
        head = (
            f"POST /translate HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def _read_answer(body: bytes) -> list[str]:
    text = _ANSWERS.decode(body).translatedText
    return [text] if isinstance(text, str) else text


def _read_stream(body: bytes) -> list[str]:
    """The answer is the data of the last event."""
    name, _, data = body.rstrip().rpartition(b"\ndata: ")
    if not name.endswith(b"event: translation.done"):
        raise ValueError("the stream does not end in its answer")
    return _read_answer(data)


LIBRETRANSLATE = Wire(_read_answer, {"source": "zh", "target": "en", "beam_size": 1})
EVIDENCE = Wire(_read_answer, {**LIBRETRANSLATE.fields, "include": ["alignment", "confidence", "warnings"]})
STREAM = Wire(_read_stream, {**LIBRETRANSLATE.fields, "stream": True})
LISTS = Wire(_LISTS.decode, {}, always_list=True)
