"""ONNX Runtime as a maker of sessions; the only importer of onnxruntime."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path
from typing import Any, cast

import numpy as np

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read at the import: Linux wheels carry a client, too
import onnxruntime

from service.engine.device import CudaOptions, DeviceArray, Place, Session
from service.engine.errors import DeviceUnavailable, ModelFolderInvalid

_ON_CPU = ["CPUExecutionProvider"]


class OnnxRuntime:
    """Makes sessions; `path` names the folder in errors.

    With `records_placement` a session can tell where each node runs; see `placement`.
    """

    def __init__(self, path: Path, *, records_placement: bool = False) -> None:
        self._path = path
        self.records_placement = records_placement

    def open_on_cpu(self, graph: bytes, *, num_threads: int) -> Session:
        """A session on the CPU; raises ModelFolderInvalid where the bytes are no usable graph."""
        return self._open(graph, _ON_CPU, num_threads)

    def open_on_cuda(self, graph: bytes, *, num_threads: int, cuda: CudaOptions) -> Session:
        """A session asked to run on CUDA, whose nodes never move to the CPU after a failure."""
        _preload_cuda()
        session = self._open(graph, [("CUDAExecutionProvider", provider_options(cuda))], num_threads)
        cast(Any, session).disable_fallback()
        return session

    def zeros(self, place: Place, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> DeviceArray:
        """An array on a device; raises what the runtime raises where there is no memory for it."""
        zeros = np.zeros(shape, dtype)
        return cast(DeviceArray, onnxruntime.OrtValue.ortvalue_from_numpy(zeros, place.kind, place.number))

    def run_options(self, graph_number: int) -> object:
        """What lets a run be captured as the CUDA graph of this number."""
        options = onnxruntime.RunOptions()
        options.add_run_config_entry("gpu_graph_id", str(graph_number))
        return options

    def _open(self, graph: bytes, providers: list[Any], num_threads: int) -> Session:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors: it warns of every run otherwise
        options.use_deterministic_compute = True
        if providers != _ON_CPU:  # weights outside the arena, which then holds what a run needs and no more
            options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
        if self.records_placement:
            options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
        try:
            opened = onnxruntime.InferenceSession(graph, options, providers=providers, enable_fallback=0)
        except Exception as error:  # its classes of errors have no common one but this
            raise _as_ours(error, self._path, providers) from error
        return cast(Session, opened)


def provider_options(cuda: CudaOptions) -> dict[str, str]:
    """What the CUDA provider is told; the runtime takes strings."""
    options = {
        "device_id": str(cuda.device_id),
        "use_tf32": "0",  # it rounds the factors of a product to 10 bits
        "arena_extend_strategy": "kSameAsRequested",  # shapes are in buckets, so it does not grow for ever
        "do_copy_in_default_stream": "1",  # other streams have races
        "enable_cuda_graph": "1" if cuda.captures_graphs else "0",
    }
    if cuda.memory_bytes:
        options["gpu_mem_limit"] = str(cuda.memory_bytes)
    return options


def placement(session: Session) -> dict[str, list[str]]:
    """The kinds of nodes that each provider runs, where the session has recorded it."""
    placed: dict[str, list[str]] = {}
    for part in cast(Any, session).get_provider_graph_assignment_info():
        placed.setdefault(part.ep_name, []).extend(one.op_type for one in part.get_nodes())
    return placed


def has_cuda() -> bool:
    """True where the installed package can be asked for CUDA, be there a GPU or not."""
    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _as_ours(error: Exception, path: Path, providers: list[Any]) -> Exception:
    if providers != _ON_CPU and "CUDA" in str(error):
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
