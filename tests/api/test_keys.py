"""With a key file nothing is done without a key, wherever a dialect's clients put theirs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from service.api.keys.secret import new_key
from service.engine.errors import Overloaded
from service.text.detection import LanguageDetector
from tests.api.serving import Api, serving
from tests.api.test_metrics import samples_of, total
from tests.key_files import Clock, gate_at, gate_for, line_of, write_keys

NATIVE = {"q": "hi", "source": "en", "target": "zh"}
DEEPL = {"text": "hi", "source_lang": "EN", "target_lang": "ZH"}
GOOGLE, AZURE = "/language/translate/v2", "/azure/translate?to=zh"
OPENNMT = [{"src": "hi", "id": 100}]
OIP = {"inputs": [{"name": "source", "shape": [1], "datatype": "BYTES", "data": ["hi"]}]}
REQUESTS: dict[str, tuple[str, Any]] = {
    "native": ("/translate", NATIVE),
    "attention": ("/attention-weights", NATIVE),
    "score": ("/score", NATIVE | {"translation": "HI"}),
    "deepl": ("/v2/translate", DEEPL),
    "google": (GOOGLE, NATIVE),
    "azure": (AZURE, [{"Text": "hi"}]),
    "opennmt": ("/translator/translate", OPENNMT),
    "oip": ("/v2/models/en-zh/infer", OIP),
}
OPEN = {
    "/health", "/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json", "/languages",
    "/frontend/settings", "/spec", "/v2/health/live", "/v2/health/ready", "/v2/models/{model}/ready",
    "/v2/models/{model}/versions/{version}/ready", "/translator/health",
}  # fmt: skip


class Guarded:
    """A running application with one client, whose clock stands still."""

    def __init__(self, api: Api, key: str, clock: Clock) -> None:
        self.api, self.key, self.clock = api, key, clock

    async def post(self, path: str, body: Any, key: str | None = None) -> httpx.Response:
        """With the client's key, or another, or with none where it is ""."""
        key = self.key if key is None else key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return await self.api.client.post(path, json=body, headers=headers)

    async def samples(self) -> dict[Any, float]:
        """All metrics."""
        return samples_of((await self.api.client.get("/metrics")).text)


@asynccontextmanager
async def guarded(detector: LanguageDetector, folder: Path, **fields: Any) -> AsyncIterator[Guarded]:
    """The application with a key file of one line."""
    clock = Clock()
    gate, key = gate_for(folder, clock, **fields)
    async with serving(detector, gate=gate) as api:
        yield Guarded(api, key, clock)


@pytest.fixture
async def shop(detector: LanguageDetector, tmp_path: Path) -> AsyncIterator[Guarded]:
    """A client without limits that may only translate."""
    async with guarded(detector, tmp_path) as found:
        yield found


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_key_in_the_head_opens_every_dialect(shop: Guarded, name: str) -> None:
    """As a bearer token or in X-API-Key, whoever the route's clients are; and without it nothing opens."""
    path, body = REQUESTS[name]
    assert (await shop.post(path, body)).status_code == 200
    answer = await shop.api.client.post(path, json=body, headers={"X-API-Key": shop.key})
    assert answer.status_code == 200
    for headers in ({}, {"X-API-Key": new_key("shop-1")}, {"Authorization": f"Basic {shop.key}"}):
        assert (await shop.api.client.post(path, json=body, headers=headers)).status_code in (401, 403)
    assert len(shop.api.translator.calls) == 2


PLACES: list[tuple[str, str, dict[str, Any]]] = [
    ("libretranslate form", "/translate", {"data": NATIVE | {"api_key": "KEY"}}),
    ("libretranslate json", "/translate", {"json": NATIVE | {"apiKey": "KEY"}}),
    ("libretranslate multipart", "/translate", {"files": {
        name: (None, value) for name, value in (NATIVE | {"api_key": "KEY"}).items()}}),
    ("libretranslate query", "/translate?api_key=KEY&q=hi&source=en&target=zh", {}),
    ("libretranslate query and form", "/translate?api_key=KEY", {"data": NATIVE}),
    ("libretranslate detect", "/detect", {"data": {"q": "hi", "api_key": "KEY"}}),
    ("deepl header", "/v2/translate", {"json": DEEPL, "headers": {"Authorization": "DeepL-Auth-Key KEY"}}),
    ("deepl form", "/v2/translate", {"data": DEEPL | {"auth_key": "KEY"}}),
    ("deepl query", "/v2/translate?auth_key=KEY&text=hi&target_lang=ZH&source_lang=EN", {}),
    ("google query", f"{GOOGLE}?key=KEY", {"json": NATIVE}),
    ("google form", GOOGLE, {"data": NATIVE | {"key": "KEY"}}),
    ("google header", GOOGLE, {"json": NATIVE, "headers": {"X-Goog-Api-Key": "KEY"}}),
    ("azure header", AZURE, {"json": [{"Text": "hi"}], "headers": {"Ocp-Apim-Subscription-Key": "KEY"}}),
    ("opennmt bearer", "/translator/translate", {
        "json": OPENNMT, "headers": {"Authorization": "bearer KEY"}}),
    ("oip bearer", "/v2/models/en-zh/infer", {"json": OIP, "headers": {"Authorization": "Bearer KEY"}}),
]  # fmt: skip


def with_key(value: Any, key: str) -> Any:
    """The same with the key wherever KEY stands."""
    if isinstance(value, str):
        return value.replace("KEY", key).strip()
    if isinstance(value, dict):
        return {name: with_key(one, key) for name, one in value.items()}
    return tuple(with_key(one, key) for one in value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("path", "request_"), [place[1:] for place in PLACES], ids=[one[0] for one in PLACES]
)
async def test_keys_are_taken_where_clients_send_them(
    shop: Guarded, path: str, request_: dict[str, Any]
) -> None:
    """And a wrong one in the same place is refused, by POST as by the GET of old clients."""
    method = "GET" if path.startswith("/v2/translate?") else "POST"
    for key, statuses in ((shop.key, {200}), (new_key("shop-1"), {401, 403}), ("", {401, 403})):
        answer = await shop.api.client.request(method, with_key(path, key), **with_key(request_, key))
        assert answer.status_code in statuses, answer.text


MISSING, INVALID, SCOPE = "an API key is needed", "Invalid API key", "not for what needs the scope"


@pytest.mark.parametrize(
    ("name", "status", "find"),
    [
        ("native", 403, lambda body: body["error"]),
        ("attention", 401, lambda body: body["detail"]),
        ("score", 401, lambda body: body["detail"]),
        ("deepl", 403, lambda body: body["detail"]),
        ("google", 403, lambda body: body["error"]["errors"][0]["message"]),
        ("azure", 401, lambda body: body["error"]["message"]),
        ("opennmt", 401, lambda body: body["error"]),
        ("oip", 401, lambda body: body["error"]),
    ],
)
async def test_a_refusal_is_told_in_the_dialect(shop: Guarded, name: str, status: int, find: Any) -> None:
    """Status, body and words; why a key does not count is not told."""
    path, body = REQUESTS[name]
    for key, message in (("", MISSING), ("x", INVALID), (new_key("shop-1"), INVALID)):
        answer = await shop.post(path, body, key)
        assert (answer.status_code, find(answer.json())) == (status, message)
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "x-request-id" in answer.headers


async def test_the_codes_inside_bodies_are_those_of_the_services(
    detector: LanguageDetector, tmp_path: Path
) -> None:
    """Google's names, Azure's six digits, LibreTranslate's words, for rates as well."""
    async with guarded(detector, tmp_path, characters_per_minute=2) as shop:
        assert (await shop.post(AZURE, [{"Text": "hi"}], "x")).json()["error"]["code"] == 401000
        assert (await shop.post(GOOGLE, NATIVE, "x")).json()["error"]["status"] == "PERMISSION_DENIED"
        assert (await shop.post("/translate", NATIVE)).status_code == 200
        found = {name: await shop.post(*REQUESTS[name]) for name in REQUESTS}
    assert {name: answer.status_code for name, answer in found.items()} == dict.fromkeys(REQUESTS, 429)
    assert {answer.headers["retry-after"] for answer in found.values()} == {"60"}
    assert found["native"].json()["error"] == "Slowdown: 2 characters per 1 minute"
    assert found["google"].json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert found["azure"].json()["error"]["code"] == 429000
    assert found["opennmt"].json()["status"] == "error"


async def test_a_month_that_is_used_up_is_456_for_deepl(detector: LanguageDetector, tmp_path: Path) -> None:
    """Whose /v2/usage counts per key, over all dialects; others answer 429, Azure 403001."""
    async with guarded(detector, tmp_path, characters_per_month=4) as shop:
        for path, body in (REQUESTS["deepl"], REQUESTS["native"]):
            assert (await shop.post(path, body)).status_code == 200
        usage = await shop.api.client.get("/v2/usage", headers={"X-API-Key": shop.key})
        assert usage.json() == {"character_count": 4, "character_limit": 4}
        found = {name: await shop.post(*REQUESTS[name]) for name in REQUESTS}
    statuses = {name: answer.status_code for name, answer in found.items()}
    assert statuses == dict.fromkeys(REQUESTS, 429) | {"deepl": 456, "azure": 403}
    assert found["azure"].json()["error"]["code"] == 403001
    assert found["native"].json()["error"] == "Slowdown: 4 characters per 1 month"


async def test_what_was_not_translated_does_not_count_for_the_month(shop: Guarded) -> None:
    """Neither where the service is full nor where the request was wrong."""
    shop.api.translator.error = Overloaded(1.0)
    assert (await shop.post("/translate", NATIVE)).status_code == 503
    assert (await shop.post("/translate", NATIVE | {"target": "xx"})).status_code == 400
    usage = await shop.api.client.get("/v2/usage", headers={"X-API-Key": shop.key})
    assert usage.json()["character_count"] == 0


async def test_only_the_noisy_key_is_held_back(detector: LanguageDetector, tmp_path: Path) -> None:
    """It is told when to come back, comes back then, and gets in; every answer says what is left."""
    clock, noisy, quiet = Clock(), new_key("noisy"), new_key("quiet")
    lines = [line_of(key, requests_per_minute=3) for key in (noisy, quiet)]
    write_keys(tmp_path / "keys", *lines)
    async with serving(detector, gate=gate_at(tmp_path / "keys", clock)) as api:
        shop = Guarded(api, noisy, clock)
        answers = [await shop.post("/translate", NATIVE) for _ in range(5)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
        assert [one.headers["ratelimit"] for one in answers[:3]] == [
            f'"requests";r={left};t={20 * (3 - left)}' for left in (2, 1, 0)
        ]
        assert answers[0].headers["ratelimit-policy"] == '"requests";q=3;w=60'
        assert answers[3].headers["retry-after"] == "20"
        assert answers[3].json()["error"] == "Slowdown: 3 per 1 minute"
        assert (await shop.post("/translate", NATIVE, quiet)).status_code == 200
        clock.seconds += 20
        assert (await shop.post("/translate", NATIVE)).status_code == 200
        samples = await shop.samples()
    assert total(samples, "zhuyi_rate_limited_total", reason="requests") == 2
    assert total(samples, "zhuyi_requests_total", outcome="rate_limited") == 2
    assert total(samples, "zhuyi_requests_total") == 7


async def test_a_stream_is_paid_for_before_it_begins(detector: LanguageDetector, tmp_path: Path) -> None:
    """So it is refused with a status, and says in its head what is left."""
    async with guarded(detector, tmp_path, characters_per_minute=2) as shop:
        answer = await shop.post("/translate", NATIVE | {"stream": True})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["ratelimit"] == '"characters";r=0;t=60'
        assert (await shop.post("/translate", NATIVE | {"stream": True})).status_code == 429


async def test_refusals_are_counted_by_their_reason(detector: LanguageDetector, tmp_path: Path) -> None:
    """Each once, and each translating request in one outcome."""
    async with guarded(detector, tmp_path, expires="2026-01-30T12:00:10Z") as shop:
        assert (await shop.post("/translate", NATIVE)).status_code == 200
        assert (await shop.post("/v2/glossaries", {})).status_code == 403
        shop.clock.seconds = 10
        for key in ("", "x", new_key("shop-1"), None):
            assert (await shop.post("/translate", NATIVE, key)).status_code == 403
        samples = await shop.samples()
    for reason in ("missing", "malformed", "unknown", "expired", "scope"):
        assert total(samples, "zhuyi_auth_failures_total", reason=reason) == 1
    assert total(samples, "zhuyi_requests_total", outcome="ok") == 1
    assert total(samples, "zhuyi_requests_total", outcome="validation") == 4


async def test_scopes_do_not_imply_each_other(detector: LanguageDetector, tmp_path: Path) -> None:
    """Whoever keeps glossaries may not translate, and the other way round."""
    async with guarded(detector, tmp_path, scopes=["glossaries"]) as shop:
        headers = {"X-API-Key": shop.key}
        assert (await shop.api.client.get("/v2/glossaries", headers=headers)).status_code == 200
        assert (await shop.api.client.get("/v3/glossaries", headers=headers)).status_code == 200
        answer = await shop.post(*REQUESTS["attention"])
        assert (answer.status_code, SCOPE in answer.json()["detail"]) == (403, True)
        assert answer.json()["type"] == "urn:zhuyi:problem:scope-missing"


async def test_no_route_is_open_but_those_that_must_be(shop: Guarded) -> None:
    """A new route that nobody thought of needs a key."""
    found = set()
    for path, methods in (await shop.api.client.get("/openapi.json")).json()["paths"].items():
        filled = path.replace("{model}", "en-zh").replace("{version}", "1").replace("{model_id}", "100")
        for method in methods:
            answer = await shop.api.client.request(method, filled.replace("{glossary_id}", "x"), json={})
            if answer.status_code not in (401, 403):
                found.add(path)
    assert found == OPEN - {"/docs", "/openapi.json"}
    for path in ("/docs", "/openapi.json"):
        assert (await shop.api.client.get(path)).status_code == 200
    hidden = [("POST", "/v2/usage"), ("POST", "/v2/languages"), ("GET", "/v2/translate")]
    for method, path in hidden:
        assert (await shop.api.client.request(method, path)).status_code == 403


async def test_libretranslate_s_settings_tell_whether_a_key_is_needed(shop: Guarded, api: Api) -> None:
    """To whoever asks without one."""
    for one, expected in ((shop.api, True), (api, False)):
        told = (await one.client.get("/frontend/settings")).json()
        assert (told["apiKeys"], told["keyRequired"]) == (expected, expected)


async def test_without_a_file_keys_are_ignored(api: Api) -> None:
    """As ever, and no answer speaks of limits."""
    for headers in ({}, {"Authorization": "Bearer x"}, {"X-API-Key": "x"}):
        answer = await api.client.post("/translate", json=NATIVE, headers=headers)
        assert answer.status_code == 200
        assert "ratelimit" not in answer.headers


async def test_neither_keys_nor_texts_are_told_anywhere(shop: Guarded) -> None:
    """Not in logs, not in metrics, not in answers; of ours nor of those that do not count."""
    secrets = [shop.key, new_key("shop-1"), "VerySecret"]
    with capture_logs() as logs:
        answers = [
            (await shop.api.client.post(f"/translate?api_key={key}", json=NATIVE | {"q": "VerySecret text"}))
            for key in secrets
        ]
        shop.api.translator.error = RuntimeError(shop.key)
        answers.append(await shop.post("/translate", NATIVE))
    told = str(logs) + (await shop.api.client.get("/metrics")).text + "".join(one.text for one in answers[1:])
    assert logs
    assert not [secret for secret in secrets if secret in told]


async def test_a_body_in_pieces_is_read_once_and_given_on(shop: Guarded) -> None:
    """The key may stand in any of them, and the route reads the same body again."""

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"q=Wh", b"ere&source=en&target", b"=zh&api_k", b"ey=", shop.key.encode()):
            yield piece
            await asyncio.sleep(0)

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await shop.api.client.post("/translate", content=pieces(), headers=form)
    assert answer.json()["translatedText"] == "WHERE"


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 403),
        (b"[]", {"Content-Type": "application/json"}, 403),
        (b'{"api_key": 7}', {"Content-Type": "application/json"}, 403),
        (b"x", {"Content-Type": "image/png"}, 403),
        (b"x" * 20_001, {"Content-Type": "application/json"}, 413),
    ],
)
async def test_a_body_that_cannot_be_read_holds_no_key(
    shop: Guarded, content: bytes, headers: dict[str, str], status: int
) -> None:
    """Whoever has none learns nothing else about it, but that it is too large."""
    answer = await shop.api.client.post("/translate", content=content, headers=headers)
    assert answer.status_code == status


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=80).map(lambda rest: b"Bearer " + rest),
        st.binary(max_size=80).map(lambda rest: b"Bearer zhuyi_shop-1." + rest),
    )
)
async def test_no_header_opens_but_the_right_one(shop: Guarded, value: bytes) -> None:
    """Whatever bytes stand in Authorization: refused, or no head at all; never a failure of ours."""
    head = b"POST /v2/models/en-zh/infer HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n"
    answer = await shop.api.send_raw(head + b"Authorization: " + value + b"\r\n\r\n{}")
    assert answer.split(b" ", 2)[1] in (b"400", b"401"), answer
