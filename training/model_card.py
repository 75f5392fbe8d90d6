"""The model card of a model folder: data and licences, quality, use and limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.engine.manifest import Manifest

CARD_FILE = "README.md"
LANGUAGES = {"en": "English", "zh": "Chinese (Simplified)", "de": "German", "fr": "French"}


def model_card(manifest: Manifest) -> str:
    """The card as Markdown, made from the manifest alone."""
    about = manifest.about
    progress = about["training"]
    source, target = LANGUAGES[manifest.source], LANGUAGES[manifest.target]
    lines = [
        f"# {manifest.name}, version {manifest.version}: {source} to {target}",
        "",
        f"An LSTM encoder-decoder with attention, {manifest.num_parameters / 1e6:.1f} million parameters,",
        "for short everyday and customer-service text.",
        "Trained by `python -m training.train` of this repository:",
        f"{progress['seconds'] / 60:.0f} minutes on {_cores(about['threads'])},"
        f" {progress['tokens'] / 1e6:.1f} million target tokens.",
        f"Guided alignment: {'on' if about['guided_alignment'] else 'off'}.",
        "",
        "## Quality",
        "",
        *_quality(about["scores"]),
        *_precisions(about),
        *_calibration(about),
        "",
        "## Use and limits",
        "",
        f"Sentences of at most {manifest.limits.max_source_tokens} tokens;",
        "longer ones are refused, never cut.",
        "It is a small model:",
        "rare words, names, long and literary sentences come out wrong, sometimes fluently.",
        "Numbers and codes can be lost.",
        "Do not use it where a wrong translation does harm and nobody looks.",
        "The attention weights show what the model looked at; they are evidence, not proof.",
        "",
        "## Training data and licences",
        "",
        "| data | licence |",
        "|---|---|",
        *(f"| {corpus['what']} | {corpus['licence']} |" for corpus in about["data"]),
        "",
        f"The weights are published under {manifest.licence}. No data under a share-alike licence was used.",
        "",
    ]
    return "\n".join(lines)


def _cores(num_threads: int) -> str:
    return "one processor core" if num_threads == 1 else f"{num_threads} processor cores"


def _quality(scores: dict[str, Any]) -> Iterator[str]:
    """Tables of the scores that `python -m training.evaluate` wrote, with sacreBLEU's signatures."""
    tests = {name: score for name, score in scores.items() if name != "alignment"}
    if not tests:
        yield "Not measured."
        return
    yield "Measured by `python -m training.evaluate` on public test sets that training never saw."
    yield ""
    yield "| test set | sentences | beam | BLEU | chrF |"
    yield "|---|---|---|---|---|"
    for name, score in tests.items():
        yield f"| {name} | {score['sentences']} | {score['beam_size']} | {score['bleu']} | {score['chrf']} |"
    yield ""
    first = next(iter(tests.values()))
    yield f"Signatures: BLEU `{first['bleu_signature']}`, chrF `{first['chrf_signature']}`."
    if alignment := scores.get("alignment"):
        yield ""
        errors = ", ".join(f"{error} at offset {offset}" for offset, error in alignment["aer"].items())
        yield f"Alignment error rate of the attention, in percent: {errors};"
        yield f"forced decoding of {alignment['sentences']} news sentences."


def _precisions(about: dict[str, Any]) -> Iterator[str]:
    """A row per precision and beam, and how often int8 chooses as fp32; nothing where there is no int8."""
    if agreement := about.get("int8"):
        yield ""
        yield f"In int8 the best next piece is that of fp32 at {agreement['token_agreement']:.1%} of"
        yield f"{agreement['num_positions']} target positions ({agreement['num_sentences']} sentences)."
    if scores := about.get("precisions"):
        yield "Both precisions through the service's decode loop, measured by `python -m benchmarks.quality`:"
        yield ""
        yield "| test set | beam | precision | BLEU | chrF | same as fp32 |"
        yield "|---|---|---|---|---|---|"
        for one in scores:
            row = [one[name] for name in ("test", "beam_size", "precision", "bleu", "chrf")]
            yield f"| {' | '.join(map(str, row))} | {one['same']:.1%} |"


def _calibration(about: dict[str, Any]) -> Iterator[str]:
    """How well its confidence came true on text that it was not fitted on; nothing where it has none."""
    calibration = about.get("calibration")
    if calibration is None:
        return
    yield ""
    yield "Confidence (`calibration.json`), measured by `python -m benchmarks.calibrate`:"
    yield f"that of a sentence is the chance that it scores at least {calibration['min_chrf']:g} chrF against"
    yield "a person's translation, that of a word the chance that the person's has it in that order."
    yield ""
    yield "| test set | of | number | share that did | AUROC | Brier | ECE |"
    yield "|---|---|---|---|---|---|---|"
    for one in calibration["reliability"]:
        row = [one[name] for name in ("test", "of", "number", "share", "auroc", "brier", "ece")]
        yield f"| {' | '.join(map(str, row))} |"
