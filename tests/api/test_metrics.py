"""Metrics tell the truth: what the client counts is what the server counts."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.engine.admission import QueueState
from service.engine.errors import DeadlineExceeded, Overloaded
from service.engine.messages import TickRecord
from service.engine.translation import LoadedModelInfo, Options
from service.engine.workers import EngineStatus
from service.metrics import Metrics
from tests.api.fakes import model_info, outcome_of, translation_of
from tests.api.serving import Api

GOOD = {"q": "hi", "source": "en", "target": "zh"}
SECRET = "MyPasswordIsHunter2"
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples_of(text: str) -> Samples:
    """Every sample by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(samples: Samples, name: str, **labels: str) -> float:
    """The sum over all samples with this name and these labels."""
    wanted = frozenset(labels.items())
    return sum(value for (found, have), value in samples.items() if found == name and wanted <= have)


async def test_every_request_is_counted_once_and_as_the_client_saw_it(api: Api) -> None:
    """Per status and per outcome; the histogram holds as many as the counter; nothing stays in flight."""
    started, seen = time.time(), Counter[int]()
    for fields in [GOOD] * 3 + [{"q": SECRET}] * 2 + [GOOD | {"q": "x" * 999}, GOOD | {"source": SECRET}]:
        for path in ("/translate", "/attention-weights"):
            seen[(await api.client.post(path, json=fields)).status_code] += 1
    for error in (Overloaded(1.0), DeadlineExceeded("queued")):
        api.translator.error = error
        seen[(await api.post("/translate", **GOOD)).status_code] += 1
    samples = samples_of((await api.client.get("/metrics")).text)

    for status, count in seen.items():
        assert total(samples, "zhuyi_http_requests_total", status=str(status), method="POST") == count
    outcomes = {"ok": 6, "validation": 6, "too_long": 2, "overloaded": 1, "deadline": 1}
    for outcome, count in outcomes.items():
        assert total(samples, "zhuyi_requests_total", outcome=outcome) == count
        assert total(samples, "zhuyi_request_duration_seconds_count", outcome=outcome) == count
    assert total(samples, "zhuyi_requests_total") == seen.total() == 16
    assert total(samples, "zhuyi_request_duration_seconds_count") == 16
    assert total(samples, "zhuyi_http_request_duration_seconds_count", method="POST") == 16
    assert total(samples, "zhuyi_http_requests_in_flight", route="/translate") == 0
    assert total(samples, "zhuyi_request_finished_total", reason="eos") == 6
    last_success = total(samples, "zhuyi_last_success_timestamp_seconds", model="en-zh")
    assert started <= last_success <= time.time()


async def test_no_label_comes_from_a_caller(api: Api) -> None:
    """Neither path, nor method, nor language code, nor text: the number of series is bounded."""
    await api.client.get(f"/{SECRET}")
    await api.client.request("BREW", "/translate")
    await api.client.post("/translate", json=GOOD | {"source": SECRET, "q": SECRET})
    text = (await api.client.get("/metrics")).text
    assert SECRET not in text
    assert "BREW" not in text
    assert total(samples_of(text), "zhuyi_http_requests_total", route="unmatched") == 1


class _ServiceState:
    def queue(self) -> QueueState:
        return QueueState(3, 40, 0.5)

    def models(self) -> tuple[LoadedModelInfo, ...]:
        return (model_info("zh", "en"),)

    def engines(self) -> tuple[EngineStatus, ...]:
        return (EngineStatus(0, os.getpid(), "ready", 0.0, 3, 2), EngineStatus(1, None, "dead", 0.0, 0, 5))

    def num_loaded(self) -> dict[str, int]:
        return dict(Counter(model.name for model in self.models()))

    def max_rows(self) -> int:
        return 32

    def has_taken_keys(self) -> bool | None:
        return True

    def is_ready(self) -> bool:
        return True

    def is_draining(self) -> bool:
        return False


class _WithoutKeys(_ServiceState):
    def has_taken_keys(self) -> bool | None:
        return None


class _WithCandidate(_ServiceState):
    def models(self) -> tuple[LoadedModelInfo, ...]:
        return (model_info("zh", "en"), model_info("zh", "en", version="2"))


SERVICE_STATE = _ServiceState()


def tick(**facts: object) -> TickRecord:
    """A tick of zh-en in which nothing happened but the `facts`."""
    quiet = dict.fromkeys(TickRecord.__struct_fields__, 0)
    names = {"model": "zh-en", "version": "1", "actual_device": "cpu"}
    return TickRecord(**quiet | names | facts)  # type: ignore[arg-type]


def test_ticks_become_series() -> None:
    """Steps, batch sizes and tokens per model; only what happened is observed."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    metrics.record_tick(
        tick(num_encoded=2, encode_seconds=0.01, source_tokens=9, padded_source_tokens=12, joined=2)
    )
    metrics.record_tick(tick(rows=8, tokens=8, step_seconds=0.002, num_running=2))
    metrics.record_tick(tick(rows=8, tokens=8, step_seconds=0.002, num_running=2, cancelled_running=1))
    samples = samples_of(metrics.render()[0].decode())
    assert total(samples, "zhuyi_encode_seconds_count", model="zh-en", provider="cpu") == 1
    assert total(samples, "zhuyi_decode_step_seconds_count", model="zh-en") == 2
    assert total(samples, "zhuyi_batch_size_sum", stage="decode") == 16
    assert total(samples, "zhuyi_rows_total") == 2
    assert total(samples, "zhuyi_source_tokens_total") == 9
    assert total(samples, "zhuyi_target_tokens_total") == 16
    assert total(samples, "zhuyi_running_rows") == 8
    assert total(samples, "zhuyi_cancelled_rows_total", where="running") == 1


def test_what_can_be_counted_begins_at_zero() -> None:
    """And what is counted later has the same labels: no series appears that was not there."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    metrics.expect(SERVICE_STATE.models(), ("ok", "model_error"))
    before = samples_of(metrics.render()[0].decode())
    assert total(before, "zhuyi_requests_total", model="zh-en", source="zh", outcome="model_error") == 0
    assert total(before, "zhuyi_request_duration_seconds_count", op="translate", outcome="ok") == 0
    metrics.record_tick(tick(num_encoded=1, rows=1, joined=1, tokens=1))
    metrics.sentence_finished(outcome_of(translation_of("您好", "hi", "zh", Options())))
    for outcome in ("ok", "model_error"):
        metrics.request_finished(
            operation="translate", model="zh-en", version="1",
            source="zh", target="en", outcome=outcome, seconds=1,
        )  # fmt: skip
    after = samples_of(metrics.render()[0].decode())
    appeared = {name for name, _ in after.keys() - before.keys() if not name.endswith("_created")}
    assert appeared == {
        "zhuyi_last_success_timestamp_seconds", "zhuyi_queue_oldest_age_seconds",
        *(f"zhuyi_request_duration_seconds_{what}" for what in ("bucket", "count", "sum")),  # of an error
    }  # fmt: skip


def test_depths_and_models_are_read_at_the_scrape() -> None:
    """Gauges show what is so at this moment, without anybody having set them."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    samples = samples_of(metrics.render()[0].decode())
    assert total(samples, "zhuyi_queue_requests") == 3
    assert total(samples, "zhuyi_queue_tokens") == 40
    assert total(samples, "zhuyi_model_info", model="zh-en", version="1", provider="cpu") == 1
    assert total(samples, "zhuyi_model_ready") == 1
    assert total(samples, "zhuyi_execution_provider_fallback", requested="cpu", actual="cpu") == 0
    assert total(samples, "zhuyi_worker_heartbeat_timestamp_seconds", worker="0") > 1e9
    assert total(samples, "zhuyi_worker_restarts_total", worker="0") == 2


def test_running_rows_and_slots_are_those_of_each_engine() -> None:
    """Of all its versions together; an engine that is dead has none, whatever it told last."""
    metrics = Metrics()
    metrics.observe_at_scrape(_WithCandidate())
    for facts in ({"version": "1"}, {"version": "2"}, {"engine": 1}):
        metrics.record_tick(tick(rows=8, num_running=2, **facts))
    metrics.record_tick(tick(rows=4, num_running=0, model="en-zh"))
    samples = samples_of(metrics.render()[0].decode())
    for worker, running, slots in (("0", 16, 64), ("1", 0, 0)):
        labels = {"model": "zh-en", "worker": worker}
        assert total(samples, "zhuyi_running_rows", **labels) == running
        assert total(samples, "zhuyi_slots", **labels) == slots
    names = [line.split()[0] for line in metrics.render()[0].decode().splitlines() if line[0] != "#"]
    assert len(set(names)) == len(names)  # Prometheus keeps one of two samples with the same labels


def test_what_an_engine_told_before_it_was_started_again_is_over() -> None:
    """Also where the version that its rows were of is never heard of again."""

    class Restarted(_ServiceState):
        num_restarts = 0

        def engines(self) -> tuple[EngineStatus, ...]:
            return (EngineStatus(0, os.getpid(), "ready", 0.0, 3, self.num_restarts),)

    metrics, state = Metrics(), Restarted()
    metrics.observe_at_scrape(state)
    running = []
    for version, num_restarts in (("1", 0), ("", 1), ("2", 1)):
        state.num_restarts = num_restarts
        if version:
            metrics.record_tick(tick(rows=8, num_running=2, version=version))
        running.append(total(samples_of(metrics.render()[0].decode()), "zhuyi_running_rows"))
    assert running == [8, 0, 8]


def test_nothing_is_said_of_a_key_file_where_there_is_none() -> None:
    """A 0 would set off an alert, a 1 would be a claim about nothing."""
    metrics = Metrics()
    metrics.observe_at_scrape(_WithoutKeys())
    assert b"zhuyi_keys_file_taken" not in metrics.render()[0]
    with_keys = Metrics()
    with_keys.observe_at_scrape(SERVICE_STATE)
    assert b"zhuyi_keys_file_taken 1.0" in with_keys.render()[0]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells it there")
def test_the_memory_of_living_engines_is_told() -> None:
    """As the process itself sees it; an engine without a process has none."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    samples = samples_of(metrics.render()[0].decode())
    own = total(samples, "process_resident_memory_bytes")
    assert total(samples, "zhuyi_worker_resident_memory_bytes", worker="0") == pytest.approx(own, rel=0.05)
    assert ("zhuyi_worker_resident_memory_bytes", frozenset({("worker", "1")})) not in samples
