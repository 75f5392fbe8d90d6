"""What can go wrong with glossaries; no error carries a term or a name.

ZhuyiError
├── BadRequest
│   ├── GlossaryNotFound    none of this identity, or none for this pair of languages
│   ├── InvalidEntries      a table of terms that cannot be read
│   └── GlossariesFull      more than may be kept
└── CannotStart
    └── GlossaryFileUnusable  the file is none of ours, or cannot be written
"""

from __future__ import annotations

from dataclasses import dataclass

from service.engine.errors import BadRequest, CannotStart


@dataclass(eq=False)
class GlossaryNotFound(BadRequest):
    """No such glossary, or no dictionary of it for a pair of languages; `what` says which."""

    what: str

    def __str__(self) -> str:
        return f"{self.what} not found"


@dataclass(eq=False)
class InvalidEntries(BadRequest):
    """The entries in `field` cannot be read; `line` counts from 1, and is 0 where it is about all of them."""

    field: str
    reason: str
    line: int = 0

    def __str__(self) -> str:
        where = f"line {self.line} of {self.field}" if self.line else self.field
        return f"{where} {self.reason}"


@dataclass(eq=False)
class GlossariesFull(BadRequest):
    """No room is left until glossaries are deleted; `limit` counts `unit`."""

    limit: int
    unit: str

    def __str__(self) -> str:
        return f"at most {self.limit} {self.unit} are kept; delete some first"


@dataclass(eq=False)
class GlossaryFileUnusable(CannotStart):
    """The file that glossaries should be kept in, and what stands in the way."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"glossary file {self.file} cannot be used: {self.reason}"
