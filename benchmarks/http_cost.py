"""What HTTP costs: CPU of the server per request, by the real application over engines that answer at once.

    python -m benchmarks.http_cost [--requests 4000] [--connections 8] [--rounds 5]

Each application has a process of its own; the rounds take turns among all requests, so that a busy
machine is unfair to all alike. CPU time is that of the whole server process, user and system together.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import uvicorn

from benchmarks.http_applications import bare_application, real_application
from service.cli.serve import server_config
from service.settings import Settings

HOST: Final = "127.0.0.1"
SOURCE: Final = "你好，我昨天下的订单什么时候能发货？"
FIELDS: Final = {"q": SOURCE, "source": "zh", "target": "en"}
ALIGNED: Final = FIELDS | {"include": ["alignment"]}
_SPAWN: Final = multiprocessing.get_context("spawn")
_START_SECONDS: Final = 60
_SOCKET_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Case:
    """A request to one of the applications; without `fields` it is a GET."""

    name: str
    application: str
    path: str
    fields: dict[str, object] | None = None


CASES: Final = (
    Case("translate: the route", "routes", "/translate", FIELDS),
    Case("translate: with sentences, spans and evidence", "texts", "/translate", FIELDS),
    Case("translate: with the translator, too", "whole", "/translate", FIELDS),
    Case("translate with alignment: the route", "routes", "/translate", ALIGNED),
    Case("translate with alignment: with all", "whole", "/translate", ALIGNED),
    Case("health", "whole", "/health/live"),
    Case("bare FastAPI: GET", "bare", "/hello"),
    Case("bare FastAPI: POST with models", "bare", "/echo", FIELDS),
)


def main() -> None:
    """Measures all cases and prints a table."""
    arguments = _arguments()
    with ExitStack() as stack:
        names = sorted({case.application for case in CASES})
        servers = {name: stack.enter_context(_serving(name, arguments.model_store)) for name in names}
        figures: dict[str, list[float]] = {case.name: [] for case in CASES}
        for number in range(arguments.rounds + 1):
            for case in CASES:
                measured = _measure(case, servers[case.application], arguments)
                if number:  # the first round warms up
                    figures[case.name].append(measured)
    print(
        f"{arguments.rounds} rounds, {arguments.requests} requests each, {arguments.connections} connections"
    )
    print("| Request | µs of server CPU, median | least |\n|---|---|---|")
    for name, values in figures.items():
        print(f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} |")


@dataclass(frozen=True, slots=True)
class Server:
    """A running application and the pipe that its process answers on."""

    port: int
    pipe: Connection

    def cpu_seconds(self) -> float:
        """What its process has used so far."""
        self.pipe.send(True)
        used: float = self.pipe.recv()
        return used


@contextmanager
def _serving(application: str, model_store: Path) -> Iterator[Server]:
    """The application in a process of its own, ended afterwards."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_serve, args=(application, model_store, theirs), daemon=True)
    process.start()
    theirs.close()
    if not ours.poll(_START_SECONDS):
        raise TimeoutError(f"the application {application} did not start")
    try:
        yield Server(ours.recv(), ours)
    finally:
        ours.send(False)
        process.join(_START_SECONDS)


def _serve(application: str, model_store: Path, pipe: Connection) -> None:
    """Serves until the pipe says False; to every True it answers with the CPU seconds of this process."""
    settings = Settings(model_store=model_store, max_queue_sequences=1024)
    if application == "bare":
        config = uvicorn.Config(bare_application(), http="httptools", log_level="warning", access_log=False)
    else:
        config = server_config(real_application(application, settings), settings)
    server = uvicorn.Server(config)

    def answer() -> None:
        while pipe.recv():
            pipe.send(time.process_time())
        server.should_exit = True

    with socket.create_server((HOST, 0)) as listener:
        pipe.send(listener.getsockname()[1])
        threading.Thread(target=answer, daemon=True).start()
        server.run([listener])


def _measure(case: Case, server: Server, arguments: argparse.Namespace) -> float:
    """Microseconds of the server's CPU per request."""
    request, per_connection = _request(case), arguments.requests // arguments.connections
    with ThreadPoolExecutor(arguments.connections) as threads:
        before = server.cpu_seconds()
        loads = [
            threads.submit(_load, server.port, request, per_connection) for _ in range(arguments.connections)
        ]
        for load in loads:
            load.result()
        used = server.cpu_seconds() - before
    return used * 1e6 / (per_connection * arguments.connections)


def _request(case: Case) -> bytes:
    body = b"" if case.fields is None else json.dumps(case.fields, ensure_ascii=False).encode()
    lines = [
        f"{'POST' if body else 'GET'} {case.path} HTTP/1.1",
        f"Host: {HOST}",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: python-httpx/0.28.1",
    ]
    if body:
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _load(port: int, request: bytes, num_requests: int) -> None:
    """So many requests on one connection, each after the answer to the one before."""
    with socket.create_connection((HOST, port), _SOCKET_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(num_requests):
            connection.sendall(request)
            _read_answer(connection)


def _read_answer(connection: socket.socket) -> None:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _received(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer.decode(errors="replace"))
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += _received(connection)


def _received(connection: socket.socket) -> bytes:
    part = connection.recv(65_536)
    if not part:
        raise ConnectionError("the server closed the connection")
    return part


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=4000, help="per case and round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model-store", type=Path, default=Path("model_store"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
