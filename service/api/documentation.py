"""`GET /docs`: the OpenAPI description as a page that loads nothing from anywhere and runs no script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

_STYLE: Final = """
body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
pre{background:#f4f4f4;padding:.7rem;overflow:auto}code{font-size:.9em}
h2 b{background:#08306b;color:#fff;padding:.1rem .5rem;border-radius:.3rem;font-size:.8em}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}pre{background:#262626}a{color:#8bf}}
"""
_POLICY: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


class DocumentationRoute:
    """Renders the description when it is asked for."""

    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        self._describe = describe

    async def page(self, _: Request) -> Response:
        """The page."""
        return Response(render_page(self._describe()), media_type="text/html", headers=_POLICY)


def render_page(description: dict[str, Any]) -> str:
    """An HTML page from an OpenAPI document."""
    title = escape(description["info"]["title"])
    schemas = description.get("components", {}).get("schemas", {})
    body = "".join(
        _operation(method, path, operation, schemas)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title} {escape(description['info']['version'])}</h1>"
        f"<p>{escape(description['info'].get('description', ''))}</p>"
        f'<p>For programs: <a href="openapi.json">openapi.json</a></p>{body}</html>'
    )


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    parts = [
        f"<h2><b>{method.upper()}</b> {escape(path)}</h2><p>{escape(operation.get('description', ''))}</p>"
    ]
    parameters = operation.get("parameters", [])
    if parameters:
        parts.append(_table(_schema_of(parameters)))
    address = _address(path, parameters)
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if content:
        parts.append(_table(_resolve(content["schema"], schemas)))
    for example in content.get("examples", {}).values():
        body = json.dumps(example["value"], ensure_ascii=False)
        command = f"curl http://127.0.0.1:8000{address} -H 'Content-Type: application/json' -d '{body}'"
        parts.append(f"<p>{escape(example['summary'])}</p><pre>{escape(command)}</pre>")
    answers = ", ".join(
        f"{status} {escape(one['description'])}" for status, one in operation["responses"].items()
    )
    return "".join([*parts, f"<p>Answers: {answers}.</p>"])


def _schema_of(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """The parameters of a query string as if they were the fields of a body."""
    return {
        "properties": {
            one["name"]: one["schema"] | {"description": one.get("description", "")} for one in parameters
        },
        "required": [one["name"] for one in parameters if one.get("required")],
    }


def _address(path: str, parameters: list[dict[str, Any]]) -> str:
    """The address of an example, with what is required in its path and its query string."""
    required = [one for one in parameters if one.get("required") and "example" in one]
    for one in required:
        path = path.replace(f"{{{one['name']}}}", str(one["example"]))
    pairs = [(one["name"], one["example"]) for one in required if one["in"] == "query"]
    return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


def _table(schema: dict[str, Any]) -> str:
    required = schema.get("required", [])
    return "<table><tr><th>Field<th>Default<th>Meaning" + "".join(_rows(schema, required)) + "</table>"


def _rows(schema: dict[str, Any], required: list[str]) -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        default = "required" if name in required else json.dumps(field.get("default"))
        meaning = escape(field.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code><td>{escape(default)}<td>{meaning}"


def _resolve(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    resolved: dict[str, Any] = schemas.get(name, schema)
    return resolved
