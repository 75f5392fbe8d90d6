"""What is asked of a server, and what a right answer is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Read = Callable[[bytes], list[str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A whole HTTP request; `expected` holds the right translations, None where any will do."""

    message: bytes
    expected: list[str] | None = None
    num_texts: int = 1
    label: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go; `read` takes the translations out of a body and raises ValueError if it cannot."""

    host: str
    port: int
    read: Read

    def fault(self, request: Request, status: int, body: bytes) -> str:
        """What is wrong with an answer, in a word or two; nothing for a right one."""
        if status != 200:
            return f"status {status}"
        try:
            texts = self.read(body)
        except ValueError:
            return "unreadable"
        if len(texts) != request.num_texts or not all(texts):
            return "empty"
        return "" if request.expected in (None, texts) else "different"
