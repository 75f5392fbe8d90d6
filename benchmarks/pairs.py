"""Two of our servers that both stay up, asked by turns: for differences smaller than a new start makes.

    python -m benchmarks.pairs --peers zhuyi zhuyi-bare [--rounds 14] [--seconds 4] [--out FILE]

Who begins changes from round to round. The ratio is of the first to the second, within a round.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec

from benchmarks.by_turns import Ask, by_turns
from benchmarks.load import closed_loop, run
from benchmarks.peers.options import PeerOptions
from benchmarks.rounds import ALL, RequestStream, free_port
from benchmarks.server_process import running
from benchmarks.servers import ROOT
from benchmarks.target import Request, Target
from benchmarks.texts import OWN_SENTENCES, read_texts
from benchmarks.wire import HOST
from service.engine.store import ModelStore

_START_SECONDS = 120.0
_WARM_UP_SECONDS = 3.0


def main() -> None:
    """Measures all rounds and prints them."""
    arguments = _arguments()
    with ExitStack() as stack:
        asks = [_serving(name, stack) for name in arguments.peers]
        for ask in asks:
            ask(_WARM_UP_SECONDS)
        rates = by_turns(asks, arguments.rounds, arguments.seconds)
    ratios = [first / second for first, second in rates]
    for number, ((first, second), ratio) in enumerate(zip(rates, ratios, strict=True), 1):
        print(f"round {number}: {first:.0f} and {second:.0f} requests/s, {ratio:.3f}")
    print(f"{' / '.join(arguments.peers)}: {statistics.median(ratios):.3f} in the median")
    if arguments.out:
        arguments.out.write_bytes(msgspec.json.encode({"servers": arguments.peers, "rates": rates}))


def _serving(name: str, stack: ExitStack) -> Ask:
    """Starts a server that stays up; gives what asks it for so many seconds, with 64 connections."""
    server, port = ALL[name], free_port()
    folder = next(one for one in ModelStore(ROOT / "model_store").latest() if one.manifest.name == "zh-en")
    options = PeerOptions(
        port=port, model_folder=folder.path.resolve(), precision="int8", policy=server.policy, max_batch=32,
        workers=1, lengths_file=OWN_SENTENCES,
    )  # fmt: skip  # what is about batches and lengths only peers read
    log = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "log"
    process = stack.enter_context(running(server.command(port), server.environment(options, {}), log))
    target = Target(HOST, port, server.wire.read)
    stream = RequestStream(server, port, read_texts(OWN_SENTENCES), "realistic", None)

    def ask(seconds: float) -> float:
        requests: Iterator[Request] = stream()
        found = run(closed_loop(target, requests, connections=64, seconds=seconds))
        if found.num_failures:
            raise RuntimeError(f"{name}: {found.failures}")
        return found.requests_per_second

    run(process.wait_until_answered(target, next(stream()), _START_SECONDS))
    return ask


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ours = [name for name, server in ALL.items() if server.is_ours]
    parser.add_argument("--peers", nargs=2, choices=ours, default=["zhuyi", "zhuyi-bare"])
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each turn")
    parser.add_argument("--out", type=Path, help="a JSON file for the rates")
    return parser.parse_args()


if __name__ == "__main__":
    main()
