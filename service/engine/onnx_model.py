"""The seam's ONNX side: two graphs on ONNX Runtime; the only importer of onnxruntime.

Bit equality on the CPU, measured with ONNX Runtime 1.32 on AVX-512: for fp32 graphs neither the
number of rows (1 to 64) nor the encoder's padding changes a bit of any output, but the softmax of a
step does depend on the padded source width unless that is a multiple of 8 (one of width 7 sums in
another order than one of width 8 with a masked column). So a state's widths are padded to multiples
of 8; then none of 12,544 pairs of source length and width (8 to 256) differs. The encoder itself is
run at the width of its longest source, and rows are not padded on the CPU. On CUDA kernels are
chosen by shape, so there every run has one and the same number of rows.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at the import: Linux wheels carry a client, too
import onnxruntime

from service.engine.device import Device, Runtime, Session, open_sessions
from service.engine.errors import DeviceUnavailable, ModelFolderInvalid
from service.engine.folder import ModelFolder
from service.engine.graph_check import check_graphs
from service.engine.model import Array, Integers, State, Step
from service.engine.state_table import StateTable

_WIDTH_MULTIPLE = 8


@dataclass(frozen=True, slots=True)
class Shapes:
    """Multiples that the rows of every run, and the source width of the encoder's, are padded up to."""

    row_multiple: int
    encoder_width_multiple: int


ON_CPU = Shapes(1, 1)
ON_CUDA = Shapes(32, _WIDTH_MULTIPLE)


class OnnxModel:
    """A Seq2SeqModel of two ONNX graphs. Owned by one thread; use `load`."""

    def __init__(
        self,
        folder: ModelFolder,
        encoder: Session,
        step: Session,
        *,
        actual_device: str,
        shapes: Shapes,
        fallback_reason: str = "",
    ) -> None:
        self._folder = folder
        self.manifest = folder.manifest
        self.actual_device = actual_device
        self.fallback_reason = fallback_reason
        ragged_axes = {one.name: one.ragged_axis for one in folder.manifest.state}
        self._table = StateTable(ragged_axes, width_multiple=_WIDTH_MULTIPLE)
        self._encoder = encoder
        self._step = step
        self._shapes = shapes
        self._state_names = list(ragged_axes)
        self._step_names = [one.name for one in step.get_outputs()]

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        device: Device = "cpu",
        num_threads: int = 1,
        digest: str | None = None,
        runtime: Runtime | None = None,
    ) -> OnnxModel:
        """The model in a folder, its files verified against the manifest before the runtime sees them.

        Raises ModelFolderInvalid where files or graphs are not what the manifest says, and
        DeviceUnavailable where `device` is "cuda" and CUDA is not really used.
        """
        folder = ModelFolder.open(path, digest=digest)
        folder.verify()
        graphs = [folder.read(file) for file in (folder.manifest.graphs.encoder, folder.manifest.graphs.step)]
        opened = open_sessions(runtime or OnnxRuntime(path), graphs, device, num_threads=num_threads)
        encoder, step = opened.sessions
        check_graphs(folder, encoder, step)
        shapes = ON_CUDA if opened.actual == "cuda" else ON_CPU
        reason = opened.fallback_reason
        return cls(folder, encoder, step, actual_device=opened.actual, shapes=shapes, fallback_reason=reason)

    def with_shapes(self, shapes: Shapes) -> OnnxModel:
        """The same sessions, run in other shapes."""
        return OnnxModel(
            self._folder, self._encoder, self._step, actual_device=self.actual_device, shapes=shapes
        )

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        """One row per source, in their order; every source has at least one token."""
        lengths = np.array([len(one) for one in sources], np.int32)  # [rows]
        width = _rounded_up(int(lengths.max()), self._shapes.encoder_width_multiple)
        source = np.zeros((len(sources), width), np.int64)  # [rows, source]
        for row, ids in enumerate(sources):
            source[row, : len(ids)] = ids
        feeds = self._padded({"source": source, "source_lengths": lengths}, len(sources))
        arrays = self._encoder.run(self._state_names, feeds)
        named = _first_rows(dict(zip(self._state_names, arrays, strict=True)), len(sources))
        return self._table.padded(State(named, len(sources)))

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        """Advances every row by a token; see Seq2SeqModel."""
        feeds = self._padded({"previous": previous, "wanted": wanted, **state.arrays}, state.num_rows)
        outputs = self._step.run(self._step_names, feeds)
        named = _first_rows(dict(zip(self._step_names, outputs, strict=True)), state.num_rows)
        arrays = {name: named.pop(f"next_{name}", array) for name, array in state.arrays.items()}
        return Step(**named, state=State(arrays, state.num_rows))

    def join(self, left: State, right: State) -> State:
        """The rows of `left`, then those of `right`."""
        return self._table.join(left, right)

    def keep(self, state: State, rows: Integers) -> State:
        """The named rows in the named order; a row may be named more than once."""
        return self._table.keep(state, rows)

    def _padded(self, feeds: dict[str, Array], num_rows: int) -> dict[str, Array]:
        """The feeds with row 0 repeated at the end up to the multiple: real numbers, thrown away after."""
        missing = _rounded_up(num_rows, self._shapes.row_multiple) - num_rows
        if not missing:
            return feeds
        rows = np.concatenate((np.arange(num_rows), np.zeros(missing, np.int64)))
        return {name: array[rows] for name, array in feeds.items()}


def _rounded_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def _first_rows(arrays: dict[str, Array], num_rows: int) -> dict[str, Array]:
    """The arrays without the rows that only padded them."""
    return {name: array if len(array) == num_rows else array[:num_rows] for name, array in arrays.items()}


class OnnxRuntime:
    """ONNX Runtime as a maker of sessions; `path` names the folder in errors."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        """A session on the CPU; raises ModelFolderInvalid where the bytes are no usable graph."""
        return self._open(graph, ["CPUExecutionProvider"], num_threads)

    def open_on_cuda(self, graph: bytes, *, num_threads: int) -> Session:
        """A session asked to run on CUDA, whose nodes never move to the CPU after a failure."""
        _preload_cuda()
        # TF32 rounds to 10 bits; the arena grows by what is asked for because shapes are in buckets.
        options = {"use_tf32": "0", "arena_extend_strategy": "kSameAsRequested"}
        session = self._open(graph, [("CUDAExecutionProvider", options)], num_threads)
        cast(Any, session).disable_fallback()
        return session

    def _open(self, graph: bytes, providers: list[Any], num_threads: int) -> Session:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors: it warns of every run otherwise
        options.use_deterministic_compute = True
        try:
            opened = onnxruntime.InferenceSession(graph, options, providers=providers, enable_fallback=0)
        except Exception as error:  # its classes of errors have no common one but this
            raise _as_ours(error, self._path, providers) from error
        return cast(Session, opened)


def _as_ours(error: Exception, path: Path, providers: list[Any]) -> Exception:
    if providers != ["CPUExecutionProvider"] and "CUDA" in str(error):
        return DeviceUnavailable("cuda", "", str(error).splitlines()[0])
    return ModelFolderInvalid(str(path), f"ONNX Runtime refuses a graph: {str(error).splitlines()[0]}")


def _preload_cuda() -> None:
    """Loads CUDA's libraries from the installed packages; raises DeviceUnavailable where one is missing.

    The runtime's own preloading passes over a missing cuDNN in silence, so it is asked for again.
    """
    if not getattr(onnxruntime, "cuda_version", ""):
        raise DeviceUnavailable("cuda", "cpu", "the installed onnxruntime is the one for CPUs")
    with contextlib.redirect_stdout(sys.stderr):  # it prints what is missing; our output is a translation
        onnxruntime.preload_dlls()
    for library in ("libcuda.so.1", "libcudnn.so.9"):
        try:
            ctypes.CDLL(library)
        except OSError as error:
            raise DeviceUnavailable("cuda", "cpu", f"{library} cannot be loaded") from error
