"""Runs graphs without the service around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
import onnxruntime

MOVING = ("hidden", "cell", "feed")  # what of the state a step changes
Arrays = Mapping[str, np.ndarray]


class Runner:
    """An encoder and a step, run for sources of any lengths."""

    def __init__(self, encoder: onnx.ModelProto, step: onnx.ModelProto) -> None:
        self._encoder, self._step = session(encoder), session(step)

    def first_state(self, sources: Sequence[np.ndarray], width: int, junk: int = 0) -> Arrays:
        """The state of sources in arrays of a width, with `junk` in the positions beyond."""
        padded = np.full((len(sources), width), junk)
        for row, source in enumerate(sources):
            padded[row, : len(source)] = source
        lengths = np.array([len(source) for source in sources], np.int32)
        return outputs_of(self._encoder, {"source": padded, "source_lengths": lengths})

    def steps(self, state: Arrays, previous: np.ndarray) -> list[Arrays]:
        """What the step answers to the tokens [T, B], one after the other."""
        answers: list[Arrays] = []
        for tokens in previous:
            answers.append(outputs_of(self._step, {"previous": tokens, "wanted": tokens, **state}))
            state = {**state, **{name: answers[-1][f"next_{name}"] for name in MOVING}}
        return answers


def session(graph: onnx.ModelProto) -> onnxruntime.InferenceSession:
    """The graph, loaded."""
    return onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def outputs_of(graph: onnxruntime.InferenceSession, feeds: Arrays) -> dict[str, np.ndarray]:
    """What the graph answers, by name."""
    names = [output.name for output in graph.get_outputs()]
    return dict(zip(names, graph.run(names, dict(feeds)), strict=True))
