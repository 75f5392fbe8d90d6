"""How many GPUs this process may use, found without a driver's library."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

_DEVICE_FILE = re.compile(r"nvidia\d+")


def num_gpus(devices: Path = Path("/dev"), environment: Mapping[str, str] = os.environ) -> int:
    """NVIDIA's device files, as far as CUDA_VISIBLE_DEVICES allows them.

    CUDA takes that list up to the first entry that is none (-1, or a number too large).
    """
    present = sum(1 for one in devices.glob("nvidia*") if _DEVICE_FILE.fullmatch(one.name))
    allowed = environment.get("CUDA_VISIBLE_DEVICES")
    if allowed is None:
        return present
    count = 0
    for entry in allowed.split(","):
        is_number = entry.strip().lstrip("-").isdigit()
        if not entry.strip() or (is_number and not 0 <= int(entry) < present):
            break
        count += 1
    return min(count, present)
