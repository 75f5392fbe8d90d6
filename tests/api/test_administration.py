"""The second port: metrics and health for everyone there, the rest for administrators' keys alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from service.api.administration import create_administration
from service.api.application import create_application
from service.api.keys.gate import Gate
from service.api.keys.secret import new_key
from service.api.operations import json_response
from service.api.plain import PlainApplication
from service.api.policy import Policy
from service.api.problems import NATIVE
from service.api.services import Services
from service.glossaries.store import GlossaryStore
from service.metrics import Metrics
from service.pipeline.item_translator import ItemTranslator
from service.text.detection import LanguageDetector
from tests.api.fakes import ScriptedTranslator
from tests.api.serving import POLICY
from tests.api.test_metrics import samples_of, total
from tests.key_files import Clock, gate_at, line_of, write_keys

SHOP, BOSS = new_key("shop-1"), new_key("boss")


def add_ping(application: PlainApplication, _: Services) -> None:
    """A route that says nothing about the keys that it needs."""

    async def ping(_: Request) -> Response:
        return json_response({"done": True})

    application.speak(NATIVE, "/admin/ping", ping, methods=["POST"])


def services(detector: LanguageDetector, gate: Gate | None, policy: Policy) -> Services:
    """Real ones around a scripted translator."""
    translator, metrics = ScriptedTranslator(), Metrics()
    items = ItemTranslator(translator, detector, metrics.sentence_finished)
    return Services(
        translator, items, detector, metrics, policy, GlossaryStore(), metrics.render, gate=gate
    )  # fmt: skip


@asynccontextmanager
async def client_of(application: PlainApplication) -> AsyncIterator[httpx.AsyncClient]:
    """In front of the application, in this process."""
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://h") as found:
        yield found


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A shop and an administrator."""
    write_keys(tmp_path / "keys", line_of(SHOP), line_of(BOSS, scopes=["admin"]))
    return gate_at(tmp_path / "keys", Clock())


@pytest.mark.parametrize(("key", "status"), [(BOSS, 200), (SHOP, 403), (new_key("boss"), 401), ("", 401)])
async def test_only_administrators_get_in(
    detector: LanguageDetector, gate: Gate, key: str, status: int
) -> None:
    """A route needs their scope without saying so."""
    async with client_of(create_administration(services(detector, gate, POLICY), add_ping)) as client:
        answer = await client.post("/admin/ping", headers={"X-API-Key": key})
        assert answer.status_code == status
        samples = samples_of((await client.get("/metrics")).text)
    assert total(samples, "zhuyi_auth_failures_total") == (status != 200)
    assert total(samples, "zhuyi_http_requests_total", route="/admin/ping", status=str(status)) == 1


async def test_without_keys_there_is_nothing_to_administer(detector: LanguageDetector) -> None:
    """Nobody could be told apart; metrics and health are there."""
    async with client_of(create_administration(services(detector, None, POLICY), add_ping)) as client:
        assert (await client.post("/admin/ping")).status_code == 404
        for path in ("/metrics", "/health", "/health/live", "/health/ready"):
            assert (await client.get(path)).status_code == 200
        assert (await client.post("/translate", json={})).status_code == 404


async def test_the_public_application_lacks_what_the_second_port_has(
    detector: LanguageDetector, gate: Gate
) -> None:
    """Metrics where they have a port of their own, `/admin` always, even for an administrator's key."""
    public = services(detector, gate, replace(POLICY, serves_metrics=False))
    async with client_of(create_application(public)) as client:  # type: ignore[arg-type]
        assert (await client.get("/metrics")).status_code == 404
        assert (await client.post("/admin/ping", headers={"X-API-Key": BOSS})).status_code == 404
        assert (await client.get("/health")).status_code == 200
