"""`zhuyi keys new`: a key that is shown once, and the line of the key file that knows it by its digest."""

from __future__ import annotations

import argparse
from typing import Any, TextIO

import msgspec

from service.api.errors import KeyFileInvalid
from service.api.keys.lines import KeyLine
from service.api.keys.secret import digest_of, new_key

_OPTIONAL = ("expires", "requests_per_minute", "characters_per_minute", "characters_per_month")


def print_new_key(options: argparse.Namespace, lines: TextIO, messages: TextIO) -> int:
    """Writes the line to `lines`, the key to `messages`; raises KeyFileInvalid for options out of bounds."""
    key = new_key(options.id)
    fields: dict[str, Any] = {"id": options.id, "sha256": digest_of(key), "scopes": options.scopes}
    given = {name: getattr(options, name) for name in _OPTIONAL}
    fields |= {name: value for name, value in given.items() if value is not None}
    try:
        line = msgspec.convert(fields, KeyLine)
    except msgspec.ValidationError as error:
        raise KeyFileInvalid("line", str(error)) from None
    print(line.written(), file=lines)
    print(f"The key, shown this once: {key}", file=messages)
    return 0
