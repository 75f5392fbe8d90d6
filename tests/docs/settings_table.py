"""The table of all settings as `docs/operating.md` must have it."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from service.settings import Settings

HEAD = "| Variable | Default | Unit | Bounds | Meaning |\n|---|---|---|---|---|"


def settings_table() -> str:
    """Markdown with one line per setting, in the order of the class."""
    return "\n".join([HEAD, *(_line(name, field) for name, field in Settings.model_fields.items())])


def _line(name: str, field: FieldInfo) -> str:
    extra: dict[str, Any] = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default = extra.get("default_text") or f"`{field.default}`"
    cells = (
        f"`ZHUYI_{name.upper()}`",
        default,
        extra.get("unit", ""),
        _bounds(field),
        field.description or "",
    )
    return f"| {' | '.join(cells)} |"


def _bounds(field: FieldInfo) -> str:
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))
    least = next((bound.ge for bound in field.metadata if isinstance(bound, Ge)), None)
    most = next((bound.le for bound in field.metadata if isinstance(bound, Le)), None)
    return "" if least is None else f"{least} to {most}"
