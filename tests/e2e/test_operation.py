"""The service as its operator sees it: start, metrics, logs, stop, and the other commands."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import termios
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.test_metrics import Samples, samples_of, total
from tests.e2e.sentences import english
from tests.e2e.server import Server, command, environment, running

GOOD = {"q": "Where is my order?", "source": "en", "target": "zh", "beam_size": 1}


def test_metrics_agree_with_the_answers(store: Path) -> None:
    """Tokens, sentences and requests as the client counted them; all begin at 0, and the queue ends so."""
    with running(store) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        before = samples_of(client.get("/metrics").text)
        usages = [
            client.post(
                "/translate", json={"q": text, "source": "en", "target": "zh", "beam_size": 1}
            ).json()["usage"]
            for text in english(10)
        ]
        samples = samples_of(client.get("/metrics").text)
    begun = {labels for name, labels in before if name == "zhuyi_requests_total"}
    assert {labels for name, labels in samples if name == "zhuyi_requests_total"} == begun
    assert total(before, "zhuyi_requests_total") == 0
    assert total(samples, "zhuyi_requests_total", outcome="ok") == 10
    assert total(samples, "zhuyi_rows_total") == total(samples, "zhuyi_request_queue_seconds_count") == 10
    for side in ("source_tokens", "target_tokens"):
        assert total(samples, f"zhuyi_{side}_sum") == sum(usage[side] for usage in usages)
    assert total(samples, "zhuyi_source_tokens_total") == sum(usage["source_tokens"] for usage in usages)
    assert total(samples, "zhuyi_decode_step_seconds_count") >= max(
        usage["target_tokens"] for usage in usages
    )
    assert total(samples, "zhuyi_queue_requests") == total(samples, "zhuyi_running_rows") == 0
    assert total(samples, "zhuyi_model_ready") == 2


def test_the_work_of_a_client_that_left_is_dropped(store: Path) -> None:
    """Its sentences leave the queue and the running batch; others are answered meanwhile."""
    slow = {"q": " ".join(english(230)), "source": "en", "target": "zh", "beam_size": 8}
    with running(store) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post("/translate", json=slow, timeout=0.2)
        assert client.post("/translate", json=GOOD).status_code == 200
        samples = samples_with(client, "zhuyi_cancelled_rows_total")
    assert total(samples, "zhuyi_requests_total", outcome="cancelled") == 1
    assert total(samples, "zhuyi_queue_requests") == 0


async def test_what_does_not_fit_into_the_queue_is_refused_at_once(store: Path) -> None:
    """503 with a time to come back; what was taken is answered, and the counts of both sides agree."""
    with running(store, max_queue_sequences=4) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            texts = english(24)
            answers = await asyncio.gather(
                *(
                    client.post("/translate", json={"q": text, "source": "en", "target": "zh"})
                    for text in texts
                )
            )
            samples = samples_of((await client.get("/metrics")).text)
            too_many = await client.post("/translate", json={"q": texts, "source": "en", "target": "zh"})
    refused = [answer for answer in answers if answer.status_code == 503]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
    assert len(refused) == total(samples, "zhuyi_requests_total", outcome="overloaded") > 0
    assert len(answers) - len(refused) == total(samples, "zhuyi_requests_total", outcome="ok") >= 4
    assert too_many.status_code == 400
    assert too_many.json()["errors"][0]["limit"] == 4


def test_a_fallback_to_the_cpu_is_a_line_with_its_reason(store: Path) -> None:
    """One JSON object per model and engine, and no line of an engine's own between them."""
    with running(store, device="auto", engines=1, log_format="json") as server:
        said = list(server.said)
    events = [json.loads(line) for line in said if not line.startswith(("Zhuyi listens", "Try: "))]
    fallbacks = [one for one in events if one["event"] == "device_fallback"]
    assert [(one["engine"], one["requested"], one["actual"]) for one in fallbacks] == [(0, "auto", "cpu")] * 2
    assert all(one["reason"] and one["model"] for one in fallbacks)


def test_the_start_tells_an_address_and_a_command_that_works(server: Server) -> None:
    """The printed `curl` is what a new user tries first."""
    line = next(line for line in server.said if line.startswith("Try: curl"))
    body = json.loads(line[line.index("'{") + 1 : line.rindex("'")])
    assert httpx.post(f"{server.url}/translate", json=body, timeout=60).status_code == 200


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_during_the_start_is_clean(store: Path, by: signal.Signals) -> None:
    """No hang and no traceback, whatever was being loaded."""
    process = subprocess.Popen(
        command("serve"), env=environment(store, log_level="debug"), stderr=subprocess.PIPE, text=True
    )
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.send_signal(by)
    said = process.communicate(timeout=30)[1]
    assert "Traceback" not in said
    assert process.returncode in (0, -by, 130)


def test_a_taken_port_is_told_in_one_line(store: Path) -> None:
    """Before any model is loaded."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run(store, "serve", "--port", str(port))
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert str(port) in found.stderr


@pytest.mark.parametrize(
    "settings", [{"port": 99_999}, {"device": "tpu"}, {"beam_size": 9}, {"engines": "many"}]
)
def test_a_wrong_setting_is_told_in_one_line(store: Path, settings: dict[str, Any]) -> None:
    """With the name of the variable."""
    found = run(store, "serve", **settings)
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert f"ZHUYI_{next(iter(settings)).upper()}" in found.stderr


def test_a_missing_store_is_told_in_one_line(tmp_path: Path) -> None:
    """An empty one as well: nothing could be translated."""
    found = run(tmp_path / "none", "serve")
    assert (found.returncode, found.stderr.count("\n")) == (1, 1)


def test_lines_are_translated_in_order(store: Path) -> None:
    """As many lines out as in, empty ones among them; no progress bar where nobody looks."""
    lines = [*english(40), "", "  ", "42"]
    found = run(store, "translate", "--from", "en", "--to", "zh", "--beam-size", "1", text="\n".join(lines))
    assert found.returncode == 0, found.stderr
    translated = found.stdout.split("\n")
    assert len(translated) == len(lines) + 1
    assert translated[40:] == ["", "  ", "42", ""]
    assert "lines" not in found.stderr


def test_a_terminal_sees_how_far_it_is(store: Path) -> None:
    """Progress in lines, on standard error alone."""
    screen, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    with os.fdopen(screen, "rb"):
        arguments = command("translate", "--from", "en", "--to", "zh")
        found = subprocess.run(
            arguments,
            env=environment(store),
            input=b"ok\n",
            stdout=subprocess.PIPE,
            stderr=terminal,
            timeout=60,
        )
        os.close(terminal)
        shown = os.read(screen, 10_000)
    assert found.stdout.count(b"\n") == 1
    assert b"1 lines" in shown


def test_strictly_a_line_that_is_too_long_is_named(store: Path) -> None:
    """The command fails; else it divides the line."""
    text = "ok\n" + "refund " * 2000
    found = run(store, "translate", "--strict", "--from", "en", "--to", "zh", text=text)
    assert found.returncode == 1
    assert "line 2 " in found.stderr


def test_a_line_that_is_no_utf_8_is_named(store: Path) -> None:
    """In every locale, without a traceback that would show it."""
    for locale in ("C", "C.UTF-8"):
        found = subprocess.run(
            command("translate", "--from", "en", "--to", "zh"),
            env=environment(store) | {"LC_ALL": locale},
            input=b"ok\nok\n\xff\n",
            capture_output=True,
            timeout=60,
        )
        assert (found.returncode, found.stderr) == (1, b"zhuyi: line 3: is not UTF-8\n")


def test_lines_of_many_sentences_fit(store: Path) -> None:
    """The bounds of the queue are for callers over HTTP, not for a file."""
    lines = ["Yes. " * 20] * 3
    settings = {"max_queue_sequences": 10, "max_queue_tokens": 10}
    found = run(store, "translate", "--from", "en", "--to", "zh", text="\n".join(lines), **settings)
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("\n") == 3


def test_an_interrupt_ends_a_translation_that_waits_for_input(store: Path) -> None:
    """At once and quietly, although nothing more comes in."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell runs behind itself ignores it
    arguments = command("translate", "--from", "en", "--to", "zh")
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, env=environment(store), stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"ok\n" * 32 * 8)
        process.stdin.flush()
        assert process.stdout.readline()  # it is ready, and reads on
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b""


def test_the_store_is_listed(store: Path) -> None:
    """One line per model below the titles."""
    found = run(store, "models")
    assert found.returncode == 0
    assert [line.split()[0] for line in found.stdout.splitlines()] == ["NAME", "en-zh", "zh-en"]


def samples_with(client: httpx.Client, name: str) -> Samples:
    """The samples as soon as this counter has counted, which the engines tell of at their next tick."""
    until = time.monotonic() + 20
    while not total(samples := samples_of(client.get("/metrics").text), name):
        assert time.monotonic() < until
        time.sleep(0.02)
    return samples


def run(store: Path, *arguments: str, text: str = "", **settings: Any) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(store, **settings),
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
