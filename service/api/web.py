"""`GET /` and `/web/<file>`: the page, from an allow-list of files that is read once, at the start.

The page loads nothing from elsewhere and runs no inline script; its policy says so to the browser.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

PAGE: Final = "index.html"
_MEDIA_TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""Names carry no version, so a browser asks again each time; the ETag makes that cheap."""


@dataclass(frozen=True, slots=True)
class WebFile:
    """A file as it is sent."""

    body: bytes
    media_type: str
    etag: str


def read_web_files() -> dict[str, WebFile]:
    """The files of the page by name; those of the package folder `service/web` with a known ending."""
    return {
        entry.name: _read(entry.read_bytes(), _MEDIA_TYPES[ending])
        for entry in sorted((resources.files("service") / "web").iterdir(), key=lambda one: one.name)
        if (ending := entry.name[entry.name.rfind(".") :]) in _MEDIA_TYPES
    }


def _read(body: bytes, media_type: str) -> WebFile:
    return WebFile(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


class WebRoutes:
    """Answers from memory; the name in a path is only ever looked up, never a path of the machine."""

    def __init__(self, files: Mapping[str, WebFile]) -> None:
        self._files = files

    async def page(self, request: Request) -> Response:
        """The page itself."""
        return _answer(self._files[PAGE], request)

    async def file(self, request: Request) -> Response:
        """A file of the page; 404 for every other name."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        return _answer(found, request)


def _answer(found: WebFile, request: Request) -> Response:
    headers = {**_HEADERS, "ETag": found.etag}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=found.media_type)
