"""`"stream": true` with the bundled models and a client of its own: httpx-sse."""

from __future__ import annotations

import json
import signal
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import connect_sse

from tests.api.test_metrics import samples_of, total
from tests.e2e.sentences import english
from tests.e2e.server import Server, running

TEXT = "Hello, your order ORD-77123 has shipped. Thank you for waiting! 👍 We are sorry for the delay."


def events_of(client: httpx.Client, path: str = "/translate", **fields: Any) -> list[tuple[str, Any]]:
    """The events of one stream, in order: names and data."""
    body = {"source": "en", "target": "zh", "stream": True} | fields
    with connect_sse(client, "POST", path, json=body) as source:
        return [(event.event, json.loads(event.data)) for event in source.iter_sse()]


@pytest.mark.parametrize("beam_size", [1, 4])
def test_a_stream_ends_with_the_answer_of_a_request_without(client: httpx.Client, beam_size: int) -> None:
    """And before that each text is told as an item, each sentence as a segment."""
    wanted = {"q": [TEXT, "", "Thanks!"], "beam_size": beam_size, "include": ["alignment", "warnings"]}
    events = events_of(client, **wanted)
    plain = client.post("/translate", json={"source": "en", "target": "zh", **wanted}).json()
    assert events[-1] == ("translation.done", plain)
    items = [data for name, data in events if name == "translation.item"]
    assert [item["index"] for item in items] == [0, 1, 2]
    assert [item["text"] for item in items] == plain["translatedText"]
    segments = {
        (data["index"], data["segment"]): data for name, data in events if name == "translation.segment"
    }
    assert sorted(segments) == [(0, 0), (0, 1), (0, 2), (2, 0)]
    for (index, _), segment in segments.items():
        assert segment["text"] in plain["translatedText"][index]
        start, end = segment["source"]
        assert wanted["q"][index][start:end].strip()
        assert 0 <= segment["confidence"] <= 1


def test_pieces_grow_into_the_sentence_and_are_never_taken_back(client: httpx.Client) -> None:
    """Protected spans stand in them as they are, not as symbols; links come once, with places in both."""
    events = events_of(client, q=TEXT, beam_size=1)
    grown: defaultdict[int, str] = defaultdict(str)
    links: defaultdict[int, list[Any]] = defaultdict(list)
    num_pieces = 0
    for name, data in events:
        if name == "translation.chunk":
            grown[data["segment"]] += data["delta"]
            links[data["segment"]] += data["alignment"]
            num_pieces += 1
        if name == "translation.segment":
            assert data["text"] == grown[data["segment"]]
    assert num_pieces > len(grown)  # not all at once
    assert "ORD-77123" in grown[0]
    order = next(one for one in links[0] if TEXT[slice(*one["src"])] == "ORD-77123")
    assert "ORD-77123" in grown[0][slice(*order["tgt"])]
    assert len({json.dumps(one) for one in links[0]}) == len(links[0]) > 3


def test_places_can_be_counted_as_javascript_does(client: httpx.Client) -> None:
    """An emoji before a sentence moves its place by two UTF-16 units."""
    for offsets, start in (("code_points", 3), ("utf16", 4)):
        events = events_of(client, q="👍。 Thanks!", offsets=offsets)
        (segment,) = [data for name, data in events if name == "translation.segment"]
        assert segment["source"][0] == start


def test_links_of_a_document_are_told_in_places_of_the_document(client: httpx.Client) -> None:
    """The same as at the end: tags and references are counted, in chunks and in segments."""
    page = "<p>Hello <b>there</b> &amp; <i>thank</i> you &copy;!</p><p>Where is <code>x</code> my order?</p>"
    events = events_of(client, q=page, format="html", beam_size=1, include=["alignment"])
    told = [
        tuple(one["src"]) for name, data in events if name == "translation.chunk" for one in data["alignment"]
    ]
    whole = {tuple(one["src"]) for one in events[-1][1]["translations"][0]["alignment"]}
    assert len(told) > 5
    assert set(told) <= whole
    sources = [page[slice(*data["source"])] for name, data in events if name == "translation.segment"]
    assert sorted(sources) == [
        "Hello <b>there</b> &amp; <i>thank</i> you &copy;!",
        "Where is <code>x</code> my order?",
    ]


def test_an_error_before_the_work_is_a_plain_answer(client: httpx.Client) -> None:
    """The head has not been sent yet, so the status can tell."""
    body = {"q": "hi", "source": "en", "target": "xx", "stream": True}
    answer = client.post("/translate", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_work_that_ends_before_its_first_event_is_a_plain_answer(client: httpx.Client) -> None:
    """A deadline that is over at once, and a document that is none."""
    hello = {"q": "hello there", "source": "en", "target": "zh", "stream": True}
    late = client.post("/translate", json=hello, headers={"X-Request-Timeout-Ms": "0.001"})
    assert late.status_code == 504
    assert late.headers["content-type"] == "application/problem+json"
    torn = client.post("/translate", json=hello | {"q": "<a>b", "format": "xml"})
    assert torn.status_code == 400
    assert torn.json()["errors"][0]["field"] == "q"


def test_an_error_during_the_work_is_the_last_event(store: Path) -> None:
    """A problem document, with the status that it would have had."""
    body = {"q": " ".join(english(200)), "source": "en", "target": "zh", "beam_size": 8, "stream": True}
    with running(store) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        with connect_sse(client, "POST", "/translate", json=body) as source:
            events = source.iter_sse()
            assert next(events).event == "translation.chunk"
            server.signal_engine(signal.SIGKILL)
            *_, last = events
        problem = json.loads(last.data)
        assert (last.event, problem["status"]) == ("error", 503)
        assert problem["request_id"] == source.response.headers["x-request-id"]


def test_a_client_that_goes_away_frees_its_rows(store: Path) -> None:
    """At the next tick; its request is counted once, as cancelled."""
    with running(store) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        body = {"q": " ".join(english(200)), "source": "en", "target": "zh", "beam_size": 8, "stream": True}
        with connect_sse(client, "POST", "/translate", json=body) as source:
            next(source.iter_sse())
        for _ in range(1000):
            samples = samples_of(client.get("/metrics").text)
            is_told = total(samples, "zhuyi_cancelled_rows_total") > 0  # the engine tells it a moment later
            if is_told and total(samples, "zhuyi_queue_requests") == 0:
                break
        assert total(samples, "zhuyi_queue_requests") == 0
        assert total(samples, "zhuyi_cancelled_rows_total") > 0
        assert total(samples, "zhuyi_requests_total", outcome="cancelled") == 1
        assert client.get("/health/ready").status_code == 200


def test_words_are_left_out_with_progress(client: httpx.Client) -> None:
    """Occlusion tells how far it is, then answers as without a stream."""
    wanted = {"q": "Where is my order?", "method": "occlusion"}
    events = events_of(client, "/attention-weights", **wanted)
    progress = [data for name, data in events if name == "attention.progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 4
    plain = client.post("/attention-weights", json={"source": "en", "target": "zh", **wanted}).json()
    assert events[-1] == ("attention.done", plain)


def test_streams_share_the_batch_with_everybody(server: Server) -> None:
    """The answer of a stream does not depend on it."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        alone = events_of(client, q=TEXT)[-1]
        body = {"q": " ".join(english(30)), "source": "en", "target": "zh", "stream": True}
        with (
            connect_sse(client, "POST", "/translate", json=body),
            httpx.Client(base_url=server.url, timeout=60) as other,
        ):
            assert events_of(other, q=TEXT)[-1] == alone
