"""Which cores an engine keeps to, where engines are pinned."""

from __future__ import annotations

import os
from collections.abc import Sequence


def usable_cores() -> tuple[int, ...]:
    """The numbers of the cores that this process may use; none where the system does not tell (macOS)."""
    try:
        return tuple(sorted(os.sched_getaffinity(0)))
    except AttributeError:
        return ()


def cores_of(engine: int, num_threads: int, usable: Sequence[int]) -> tuple[int, ...]:
    """As many cores as an engine has threads, its own as long as there are enough; the first is HTTP's.

    Empty, which pins nothing, where an engine would have to share with itself or with HTTP.
    """
    first = 1 + engine * num_threads
    return tuple(usable[first : first + num_threads]) if first + num_threads <= len(usable) else ()


def pin(cores: Sequence[int]) -> None:
    """Keeps this process, with all threads that it will start, to these cores; none leaves it free."""
    if cores:
        os.sched_setaffinity(0, cores)
