"""Requests as plain objects: strict UTF-8, strict JSON, within the time and the size allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import Request

from service.api.errors import (
    ApiError,
    BodyTooSlow,
    ClientGone,
    FieldError,
    InvalidFields,
    MalformedBody,
    UnsupportedContent,
)
from service.api.forms import FieldTypes, parse_form, parse_multipart, parse_query

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"
_ONLY_JSON: Final = (_JSON,)
_ANY: Final = (_JSON, _FORM, _MULTIPART)
_MAX_KNOWN_TYPES: Final = 64


class _Content(NamedTuple):
    """What a Content-Type names: a media type, "" where none is named or the charset is not UTF-8."""

    media_type: str
    boundary: str


_ABSENT: Final = _Content("", "")


async def read_object(request: Request, *, timeout_seconds: float) -> dict[str, Any]:
    """The fields of a body that must be a JSON object.

    NaN, lone surrogates and numbers beyond 64 bits are not JSON here.
    Raises UnsupportedContent, BodyTooSlow, ClientGone, MalformedBody and InvalidFields.
    """
    _content(request.headers, _ONLY_JSON)
    return parse_json(await _read(request, timeout_seconds))


async def read_bytes(request: Request, *, timeout_seconds: float) -> bytes:
    """The body as it is, whatever its type; raises the same but for what is about its content."""
    _require_identity(request.headers)
    return await _read(request, timeout_seconds)


async def read_array(request: Request, *, timeout_seconds: float) -> list[Any]:
    """The elements of a body that must be a JSON array; raises the same."""
    _content(request.headers, _ONLY_JSON)
    found = decode_json(await _read(request, timeout_seconds))
    if not isinstance(found, list):
        raise InvalidFields((FieldError("body", "must be a JSON array"),))
    return found


async def read_fields(request: Request, types: FieldTypes, *, timeout_seconds: float) -> dict[str, Any]:
    """The fields of a JSON object, a URL-encoded or multipart form, or of the query string.

    The query string counts for what the body leaves out; with it, or without a Content-Type, the body
    may be empty. `types` tells what forms and query strings cannot. Raises MalformedQuery and the same.
    """
    query = request.scope["query_string"]
    asked = parse_query(query, types) if query else {}
    content = _content(request.headers, _ANY, may_be_absent=True)
    body = await _read(request, timeout_seconds)
    if not body and (asked or content is _ABSENT):
        return asked
    if content is _ABSENT:
        raise UnsupportedContent("Content-Type", _expected(_ANY))
    return asked | _parse(body, content, types)


def fields_of(headers: Mapping[str, str], body: bytes) -> Mapping[str, Any]:
    """The fields of a body that was read, all of them texts where it is a form; none where it has none."""
    try:
        content = _content(headers, _ANY, may_be_absent=True)
        return {} if content is _ABSENT else _parse(body, content, FieldTypes())
    except ApiError:
        return {}


def _parse(body: bytes, content: _Content, types: FieldTypes) -> dict[str, Any]:
    if content.media_type == _FORM:
        return parse_form(body, types)
    if content.media_type == _MULTIPART:
        return parse_multipart(body, content.boundary, types)
    return parse_json(body)


async def _read(request: Request, timeout_seconds: float) -> bytes:
    """All of the body; raises BodyTooSlow, ClientGone."""
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(timeout_seconds):
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise BodyTooSlow(timeout_seconds) from None


def parse_json(body: bytes) -> dict[str, Any]:
    """A JSON object; where a key comes twice the last one counts."""
    fields = decode_json(body)
    if not isinstance(fields, dict):
        raise InvalidFields((FieldError("body", "must be a JSON object"),))
    return fields


def decode_json(body: bytes) -> Any:
    """Whatever JSON it is; raises MalformedBody."""
    try:
        body.decode()  # the parser below does not look into what it skips
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise MalformedBody("is not UTF-8") from None
    except (msgspec.DecodeError, RecursionError):
        raise MalformedBody("is not JSON that can be read") from None


def _content(
    headers: Mapping[str, str], allowed: tuple[str, ...], *, may_be_absent: bool = False
) -> _Content:
    """What the body is, if it is read here: uncompressed UTF-8 of one of the `allowed` types."""
    _require_identity(headers)
    written = headers.get("content-type", "")
    if not written and may_be_absent:
        return _ABSENT
    content = _utf_8_content(written)
    if content.media_type not in allowed:
        raise UnsupportedContent("Content-Type", _expected(allowed))
    return content


def _require_identity(headers: Mapping[str, str]) -> None:
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedContent("Content-Encoding", "absent")


def _expected(allowed: tuple[str, ...]) -> str:
    return f"{' or '.join(allowed)} in UTF-8"


@lru_cache(_MAX_KNOWN_TYPES)
def _utf_8_content(content_type: str) -> _Content:
    message = Message()
    message["content-type"] = content_type
    charset = (message.get_content_charset() or "utf-8").lower()
    if not content_type or charset not in ("utf-8", "utf8"):
        return _ABSENT
    return _Content(message.get_content_type(), message.get_boundary() or "")
