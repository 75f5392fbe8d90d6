"""Request bodies as plain objects: strict UTF-8, strict JSON, within the time and the size allowed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request

from service.api.errors import (
    BodyTooSlow,
    ClientGone,
    FieldError,
    InvalidFields,
    MalformedBody,
    UnsupportedContent,
)

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_ONLY_JSON: Final = (_JSON,)
_JSON_OR_FORM: Final = (_JSON, _FORM)
_MAX_KNOWN_TYPES: Final = 64
_NUMBERS: Final = frozenset({"alternatives", "beam_size"})
_DECIMALS: Final = frozenset({"length_penalty", "coverage_penalty"})
_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_LISTS: Final = frozenset({"q", "include"})
_MAX_FORM_FIELDS: Final = 10_000


async def read_object(
    request: Request, *, timeout_seconds: float, allow_form: bool = False
) -> dict[str, Any]:
    """The fields of the body.

    JSON must be an object; NaN, lone surrogates and numbers beyond 64 bits are not JSON here.
    Raises UnsupportedContent, BodyTooSlow, ClientGone, MalformedBody and InvalidFields.
    """
    media_type = _media_type(request.headers, _JSON_OR_FORM if allow_form else _ONLY_JSON)
    try:
        async with asyncio.timeout(timeout_seconds):
            body = await _read(request)
    except TimeoutError:
        raise BodyTooSlow(timeout_seconds) from None
    return parse_form(body) if media_type == _FORM else parse_json(body)


async def _read(request: Request) -> bytes:
    """All of the body; raises ClientGone."""
    parts: list[bytes] = []
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object; where a key comes twice the last one counts."""
    try:
        body.decode()  # the parser below does not look into what it skips
        fields = msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise MalformedBody("is not UTF-8") from None
    except (msgspec.DecodeError, RecursionError):
        raise MalformedBody("is not JSON that can be read") from None
    if not isinstance(fields, dict):
        raise InvalidFields((FieldError("body", "must be a JSON object"),))
    return fields


def parse_form(body: bytes) -> dict[str, Any]:
    """A URL-encoded form as LibreTranslate clients send it; `q` may come several times."""
    try:
        pairs = parse_qs(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FORM_FIELDS
        )
    except ValueError:
        raise MalformedBody("is not a form in UTF-8") from None
    return {name: _form_value(name, values) for name, values in pairs.items()}


def _form_value(name: str, values: list[str]) -> Any:
    if name in _LISTS and (len(values) > 1 or name != "q"):
        return values
    if name in _DECIMALS and _DECIMAL.fullmatch(values[-1]):
        return float(values[-1])
    is_number = name in _NUMBERS and values[-1].isascii() and values[-1].isdigit() and len(values[-1]) < 10
    return int(values[-1]) if is_number else values[-1]


def _media_type(headers: Mapping[str, str], allowed: tuple[str, ...]) -> str:
    """The type of the body if it is read here: uncompressed UTF-8 of one of the `allowed` types."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedContent("Content-Encoding", "absent")
    media_type = _utf_8_type(headers.get("content-type", ""))
    if media_type not in allowed:
        raise UnsupportedContent("Content-Type", f"{' or '.join(allowed)} in UTF-8")
    return media_type


@lru_cache(_MAX_KNOWN_TYPES)
def _utf_8_type(content_type: str) -> str:
    """The media type that a Content-Type names; "" where there is none, or its charset is not UTF-8."""
    message = Message()
    message["content-type"] = content_type
    charset = (message.get_content_charset() or "utf-8").lower()
    return message.get_content_type() if content_type and charset in ("utf-8", "utf8") else ""
