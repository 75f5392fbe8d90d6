"""Pages of other origins are let in only where they are named, and can then read errors as well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import ValidationError

from service.settings import Settings
from service.text.detection import LanguageDetector
from tests.api.serving import POLICY, Api, serving

GOOD = {"q": "hi", "source": "en", "target": "zh"}
SHOP, OTHER = {"Origin": "https://shop.example"}, {"Origin": "https://other.example"}
ALLOWED = "access-control-allow-origin"
ASK = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.fixture
async def open_api(detector: LanguageDetector) -> AsyncIterator[Api]:
    """One origin may come in."""
    async with serving(detector, replace(POLICY, cors_origins=("https://shop.example",))) as running:
        yield running


async def test_off_by_default(api: Api) -> None:
    """No header, and preflights get what other unknown methods get."""
    answer = await api.client.post("/translate", json=GOOD, headers=SHOP)
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert (await api.client.options("/translate", headers=SHOP | ASK)).status_code == 405


async def test_a_named_origin_may_ask_and_read(open_api: Api) -> None:
    """With a key in a header, without cookies; it sees the headers that are for it."""
    preflight = await open_api.client.options("/translate", headers=SHOP | ASK)
    assert (preflight.status_code, preflight.headers[ALLOWED]) == (200, SHOP["Origin"])
    answer = await open_api.client.post("/translate", json=GOOD, headers=SHOP)
    assert answer.headers[ALLOWED] == SHOP["Origin"]
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in {*answer.headers, *preflight.headers}


@pytest.mark.parametrize(("path", "status"), [("/translate", 400), ("/nowhere", 404), ("/v2/translate", 400)])
async def test_errors_can_be_read_as_well(open_api: Api, path: str, status: int) -> None:
    """Else a page cannot tell a wrong field from a broken network."""
    answer = await open_api.client.post(path, json={}, headers=SHOP)
    assert (answer.status_code, answer.headers[ALLOWED]) == (status, SHOP["Origin"])


async def test_so_can_failures_of_ours_and_bad_heads(open_api: Api) -> None:
    """Which are answered outside of all routes."""
    open_api.translator.error = RuntimeError()
    answer = await open_api.client.post("/translate", json=GOOD, headers=SHOP)
    assert (answer.status_code, answer.headers[ALLOWED]) == (500, SHOP["Origin"])
    answer = await open_api.client.get("/languages", headers=SHOP | {"X-Long": "x" * 33_000})
    assert (answer.status_code, answer.headers[ALLOWED]) == (431, SHOP["Origin"])


async def test_another_origin_is_not_let_in(open_api: Api) -> None:
    """Its preflight is refused, and no answer says that it may read it."""
    assert (await open_api.client.options("/translate", headers=OTHER | ASK)).status_code == 400
    assert ALLOWED not in (await open_api.client.post("/translate", json=GOOD, headers=OTHER)).headers


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", ()),
        ("https://shop.example", ("https://shop.example",)),
        (" http://a.example:8080 ,https://[::1] ", ("http://a.example:8080", "https://[::1]")),
        ("*", ("*",)),
    ],
)
def test_origins_stand_between_commas(
    monkeypatch: pytest.MonkeyPatch, text: str, origins: tuple[str, ...]
) -> None:
    """In the environment."""
    monkeypatch.setenv("ZHUYI_CORS_ORIGINS", text)
    assert Settings().cors_origins == origins


@pytest.mark.parametrize(
    "text", ["shop.example", "https://shop.example/", "https://*.example", "null", "https://"]
)
def test_what_is_no_origin_stops_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """It would never be let in, and nobody would know why."""
    monkeypatch.setenv("ZHUYI_CORS_ORIGINS", text)
    with pytest.raises(ValidationError, match="origin"):
        Settings()
