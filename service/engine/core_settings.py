"""What an engine loads and how it runs: values alone, so that they can cross into its process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from service.engine.device import CudaOptions, Device, Precision
from service.engine.scheduler import BatchLimits

Beside = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """What an engine loads and how it runs: folders with their manifests' digests, device, bounds.

    A process of its own keeps to `cores`; none leaves that to the system. On the CPU sentences are
    encoded in a thread beside the steps where `encodes_beside` is on, or auto and the model in fp32.
    """

    models: tuple[tuple[Path, str], ...]
    engine: int = 0
    device: Device = "cpu"
    precision: Precision = "auto"
    num_threads: int = 1
    cores: tuple[int, ...] = ()
    encodes_beside: Beside = "off"
    limits: BatchLimits = field(default_factory=BatchLimits)
    cuda: CudaOptions = field(default_factory=CudaOptions)
    shortlists: bool = False
