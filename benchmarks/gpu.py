"""`python -m benchmarks.gpu`: is a GPU right, and how fast is it? Checks first, then a table of speeds.

The reference is the same model on this machine's CPU in fp32. Ends with 0 where all checks passed, 1
where one did not, 2 where there is no CUDA. With `--device cpu` the same code runs on the CPU's memory,
which shows that the benchmark works and says nothing about GPUs.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.bare import jobs_of
from benchmarks.gpu_checks import (
    Check,
    asked_of_gpu,
    check_invariance,
    check_memory,
    check_parity,
    check_placement,
)
from benchmarks.gpu_model import Loaded, load
from benchmarks.gpu_speed import Steps, time_sentences, time_steps
from benchmarks.machine import describe_machine
from benchmarks.texts import OWN_SENTENCES, read_texts
from service.engine.device import CUDA_PROVIDER, CudaOptions
from service.engine.errors import CannotStart, TooLong
from service.engine.folder import ModelFolder
from service.engine.messages import Job
from service.engine.onnx_model import OnnxModel
from service.engine.onnx_runtime import has_cuda, placement
from service.engine.scheduler import BatchLimits
from service.engine.store import ModelStore
from service.engine.text_model import TextModel

_GRAPHS = ("encoder", "step", "flat mover", "ragged mover")
_PROVIDERS = {"cuda": CUDA_PROVIDER, "cpu": "CPUExecutionProvider"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs everything, prints the report and writes it where it was asked for."""
    options = _parser().parse_args(arguments)
    if options.device == "cuda" and not has_cuda():
        print("there is no CUDA provider: install onnxruntime-gpu[cuda,cudnn] (--device cpu tries this out)")
        return 2
    folder = _folder(options.model)
    limits = BatchLimits(max(8, *options.rows), 32, 4096)
    cuda = CudaOptions(0, options.gpu_memory_bytes, options.cuda_graphs)
    try:
        loaded = load(folder, options.device, options.precision, limits, cuda)
    except CannotStart as error:
        print(error)
        return 2
    texts = read_texts(options.texts, max_texts=options.max_texts)
    jobs = jobs_of(folder, fitting(folder, texts), beam_size=1)
    checks = list(_checks(loaded, folder, jobs, options))
    steps = [time_steps(loaded.model, rows, options.source_tokens, options.steps) for rows in options.rows]
    sentences = time_sentences(loaded.model, jobs, limits)
    text = report(options, loaded, checks, steps, sentences)
    print(text)
    if options.out:
        options.out.write_text(text + "\n", encoding="utf-8")
    return int(not all(one.is_passed for one in checks))


def _folder(path: Path | None) -> ModelFolder:
    if path is not None:
        return ModelFolder.open(path)
    return next(one for one in ModelStore(Path("model_store")).latest() if one.manifest.name == "zh-en")


def fitting(folder: ModelFolder, texts: Iterable[str]) -> list[str]:
    """The texts that are not too long for a model."""
    model = TextModel(folder)
    kept: list[str] = []
    for text in texts:
        with suppress(TooLong):
            model.source_pieces(text, "text")
            kept.append(text)
    return kept


def _checks(
    loaded: Loaded, folder: ModelFolder, jobs: Sequence[Job], options: argparse.Namespace
) -> Iterable[Check]:
    model, limits = loaded.model, loaded.limits
    for name, session in zip(_GRAPHS, loaded.sessions, strict=True):
        yield check_placement(name, placement(session), _PROVIDERS[options.device])
    reference = OnnxModel.load(folder.path, precision="fp32")
    yield check_parity(model, reference, jobs, limits)
    for below, bucket in itertools.pairwise([0, *model.buckets.rows]):
        for width in model.buckets.widths[: options.widths]:
            most, longest = min(bucket, limits.max_rows), folder.manifest.limits.max_source_tokens
            yield check_invariance(model, below + 1, most, min(width, longest))
    yield check_memory(model, jobs, limits, options.device, options.rounds)


def report(
    options: argparse.Namespace,
    loaded: Loaded,
    checks: Sequence[Check],
    steps: Sequence[Steps],
    sentences_per_second: float,
) -> str:
    """Markdown: on what, which checks, which speeds."""
    running = loaded.model.running
    machine = ", ".join(f"{key} {value}" for key, value in describe_machine().items())
    lines = [
        f"# {loaded.model.manifest.name} on {running.device} in {running.precision}",
        "",
        f"{_device(options.device)}; CUDA graphs {'on' if options.cuda_graphs else 'off'}; "
        f"loaded and warm after {loaded.start_seconds:.1f} s.",
        f"Host: {machine}.",
        "",
        "| Check | | What was seen |",
        "|---|---|---|",
        *(f"| {one.name} | {'passed' if one.is_passed else 'FAILED'} | {one.seen} |" for one in checks),
        "",
        f"Steps, sources of {options.source_tokens} tokens:",
        "",
        "| Rows | p50 ms | p99 ms | tokens/s |",
        "|---:|---:|---:|---:|",
        *(
            f"| {one.num_rows} | {one.p50_ms:.3f} | {one.p99_ms:.3f} | {one.tokens_per_second:.0f} |"
            for one in steps
        ),
        "",
        f"Decode loop, greedy, all waiting from the start: {sentences_per_second:.0f} sentences/s.",
    ]
    return "\n".join(lines)


def _device(device: str) -> str:
    if device == "cpu":
        return "Not a GPU: the same code on the CPU's memory"
    return asked_of_gpu("name,driver_version,memory.total") + " MiB"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    add = parser.add_argument
    add("--device", choices=("cuda", "cpu"), default="cuda")
    add("--model", type=Path, help="a model folder; the newest of zh-en if left out")
    add("--precision", choices=("fp32", "fp16"), default="fp32")
    add("--cuda-graphs", action="store_true")
    add("--gpu-memory-bytes", type=int, default=0)
    add("--texts", type=Path, default=OWN_SENTENCES)
    add("--max-texts", type=int, default=1000)
    add("--rows", type=int, nargs="+", default=[1, 8, 32, 64, 128, 256, 512, 1024])
    add("--widths", type=int, default=None, help="check independence in so many widths; in all if left out")
    add("--source-tokens", type=int, default=16)
    add("--steps", type=int, default=200, help="timed for each number of rows")
    add("--rounds", type=int, default=20, help="of all texts, to see whether memory grows")
    add("--out", type=Path, help="a file for the report")
    return parser


if __name__ == "__main__":
    sys.exit(main())
