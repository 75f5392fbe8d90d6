"""Memory that nobody uses goes back to the system: the C library keeps what a model has left behind.

With glibc an engine would otherwise grow by half before it stopped growing (docs/design.md).
"""

from __future__ import annotations

import ctypes
import threading

from service.engine.garbage import spare_survivors


def free_memory() -> None:
    """Collects garbage and trims the heap (glibc's malloc_trim(3)); elsewhere only the former."""
    spare_survivors()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def free_memory_soon() -> None:
    """The same in a thread of its own: it takes some milliseconds, as long as a tick or two."""
    threading.Thread(target=free_memory, name="free memory", daemon=True).start()
