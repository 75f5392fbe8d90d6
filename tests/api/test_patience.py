"""Deadlines, disconnects and overload: nobody waits for ever, and no work is done for nobody."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from service.engine.errors import DeadlineExceeded, EngineDied, ModelFailed, NotReady, Overloaded
from service.text.detection import LanguageDetector
from tests.api.serving import POLICY, Api, head_of, serving

GOOD = {"q": "hi", "source": "en", "target": "zh"}


@pytest.mark.parametrize(
    ("header", "seconds"), [(None, 30.0), ("1500", 1.5), ("0.5", 0.0005), ("1e308", 120.0), ("inf", 120.0)]
)
async def test_the_deadline_is_the_caller_s_up_to_a_limit(
    api: Api, header: str | None, seconds: float
) -> None:
    """An absolute time on the monotonic clock travels with the work."""
    before = time.monotonic()
    headers = {"X-Request-Timeout-Ms": header} if header else {}
    await api.client.post("/translate", json=GOOD, headers=headers)
    deadline = api.translator.calls[0][4]
    assert deadline is not None
    assert before + seconds <= deadline <= time.monotonic() + seconds


@pytest.mark.parametrize("header", ["0", "-1", "nan", "abc", "", "1" * 99, "\u0663"])
async def test_absurd_deadlines_are_refused(api: Api, header: str) -> None:
    """400 that names the header; 422 elsewhere."""
    headers = {b"X-Request-Timeout-Ms": header.encode()}
    answer = await api.client.post("/translate", json=GOOD, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "X-Request-Timeout-Ms"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Overloaded(2.4), 503),
        (NotReady("starting"), 503),
        (EngineDied("gone"), 503),
        (DeadlineExceeded("queued"), 504),
        (ModelFailed("zh-en", "no number"), 500),
    ],
)
async def test_failures_behind_us_have_their_status(api: Api, error: Exception, status: int) -> None:
    """What may succeed later says when; nothing is retried here."""
    api.translator.error = error
    answer = await api.post("/translate", **GOOD)
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)
    if isinstance(error, Overloaded):
        assert answer.headers["retry-after"] == "3"


async def test_work_for_a_client_that_left_is_cancelled(api: Api) -> None:
    """The translator hears of it at once, and the request is counted as cancelled."""
    api.translator.is_stuck = True
    request = asyncio.create_task(api.post("/translate", **GOOD))
    await api.translator.is_called.wait()
    request.cancel()
    assert await asyncio.wait_for(api.metrics.outcomes.get(), 5) == "cancelled"
    assert api.translator.num_cancelled == 1
    assert (
        api.metrics.registry.get_sample_value("zhuyi_http_requests_in_flight", {"route": "/translate"}) == 0
    )


async def test_a_body_that_does_not_arrive_is_given_up(detector: LanguageDetector) -> None:
    """408, and the connection is closed."""
    async with serving(detector, replace(POLICY, body_timeout_seconds=0.1)) as api:
        answer = await asyncio.wait_for(api.send_raw(head_of(length=9) + b"{"), 5)
        assert answer.startswith(b"HTTP/1.1 408")
        assert api.metrics.outcomes.get_nowait() == "deadline"


async def test_a_client_that_leaves_in_its_body_is_cancelled(api: Api) -> None:
    """Half a request is no error of ours."""
    _, writer = await asyncio.open_connection(api.host, api.port)
    writer.write(head_of(length=9) + b"{")
    await writer.drain()
    writer.close()
    assert await asyncio.wait_for(api.metrics.outcomes.get(), 5) == "cancelled"
