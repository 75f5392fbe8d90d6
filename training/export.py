"""`python -m training.export CHECKPOINT model_store/NAME/VERSION`: writes a model folder and proves it."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from service.engine.manifest import Limits, Manifest, Pieces, StateTensor
from service.engine.tokenizer import COPY_IDS
from training import checkpoint
from training.agreement import check_agreement
from training.corpus import read_pairs
from training.folder import file_records, with_agreement, write_description
from training.int8_graphs import INT8, write_int8_graphs
from training.model import Seq2SeqModel
from training.onnx_graph import STATE, encoder_graph, step_graph
from training.parity import MIN_SENTENCES, Parity, check_parity
from training.settings import TrainSettings
from training.sources import described

LIMITS = Limits(max_source_tokens=128, max_target_tokens=200)
LICENCE = "CC-BY-4.0"
TOOLS = ("torch", "onnx", "onnxruntime", "numpy", "sentencepiece", "sacrebleu")


def export(source: Path, folder: Path, sentences: Sequence[str]) -> Parity:
    """Writes the checkpoint `source` as a model folder in both precisions, reads it back and compares.

    The fp32 graphs are compared with PyTorch, those in int8 with fp32. Raises FileExistsError where
    `folder` is there already, and ParityError, leaving no folder behind, where they differ.
    """
    settings = checkpoint.load_settings(source)
    model = rounded(checkpoint.load_model(source))
    folder.mkdir(parents=True)
    try:
        return _write_and_check(source, folder, settings, model, sentences)
    except BaseException:
        shutil.rmtree(folder)
        raise


def _write_and_check(
    source: Path, folder: Path, settings: TrainSettings, model: Seq2SeqModel, sentences: Sequence[str]
) -> Parity:
    (folder / "encoder.onnx").write_bytes(encoder_graph(model.encoder, model.decoder).SerializeToString())
    (folder / "step.onnx").write_bytes(step_graph(model.decoder).SerializeToString())
    write_int8_graphs(model, folder)
    for side, language in (("source", settings.source), ("target", settings.target)):
        shutil.copyfile(Path(settings.data.folder) / f"{language}.spm", folder / f"{side}.spm")
    manifest = describe(source, folder, settings, model)
    manifest.write(folder)
    parity = check_parity(model, folder, sentences)
    write_description(with_agreement(manifest, "int8", check_agreement(folder, sentences)), folder)
    return parity


def rounded(model: Seq2SeqModel) -> Seq2SeqModel:
    """The model with its weights as 16 bits keep them; arithmetic stays in 32 bits.

    The decoder's two biases are one in the graph, so they become one before they are rounded.
    """
    with torch.no_grad():
        cell = model.decoder.cell
        cell.bias_ih += cell.bias_hh
        cell.bias_hh.zero_()
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    return model


def describe(source: Path, folder: Path, settings: TrainSettings, model: Seq2SeqModel) -> Manifest:
    """The manifest of what lies in the folder now."""
    num_source, num_target = model.encoder.embedding.num_embeddings, model.decoder.embedding.num_embeddings
    return Manifest(
        name=folder.parent.name,
        version=folder.name,
        source=settings.source,
        target=settings.target,
        architecture="attention-lstm",
        num_parameters=sum(parameter.numel() for parameter in model.parameters()),
        licence=LICENCE,
        pieces=Pieces(
            num_source=num_source, num_target=num_target, first_copy=COPY_IDS.start, num_copy=len(COPY_IDS)
        ),
        limits=LIMITS,
        state=tuple(StateTensor(name, ragged_axis) for name, ragged_axis in STATE.items()),
        int8=INT8,
        files=file_records(folder),
        about=_about(source, settings),
    )


def _about(source: Path, settings: TrainSettings) -> dict[str, Any]:
    """What only people read: data, sizes, progress, scores (of `training.evaluate`), tool versions."""
    scores = source / "scores.json"
    versions = {tool: importlib.metadata.version(tool).split("+")[0] for tool in TOOLS}
    return {
        "data": described(settings.data.weights),
        "sizes": {field: getattr(settings.model, field) for field in settings.model.__struct_fields__},
        "training": json.loads((source / "progress.json").read_text()),
        "threads": settings.threads,
        "guided_alignment": settings.guided_weight > 0,
        "scores": json.loads(scores.read_text()) if scores.exists() else {},
        "tools": {"python": platform.python_version(), **versions},
    }


def _sentences(settings: TrainSettings) -> list[str]:
    """Held-out source sentences for the comparison."""
    files = sorted(Path(settings.data.folder).glob("dev.*.tsv"))
    return [source for file in files for source, _ in read_pairs(file, settings.source)]


def main() -> None:
    """Exports a checkpoint, compared on held-out sentences that are spread over all of its corpora."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path, help="model_store/NAME/VERSION, must not exist")
    parser.add_argument("--sentences", type=int, default=MIN_SENTENCES, help="how many are compared")
    arguments = parser.parse_args()
    settings = checkpoint.load_settings(arguments.checkpoint)
    held_out = _sentences(settings)
    step = max(1, len(held_out) // arguments.sentences)
    print(export(arguments.checkpoint, arguments.folder, held_out[::step]), file=sys.stderr)


if __name__ == "__main__":
    main()
