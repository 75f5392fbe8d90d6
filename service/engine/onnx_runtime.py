"""ONNX Runtime as a maker of sessions; the only importer of onnxruntime."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any, cast

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at the import: Linux wheels carry a client, too
import onnxruntime

from service.engine.device import Session
from service.engine.errors import DeviceUnavailable, ModelFolderInvalid


class OnnxRuntime:
    """Makes sessions; `path` names the folder in errors."""

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
