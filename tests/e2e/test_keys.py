"""Keys as an operator has them: made on the command line, exchanged while the service runs, and limited."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import httpx
import msgspec
import pytest

from service.api.keys.lines import KeyLine, KeyScope
from service.api.keys.secret import digest_of, new_key
from tests.api.test_metrics import samples_of, total
from tests.e2e.server import Server, command, environment, running
from tests.key_files import line_of, write_keys

GOOD = {"q": "Where is my order?", "source": "en", "target": "zh", "beam_size": 1}


def make_key(store: Path, path: Path, *options: str) -> str:
    """The key that `zhuyi keys new` shows; its line is added to the file."""
    made = subprocess.run(
        command("keys", "new", "--id", "shop-1", "--scope", "translate", *options),
        capture_output=True, text=True, env=environment(store), check=True,
    )  # fmt: skip
    with path.open("a", encoding="utf-8") as file:
        file.write(made.stdout)
    key = re.search(r"zhuyi_\S+", made.stderr)
    assert key
    assert key.group() not in made.stdout
    assert digest_of(key.group()) in made.stdout
    return key.group()


def status(client: httpx.Client, key: str) -> int:
    """That of a translation with this key."""
    return client.post("/translate", json=GOOD, headers={"X-API-Key": key}).status_code


def test_a_key_is_exchanged_while_the_service_runs(store: Path, tmp_path: Path) -> None:
    """The old one counts until it is taken out, the new one from when it is put in."""
    path = tmp_path / "keys"
    old = make_key(store, path)
    with running(store, keys_file=path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        assert status(client, old) == 200
        new = make_key(store, path)
        assert becomes(client, new, 200)
        assert status(client, old) == 200
        path.write_text(path.read_text(encoding="utf-8").splitlines()[1], encoding="utf-8")
        assert becomes(client, old, 403)
        assert status(client, new) == 200
    assert not [line for line in server.said if old in line or new in line]


def test_a_key_file_that_is_not_taken_can_be_seen(store: Path, tmp_path: Path) -> None:
    """In the metrics: broken, the keys from before still count; mended, those of the file do."""
    path = tmp_path / "keys"
    old = make_key(store, path)
    lines = path.read_text(encoding="utf-8")
    with running(store, keys_file=path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        assert is_taken(client) == 1
        path.write_text(f"{lines}and a slip", encoding="utf-8")
        assert soon(lambda: is_taken(client) == 0)
        assert status(client, old) == 200
        path.write_text(lines.replace("shop-1", "shop-2"), encoding="utf-8")
        assert soon(lambda: is_taken(client) == 1)
        assert status(client, old) == 403


def test_without_a_key_file_nothing_is_said_of_one(client: httpx.Client) -> None:
    """Neither that it is taken nor that it is not."""
    assert "zhuyi_keys_file_taken" not in client.get("/metrics").text


def is_taken(client: httpx.Client) -> float:
    """What the service says of its key file."""
    return samples_of(client.get("/metrics").text)["zhuyi_keys_file_taken", frozenset()]


def becomes(client: httpx.Client, key: str, expected: int) -> bool:
    """True where the status is as expected within some seconds."""
    return soon(lambda: status(client, key) == expected)


def soon(claim: Callable[[], bool]) -> bool:
    """True where the claim is within some seconds; each look takes a request's time."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if claim():
            return True
    return False


def test_whoever_waits_as_long_as_it_is_told_gets_in(store: Path, tmp_path: Path) -> None:
    """The one test here that really waits, two seconds at most."""
    path = tmp_path / "keys"
    key = make_key(store, path, "--requests-per-minute", "30")
    with running(store, keys_file=path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        headers = {"X-API-Key": key}
        while (answer := client.post("/translate", json=GOOD, headers=headers)).status_code == 200:
            pass
        refused = time.monotonic()
        wait_seconds = int(answer.headers["retry-after"])
        assert (answer.status_code, wait_seconds) in {(429, 1), (429, 2)}
        time.sleep(refused + wait_seconds - time.monotonic())
        assert status(client, key) == 200


def test_a_key_may_have_every_scope(store: Path) -> None:
    """The command line knows as many as the file."""
    options = [word for scope in get_args(KeyScope) for word in ("--scope", scope)]
    made = subprocess.run(
        command("keys", "new", "--id", "boss", *options), capture_output=True, env=environment(store)
    )
    assert msgspec.json.decode(made.stdout, type=KeyLine).scopes == get_args(KeyScope)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--id", "Shop", "--scope", "translate"), "id"),
        (("--id", "shop", "--scope", "translate", "--expires", "tomorrow"), "expires"),
        (("--id", "shop", "--scope", "translate", "--requests-per-minute", "0"), "requests_per_minute"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(store: Path, options: tuple[str, ...], message: str) -> None:
    """One line says which option is wrong."""
    made = subprocess.run(
        command("keys", "new", *options), capture_output=True, text=True, env=environment(store)
    )
    assert (made.returncode, made.stdout) == (1, "")
    assert len(made.stderr.splitlines()) == 1
    assert message in made.stderr


@pytest.mark.parametrize("content", [None, "{"])
def test_a_broken_key_file_stops_the_start(store: Path, tmp_path: Path, content: str | None) -> None:
    """Rather than letting everybody in, or nobody."""
    path = tmp_path / "keys"
    if content is not None:
        path.write_text(content)
    ended = subprocess.run(
        command("serve"), capture_output=True, text=True, env=environment(store, keys_file=path)
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"zhuyi: key file {path}: ")
    assert len(ended.stderr.splitlines()) == 1


SHOP = new_key("shop-1")


@pytest.fixture
def two_ports(store: Path, tmp_path: Path) -> Iterator[tuple[Server, str]]:
    """A service with a second port, and the address of that."""
    write_keys(tmp_path / "keys", line_of(SHOP))
    settings = {"drain_seconds": 90, "request_timeout_seconds": 90}  # however busy the machine is
    with running(store, keys_file=tmp_path / "keys", admin_port=0, **settings) as server:
        assert server.admin_url
        yield server, server.admin_url


def test_the_second_port_alone_has_the_metrics(two_ports: tuple[Server, str]) -> None:
    """Of both ports; health is on either."""
    server, admin_url = two_ports
    with httpx.Client(timeout=60) as client:
        assert client.get(f"{server.url}/metrics").status_code == 404
        assert client.post(f"{admin_url}/translate", json=GOOD).status_code == 404
        for url in (server.url, admin_url):
            assert client.get(f"{url}/health/ready").status_code == 200
        samples = samples_of(client.get(f"{admin_url}/metrics").text)
    assert total(samples, "zhuyi_http_requests_total", route="/health/ready", status="200") == 2


def test_both_ports_end_in_order(two_ports: tuple[Server, str]) -> None:
    """The second one tells about the first until its last request has ended; then the exit code is 0."""
    server, admin_url = two_ports
    slow = GOOD | {"q": ["Where is my order? " * 250] * 3, "beam_size": 8}
    headers = {"X-API-Key": SHOP}

    def num_in_flight(client: httpx.Client) -> float:
        samples = samples_of(client.get("/metrics").text)
        return total(samples, "zhuyi_http_requests_in_flight", route="/translate")

    with ThreadPoolExecutor(1) as pool, httpx.Client(base_url=admin_url, timeout=60) as admin:
        answer = pool.submit(httpx.post, f"{server.url}/translate", json=slow, headers=headers, timeout=100)
        while not num_in_flight(admin):
            assert not answer.done()
        server.process.send_signal(signal.SIGTERM)
        assert is_closed(server.url)
        assert num_in_flight(admin) == 1
        assert answer.result().status_code == 200
        assert server.process.wait(30) == 0
    assert is_closed(admin_url)


def is_closed(url: str) -> bool:
    """True where nobody takes a connection; waits for that a few seconds."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            httpx.get(f"{url}/health")
        except httpx.TransportError:
            return True
    return False
