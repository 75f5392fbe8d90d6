"""mosec: a Rust server with dynamic batching before a Python worker process."""

from __future__ import annotations

import os
import sys
from typing import Any

import msgspec
from mosec import Server, Worker

from benchmarks.peers.options import PeerOptions
from benchmarks.peers.translation import Translator


class TranslationWorker(Worker):
    """One batch of requests at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._translator = Translator.from_options(PeerOptions.from_environment())

    def deserialize(self, data: bytes) -> Any:
        """With a faster reader of JSON than the standard library's."""
        return msgspec.json.decode(data)

    def serialize(self, data: Any) -> bytes:
        """With a faster writer, too."""
        return msgspec.json.encode(data)

    def forward(self, data: list[dict[str, Any]]) -> list[dict[str, str]]:
        """The answers to a batch of requests."""
        translated = self._translator.translate([request["q"] for request in data])
        return [{"translatedText": text} for text in translated]


def main() -> None:
    """Serves until a signal comes. `--wait 0` switches the timer off, so a batch is what waits just now."""
    options = PeerOptions.from_environment()
    sys.argv[1:] = ["--address", "127.0.0.1", "--port", str(options.port), "--wait", "0"]
    sys.argv += ["--timeout", "60000", "--capacity", "4096", "--log-level", "error"]
    server = Server()
    server.append_worker(
        TranslationWorker, num=options.workers, max_batch_size=options.max_batch, route="/translate"
    )
    server.run()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
