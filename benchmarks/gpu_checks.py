"""What must hold on a GPU: tokens as on the CPU, nodes where they belong, rows that do not see each other."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.gpu_model import carried_out, dismiss, rows_of
from service.engine.loading import LoadedModel
from service.engine.messages import Found, Job
from service.engine.scheduler import BatchLimits

TIES = {"fp32": 1e-3, "fp16": 0.05}  # nats
HEAVY = frozenset(
    {"FusedMatMul", "Gemm", "LSTM", "LogSoftmax", "MatMul", "Pad", "ScatterND", "Softmax", "TopK"}
)
_NUM_STEPS = 6


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was looked at, and what was seen."""

    name: str
    is_passed: bool
    seen: str


def check_parity(
    model: LoadedModel, reference: LoadedModel, jobs: Sequence[Job], limits: BatchLimits
) -> Check:
    """Greedy targets are those of the CPU, but where the CPU finds both pieces as good as equal."""
    expected, told = carried_out(reference, jobs, BatchLimits()), carried_out(model, jobs, limits)
    parting = [job for job in jobs if told[job.id].tokens != expected[job.id].tokens]
    forced = [msgspec.structs.replace(job, target=told[job.id].tokens) for job in parting]
    along = carried_out(reference, forced, BatchLimits()) if forced else {}
    margins = [margin(expected[job.id], told[job.id], along[job.id]) for job in parting]
    distance = max(_distance(expected[job.id], told[job.id]) for job in jobs)
    tie = TIES[model.running.precision]
    seen = (
        f"{len(jobs) - len(parting)} of {len(jobs)} sentences have the same tokens; "
        f"the others part where the CPU's margin is at most {max(margins, default=0.0):.1e} "
        f"(allowed {tie:.0e}); scores differ by at most {distance:.1e} before"
    )
    return Check("tokens are the CPU's", max(margins, default=0.0) < tie, seen)


def margin(expected: Found, told: Found, along: Found) -> float:
    """By how much the reference prefers its piece to the other's where two targets part.

    `along` are the reference's scores along the other's target.
    """
    position = _parting(expected, told)
    return expected.logprobs[position] - along.logprobs[position]


def _parting(left: Found, right: Found) -> int:
    """The first position where the targets differ, be it that one of them ends."""
    pairs = zip(left.tokens, right.tokens, strict=False)
    shorter = min(len(left.tokens), len(right.tokens))
    return next((index for index, (a, b) in enumerate(pairs) if a != b), shorter)


def _distance(left: Found, right: Found) -> float:
    """The largest difference of log-probabilities before the targets part."""
    end = _parting(left, right)
    return max(
        (abs(a - b) for a, b in zip(left.logprobs[:end], right.logprobs[:end], strict=True)), default=0.0
    )


def check_placement(name: str, placed: Mapping[str, Sequence[str]], provider: str) -> Check:
    """No node that computes much runs elsewhere."""
    elsewhere = sorted({kind for one, kinds in placed.items() if one != provider for kind in kinds})
    heavy = HEAVY.intersection(elsewhere)
    counts = ", ".join(
        f"{len(kinds)} on {one.removesuffix('ExecutionProvider')}" for one, kinds in placed.items()
    )
    seen = f"{counts}; elsewhere: {', '.join(elsewhere) or 'nothing'}"
    return Check(f"{name}'s nodes are placed", bool(placed) and not heavy, seen)


def check_invariance(model: LoadedModel, fewest: int, most: int, width: int, seed: int = 0) -> Check:
    """In one bucket a row's scores are the same to the last bit, whoever its neighbours are.

    The bucket is that of `fewest` to `most` rows, with sources of at most `width` tokens.
    """
    random = np.random.default_rng(seed)
    own = _a_source(model, random, width)

    def scores(num_rows: int, place: int) -> np.ndarray:
        others = [_a_source(model, random, int(random.integers(1, width + 1))) for _ in range(num_rows - 1)]
        return _scores_at(model, [*others[:place], own, *others[place:]], place)

    first = scores(most, 0)
    others = [scores(most, most - 1), scores(fewest, 0), scores(fewest, fewest - 1)]
    difference = max(float(np.abs(first - one).max()) for one in others)
    name = f"rows of {most} x {width} are independent"
    return Check(name, difference == 0, f"with {fewest} to {most} rows scores differ by {difference:.1e}")


def _a_source(model: LoadedModel, random: np.random.Generator, num_tokens: int) -> list[int]:
    pieces = model.manifest.pieces
    return [int(one) for one in random.integers(pieces.first_copy, pieces.num_source, num_tokens)]


def _scores_at(model: LoadedModel, sources: Sequence[Sequence[int]], row: int) -> np.ndarray:
    """The scores of one row's candidates over some steps: [steps, candidates]."""
    state = rows_of(model, sources)
    scores = []
    for step_number in range(_NUM_STEPS):
        previous = np.full(len(sources), model.manifest.pieces.first_copy + step_number)
        step = model.step(state, previous, previous)
        scores.append(step.top_scores[row].copy())
        state = step.state
    dismiss(model, state)
    return np.stack(scores)


def check_memory(
    model: LoadedModel, jobs: Sequence[Job], limits: BatchLimits, device: str, num_rounds: int
) -> Check:
    """What is used after many sentences is what was used after the first."""
    carried_out(model, jobs, limits)
    before = used_bytes(device)
    for _ in range(num_rounds):
        carried_out(model, jobs, limits)
    grown = used_bytes(device) - before
    seen = f"{before / 1e6:.0f} MB, {grown / 1e6:+.1f} MB after {num_rounds * len(jobs)} more sentences"
    return Check("memory is flat", grown <= 0.02 * before, seen)


def used_bytes(device: str) -> int:
    """Memory in use on the first GPU, or by this process."""
    if device == "cpu":
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
    return int(asked_of_gpu("memory.used").split()[0]) * (1 << 20)


def asked_of_gpu(what: str) -> str:
    """What `nvidia-smi` tells of the first GPU."""
    query = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader,nounits", "--id=0"]
    return subprocess.run(query, check=True, capture_output=True, text=True, timeout=30).stdout.strip()
