"""`python -m benchmarks.served`: what of the bare engine's speed is left behind HTTP, in one run.

The bare engine and the service take turns on the same texts, the service with 64 connections and one
engine. The bare engine is counted by processor time, as one core that has nothing else to do; the
service by the clock. It is asked twice: with as many sentences in flight as there are connections, which
is the same work without HTTP (attention, which the service looks at, included); and with all of them
waiting from the start, where whoever is encoded next is chosen among many more.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from msgspec.structs import replace

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
    jobs = [replace(job, with_attention=True) for job in jobs_of(folder, chosen, beam_size=1)]
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
    ratios: dict[str, list[float]] = {"alike": [], "all at once": []}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in Rounds(setting, reference, Path(scratch)):
            assert turn.closed is not None, turn.error
            served = turn.closed.requests_per_second
            told = [f"served {served:.0f}/s"]
            for (how, found), in_flight in zip(ratios.items(), (_CONNECTIONS, 0), strict=True):
                bare = engine.run(jobs, is_continuous=True, num_in_flight=in_flight).per_second
                found.append(served / bare)
                told.append(f"bare {how} {bare:.0f}/s, {found[-1]:.2f}")
            print("; ".join(told), flush=True)
    for how, found in ratios.items():
        middle = statistics.median(found)
        print(f"{arguments.precision}: served / bare {how}, median of {len(found)}: {middle:.2f}")


if __name__ == "__main__":
    main()
