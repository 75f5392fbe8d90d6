"""What a key looks like, and what is kept of it: `zhuyi_shop-1.` and 256 random bits, kept as SHA-256.

A slow hash would protect what people make up; these bits cannot be guessed, and each request is hashed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

IDENTITY_PATTERN: Final = r"[a-z0-9][a-z0-9-]{0,31}"
_NUM_BYTES: Final = 32
_KEY = re.compile(rf"zhuyi_({IDENTITY_PATTERN})\.[A-Za-z0-9_-]{{43}}", re.ASCII)


def new_key(identity: str) -> str:
    """A key that nobody has yet."""
    return f"zhuyi_{identity}.{secrets.token_urlsafe(_NUM_BYTES)}"


def identity_of(key: str) -> str | None:
    """The id that a key carries; None for what does not look like a key."""
    found = _KEY.fullmatch(key)
    return found.group(1) if found else None


def digest_of(key: str) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()
