"""Servers take turns, round after round; a server runs only in its turn, since it shares the cores."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import run
from benchmarks.peers.options import PeerOptions
from benchmarks.record import Turn
from benchmarks.reference import Reference
from benchmarks.scenarios import SCENARIOS
from benchmarks.server_process import ServerFailed, running
from benchmarks.servers import SERVERS, VARIANTS, Server
from benchmarks.target import Request, Target
from benchmarks.texts import read_texts
from benchmarks.turn import Plan, TurnTaker
from benchmarks.wire import HOST
from service.text.spans import find_spans

_START_SECONDS = 90.0
ALL = SERVERS | VARIANTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same in every turn; `precision` is that of the graphs, int8 or fp32."""

    names: tuple[str, ...]
    num_rounds: int
    scenario: str
    texts_file: Path
    model_folder: Path
    precision: str
    max_batch: int = 32
    workers: int = 1
    ours: Mapping[str, str]
    plan: Plan


class Rounds:
    """All turns of a run; `scratch` is an empty folder for logs."""

    def __init__(self, setting: Setting, reference: Reference, scratch: Path) -> None:
        self._setting, self._reference, self._scratch = setting, reference, scratch
        self._lengths_file = scratch / "lengths.json"
        reference.write_lengths(self._lengths_file)

    def __iter__(self) -> Iterator[Turn]:
        """Every server once a round; each round begins with the next one, so that none is always first."""
        names = self._setting.names
        for number in range(self._setting.num_rounds):
            first = number % len(names)
            for name in [*names[first:], *names[:first]]:
                yield self._turn(name, number)

    def _turn(self, name: str, number: int) -> Turn:
        server, turn = ALL[name], Turn(server=name, round=number)
        if self._setting.scenario == "arrays" and not server.takes_arrays:
            turn.is_applicable = False
            return turn
        options = self._options(server)
        log = self._scratch / f"{name}.{number}.log"
        environment = server.environment(options, self._setting.ours)
        with running(server.command(options.port), environment, log) as process:
            target = Target(HOST, options.port, server.wire.read)
            requests = self._stream(server, options.port, number)
            try:
                run(process.wait_until_answered(target, next(requests()), _START_SECONDS))
                run(TurnTaker(process, target, requests, self._setting.plan, seed=number).take(turn))
            except ServerFailed as error:
                turn.error = str(error)
        return turn

    def _options(self, server: Server) -> PeerOptions:
        setting = self._setting
        return PeerOptions(
            port=free_port(),
            model_folder=setting.model_folder,
            precision=setting.precision,
            policy=server.policy,
            max_batch=setting.max_batch,
            workers=setting.workers,
            lengths_file=self._lengths_file,
        )

    def _stream(self, server: Server, port: int, number: int) -> RequestStream:
        texts = read_texts(self._setting.texts_file, seed=number)
        known = [text for text in texts if text in self._reference.translations]
        is_fp32 = self._setting.precision == "fp32"
        is_known = server.shares == "graphs" or (server.shares == "weights" and is_fp32)
        right = self._reference.translations if is_known else None
        if server.is_ours:  # protected spans travel as symbols, which no bare graph sees
            right = {text: one for text, one in self._reference.translations.items() if not find_spans(text)}
        return RequestStream(server, port, known, self._setting.scenario, right)


@dataclass(frozen=True, slots=True)
class RequestStream:
    """A scenario's requests to one server without end; every call begins them anew.

    All servers of a round get the same texts in the same order. Without `right` translations any answer
    will do that is not empty.
    """

    server: Server
    port: int
    texts: list[str]
    scenario: str
    right: Mapping[str, str] | None

    def __call__(self) -> Iterator[Request]:
        for question in SCENARIOS[self.scenario](self.texts):
            message = self.server.wire.message(question.texts, port=self.port, is_array=question.is_array)
            expected = None
            if self.right is not None and all(text in self.right for text in question.texts):
                expected = [self.right[text] for text in question.texts]
            yield Request(message, expected, len(question.texts), question.label)


def free_port() -> int:
    """A port of this machine that nobody has at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
