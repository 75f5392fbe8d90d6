"""`python -m benchmarks.run --out FILE`: our service and its peers by turns; raw numbers go to a JSON file.

The file is written after every turn, so a run that is cut short leaves what it has found.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.machine import describe_machine, versions
from benchmarks.record import Record, Turn
from benchmarks.reference import translate_all
from benchmarks.rounds import ALL, Rounds, Setting
from benchmarks.scenarios import SCENARIOS
from benchmarks.servers import ROOT, SERVERS
from benchmarks.texts import OWN_SENTENCES, read_texts
from benchmarks.turn import Plan
from service.engine.store import ModelStore

_MODEL = "zh-en"


def main() -> int:
    """Runs all rounds; 1 where a server could not be measured or gave a wrong answer."""
    arguments = _parser().parse_args()
    setting = _setting(arguments)
    reference = translate_all(
        read_texts(setting.texts_file),
        setting.model_folder,
        precision=setting.precision,
    )
    record = _record(setting, len(reference.translations))
    with tempfile.TemporaryDirectory() as scratch:
        for turn in Rounds(setting, reference, Path(scratch)):
            record.turns.append(turn)
            record.write(arguments.out)
            print(line_of(turn), flush=True)
    return int(any(turn.has_failed for turn in record.turns))


def line_of(turn: Turn) -> str:
    """A turn in one line for whoever watches."""
    name = f"round {turn.round + 1} {turn.server}:"
    if turn.closed is None or turn.closed.latency is None or turn.usage is None:
        return f"{name} {turn.error or ('no right answer' if turn.is_applicable else 'n/a')}"
    latency, failures = turn.closed.latency, dict(turn.closed.failures)
    parts = [
        f"{turn.closed.requests_per_second:.0f} requests/s",
        f"p50/p99 {latency.p50:.0f}/{latency.p99:.0f} ms",
        f"{turn.processor_ms:.1f} ms of processor",
        f"{turn.usage.rss_mb:.0f} MB",
        *(f"p99 {_number(one.measurement.p99_of_sent_ms)} ms at {one.rate:.0f}/s" for one in turn.points),
        *([] if turn.goodput is None else [f"goodput {turn.goodput:.0f}/s"]),
        *(f"{count} {kind}" for kind, count in failures.items()),
        *([turn.error] if turn.error else []),
    ]
    return f"{name} {', '.join(parts)}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _record(setting: Setting, num_texts: int) -> Record:
    servers = {name: ALL[name] for name in setting.names}
    return Record(
        machine=describe_machine(),
        versions={name: versions(server.packages, server.python) for name, server in servers.items()},
        titles={name: server.title for name, server in servers.items()},
        command=" ".join(["python -m benchmarks.run", *sys.argv[1:]]),
        scenario=setting.scenario,
        model="/".join(setting.model_folder.parts[-2:]),
        precision=setting.precision,
        texts=setting.texts_file.name,
        num_texts=num_texts,
        connections=setting.plan.connections,
        rates=sorted(setting.plan.rates),
        limit_ms=setting.plan.limit_ms,
    )


def _setting(arguments: argparse.Namespace) -> Setting:
    folder = next(one for one in ModelStore(arguments.model_store).latest() if one.manifest.name == _MODEL)
    return Setting(
        names=tuple(arguments.peers),
        num_rounds=arguments.rounds,
        scenario=arguments.scenario,
        texts_file=arguments.texts,
        model_folder=folder.path.resolve(),
        precision=arguments.precision or ("fp32" if folder.manifest.int8 is None else "int8"),
        max_batch=arguments.max_batch,
        workers=arguments.workers,
        ours=dict(pair.split("=", 1) for pair in arguments.set),
        plan=Plan(
            connections=arguments.connections,
            closed_seconds=arguments.seconds,
            rates=tuple(arguments.rates),
            open_seconds=arguments.open_seconds,
            goodput_probes=arguments.goodput_probes,
            goodput_seconds=arguments.goodput_seconds,
            limit_ms=arguments.limit_ms,
        ),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    add = parser.add_argument
    add("--out", type=Path, required=True, help="the JSON file of raw numbers")
    add("--peers", nargs="+", choices=ALL, default=list(SERVERS), metavar="NAME", help=", ".join(ALL))
    add("--rounds", type=int, default=5)
    add("--scenario", choices=SCENARIOS, default="realistic")
    add("--texts", type=Path, default=OWN_SENTENCES, help="one text a line, or a .tsv with texts second")
    add("--connections", type=int, default=64, help="of the closed loop")
    add("--seconds", type=float, default=8.0, help="of the closed loop")
    add("--rates", nargs="*", type=float, default=[40, 100, 250], help="of the open loop, requests a second")
    add("--open-seconds", type=float, default=4.0, help="at each rate")
    add("--goodput-probes", type=int, default=0, help="halvings of the search's gap; 0: none")
    add("--goodput-seconds", type=float, default=3.0, help="of each probe")
    add("--limit-ms", type=float, default=100.0, help="p99 that the goodput keeps to")
    add("--max-batch", type=int, default=32, help="of the peers")
    add("--workers", type=int, default=1, help="of each server")
    add("--model-store", type=Path, default=ROOT / "model_store", help="with the graphs of all servers")
    add("--precision", choices=["int8", "fp32"], help="of the graphs; int8 where the model has it")
    add("--set", nargs="*", default=[], metavar="ZHUYI_NAME=VALUE", help="settings of our own service")
    return parser


if __name__ == "__main__":
    sys.exit(main())
