"""A real Prometheus with this repository's configuration, on a port of the loopback address."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from tests.monitoring.files import MONITORING, RULES

_ADDRESS: Final = re.compile(r'msg="Listening on" address=(\S+)')
_PATIENCE_SECONDS: Final = 20


class Prometheus:
    """A running one; asks it over HTTP."""

    def __init__(self, folder: Path, target: str) -> None:
        self._process = subprocess.Popen(
            ["prometheus", f"--config.file={write_configuration(folder, target)}",
             f"--storage.tsdb.path={folder / 'data'}", "--web.listen-address=127.0.0.1:0"],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._said: list[str] = []
        self._address = ""
        self._is_known = threading.Event()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def connect(self) -> None:
        """Waits until it listens; fails where it ends without."""
        assert self._is_known.wait(_PATIENCE_SECONDS)
        assert self._address, "".join(self._said)
        self._client = httpx.Client(base_url=f"http://{self._address}/api/v1", timeout=_PATIENCE_SECONDS)

    def query(self, text: str) -> list[dict[str, Any]]:
        """The series that an instant query answers; what is wrong with it fails the test."""
        answer = self._client.get("/query", params={"query": text}).json()
        assert answer["status"] == "success", answer["error"]
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(_PATIENCE_SECONDS)
        self._listener.join(_PATIENCE_SECONDS)
        self._client.close()

    def _listen(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as stream:
            for line in stream:
                self._said.append(line)
                if found := _ADDRESS.search(line):
                    self._address = found.group(1)
                    self._is_known.set()
        self._is_known.set()


@contextmanager
def scraping(folder: Path, target: str) -> Iterator[Prometheus]:
    """A Prometheus that scrapes host and port `target` every second, and keeps its data in `folder`."""
    prometheus = Prometheus(folder, target)
    try:
        prometheus.connect()
        yield prometheus
    finally:
        prometheus.stop()


def write_configuration(folder: Path, target: str) -> Path:
    """The files of `monitoring/` with one target and short intervals; returns the place of the main one."""
    configuration = yaml.safe_load((MONITORING / "prometheus.yml").read_text(encoding="utf-8"))
    configuration["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    configuration["scrape_configs"][0]["static_configs"][0]["targets"] = [target]
    del configuration["scrape_configs"][0]["dns_sd_configs"]
    rules = RULES.read_text(encoding="utf-8").replace("interval: 15s", "interval: 1s")
    (folder / "rules.yml").write_text(rules, encoding="utf-8")
    written = folder / "prometheus.yml"
    written.write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return written


def until(claim: Callable[[], bool], *, seconds: float) -> None:
    """Calls `claim`, which does some work itself, until it is true."""
    end = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < end, f"not so within {seconds} seconds"
