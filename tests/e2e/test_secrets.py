"""Nothing that a caller sends, and no translation of it, gets into a log line, whatever the route."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import Service
from service.settings import Settings
from tests.api.test_metrics import samples_of
from tests.e2e.server import Server, running
from tests.e2e.wire_formats import WIRE_FORMATS, WireFormat

SECRET = "MyPasswordIsHunter2"
TEXT = f"Where is {SECRET}?"
HEADERS = {
    "Authorization": f"DeepL-Auth-Key {SECRET}",
    "User-Agent": SECRET,
    "Cookie": f"session={SECRET}",
    "Ocp-Apim-Subscription-Key": SECRET,
    "X-Forwarded-For": SECRET,
    "Referer": f"http://{SECRET}/",
}
GLOSSARY = {
    "name": SECRET, "source_lang": "en", "target_lang": "zh",
    "entries": f"{SECRET}\t{SECRET}", "entries_format": "tsv",
}  # fmt: skip
BODIES: tuple[dict[str, Any], ...] = (
    {},
    {"json": {SECRET: SECRET, "q": SECRET, "text": [SECRET], "src": SECRET}},
    {"json": [SECRET, {SECRET: SECRET}]},
    {"json": GLOSSARY},
    {"data": {"q": SECRET, SECRET: SECRET}},
    {"content": f'{{"q": "{SECRET}'},
    {"content": SECRET.encode() + b"\xff", "headers": {"Content-Type": f"text/{SECRET}"}},
    {"content": SECRET, "headers": {"Content-Type": f"application/json; charset={SECRET}"}},
    {
        "content": f'--x\r\nContent-Disposition: form-data; name="q"\r\nContent-Transfer-Encoding: {SECRET}'
        f"\r\n\r\n{SECRET}",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"},
    },
)


@pytest.fixture(scope="module")
def talkative(store: Path) -> Iterator[Server]:
    """A service that logs all it can; in the end, when all is written, it has said nothing either."""
    with running(store, log_level="debug", log_format="json") as found:
        yield found
    assert is_silent(found.said)


@pytest.fixture(scope="module")
def routes(store: Path) -> set[tuple[str, str]]:
    """Every method and path template of the application."""
    application = Service(Settings(model_store=store)).application
    return {
        (method, route.path)
        for route in application.routes
        if hasattr(route, "path") and hasattr(route, "methods")
        for method in route.methods
    }


def test_no_route_logs_what_it_is_sent(talkative: Server, routes: set[tuple[str, str]]) -> None:
    """In path, query, headers and every kind of body; and each route has really been asked."""
    with httpx.Client(base_url=talkative.url, timeout=60, headers=HEADERS) as client:
        for method, template in sorted(routes):
            path = "/".join(SECRET if part.startswith("{") else part for part in template.split("/"))
            for body in BODIES:
                answer = client.request(method, path, params={SECRET: SECRET, "q": SECRET}, **body)
                assert answer.status_code < 500
                assert "server" not in answer.headers
        client.get(f"/{SECRET}")
        asked = {dict(labels).get("route") for _, labels in samples_of(client.get("/metrics").text)}
    assert {template for _, template in routes} <= asked
    assert is_silent(talkative.said)


@pytest.mark.parametrize("one", WIRE_FORMATS, ids=lambda one: one.name)
def test_neither_a_text_nor_its_translation_is_logged(talkative: Server, one: WireFormat) -> None:
    """Where it is translated, where its language is none, and where it is too long or too late."""
    with httpx.Client(base_url=talkative.url, timeout=60, headers=HEADERS) as client:
        good = client.request(**one.asking([TEXT]))
        assert good.status_code == 200
        assert SECRET in good.text  # of what is not in the log below, there is much in the answer
        client.request(**one.asking([TEXT], SECRET))
        client.request(**one.asking([TEXT * 2000]))
        client.request(**one.asking([TEXT]), headers={"X-Request-Timeout-Ms": "0.001"})
        client.request(**one.asking([TEXT]), headers={"X-Request-Timeout-Ms": SECRET})
    assert is_silent(talkative.said)


def test_a_secret_in_the_log_would_be_found() -> None:
    """The control."""
    assert is_silent(['{"event": "request failed"}\n'])
    assert not is_silent([f'{{"event": "{SECRET.lower()}"}}\n'])


def is_silent(lines: list[str]) -> bool:
    """True where a log has nothing of the secret, in any spelling that comes to mind, or of a translation."""
    log = "".join(lines).lower()
    spellings = (SECRET, SECRET.encode().hex(), SECRET[::-1], "哪里", "在哪儿")
    return not any(one.lower() in log for one in spellings)
