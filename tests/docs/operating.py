"""The tables of `docs/operating.md` as rows of cells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

TEXT: Final = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
_CODE: Final = re.compile(r"`([^`]+)`")


def table(first: str) -> list[list[str]]:
    """The rows of the table whose head begins with the title `first`, without head and rule."""
    after = TEXT.split(f"\n| {first} |", 1)[1].splitlines()[2:]
    rows = after[: next(number for number, line in enumerate(after) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]


def codes(cell: str) -> list[str]:
    """What stands between back-ticks in a cell."""
    return _CODE.findall(cell)
