"""A device that is out of memory says so in many ways; we say it in one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.engine.errors import ModelFailed

OUT_OF_MEMORY = "out of memory on the device"

# The runtime has no class of its own for it; these are parts of what it and CUDA's libraries say.
_TELLING = (
    "failed to allocate memory for requested buffer",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "out of memory",
)


@contextmanager
def memory_told() -> Iterator[None]:
    """An error that speaks of memory becomes ModelFailed with that reason; others stay what they are."""
    try:
        yield
    except Exception as error:
        if any(words in str(error).lower() for words in _TELLING):
            raise ModelFailed("", OUT_OF_MEMORY) from error
        raise
