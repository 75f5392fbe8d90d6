"""`python -m benchmarks.served`: what of the bare engine's speed is left behind HTTP, in one run.

The bare engine and the service take turns on the same texts, the service with 64 connections and one
engine. The bare engine is counted by processor time, as one core that has nothing else to do; the
service by the clock.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.bare import BareEngine, jobs_of
from benchmarks.reference import translate_all
from benchmarks.rounds import Rounds, Setting
from benchmarks.scenarios import realistic
from benchmarks.servers import ROOT
from benchmarks.texts import OWN_SENTENCES, read_texts
from benchmarks.turn import Plan
from service.engine.scheduler import BatchLimits
from service.engine.store import ModelStore

_CONNECTIONS = 64


def main() -> None:
    """Prints both rates of every round, and the median of their ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.served", description=__doc__)
    parser.add_argument("--precision", choices=["int8", "fp32"], default="int8")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    arguments = parser.parse_args()
    (folder,) = [one for one in ModelStore(ROOT / "model_store").latest() if one.manifest.name == "zh-en"]
    texts = read_texts()
    stream = realistic(texts)
    chosen = list(dict.fromkeys(next(stream).texts[0] for _ in texts))
    engine = BareEngine(folder, arguments.precision, BatchLimits())
    jobs = jobs_of(folder, chosen, beam_size=1)
    setting = Setting(
        names=("zhuyi",),
        num_rounds=arguments.rounds,
        scenario="realistic",
        texts_file=OWN_SENTENCES,
        model_folder=folder.path.resolve(),
        precision=arguments.precision,
        ours={},
        plan=Plan(connections=_CONNECTIONS, closed_seconds=arguments.seconds),
    )
    reference = translate_all(texts, folder.path, precision=arguments.precision)
    ratios: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        for turn in Rounds(setting, reference, Path(scratch)):
            assert turn.closed is not None, turn.error
            bare = engine.run(jobs, is_continuous=True).per_second
            ratios.append(turn.closed.requests_per_second / bare)
            print(f"served {turn.closed.requests_per_second:.0f}/s, bare {bare:.0f}/s, {ratios[-1]:.2f}")
    print(f"{arguments.precision}: served / bare, median of {len(ratios)}: {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
