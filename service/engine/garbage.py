"""Python's collector of cycles looks at what is new, not again and again at all that a process has loaded.

Its full collections go through every object that ever survived two others: a quarter of a million here,
of modules, tokenizers and dictionaries that stay until the end.
"""

from __future__ import annotations

import gc
from typing import Final

_THRESHOLDS: Final = (20_000, 20, 20)
"""So many objects more than before there must be until the youngest are looked at (Python's own: 700)."""


def spare_survivors() -> None:
    """From now on what lives at this moment is not looked at (`gc.freeze`).

    Called once all is loaded, and again where something of that has gone.
    """
    gc.unfreeze()  # so that this collection finds what has become garbage since the last call
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
