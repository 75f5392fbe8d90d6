"""Every knob of the service: name, unit, default and bounds; read once, at the edge, from `ZHUYI_*`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


def spare_cores(cpu_max: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores left over beside the HTTP process, at least one.

    `cpu_max` is the control group's file of quota and period in microseconds (Linux,
    Documentation/admin-guide/cgroup-v2): a container may use fewer cores than it sees.
    """
    try:
        num_cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        num_cores = os.cpu_count() or 2
    if cpu_max.exists():
        quota, period = cpu_max.read_text().split()
        num_cores = num_cores if quota == "max" else min(num_cores, int(quota) // int(period))
    return max(1, num_cores - 1)


def _knob(
    default: Any, description: str, *, unit: str = "", ge: float | None = None, le: float | None = None
) -> Any:
    return Field(default, description=description, json_schema_extra={"unit": unit}, ge=ge, le=le)


class Settings(BaseSettings):
    """How this process serves; a value out of bounds stops the start."""

    model_config = SettingsConfigDict(env_prefix="ZHUYI_", frozen=True, extra="ignore")

    host: str = _knob("127.0.0.1", "Address to listen on.")
    port: int = _knob(8000, "Port to listen on; 0 takes a free one.", ge=0, le=65535)
    model_store: Path = _knob(Path("model_store"), "Folder with the model folders.")
    device: Literal["cpu", "cuda", "auto"] = _knob(
        "cpu", "Where the models run; `cuda` refuses to start without CUDA, `auto` falls back to the CPU."
    )

    engines: int = Field(
        default_factory=spare_cores,
        description="Engine processes; the default leaves one core to HTTP.",
        json_schema_extra={"unit": "processes", "default_text": "cores - 1, at least 1"},
        ge=1,
        le=256,
    )
    engine_threads: int = _knob(1, "Threads of each engine process.", unit="threads", ge=1, le=64)
    max_rows: int = _knob(32, "Rows of the running batch of one engine.", unit="rows", ge=8, le=512)
    max_encode: int = _knob(6, "Sentences encoded per tick.", unit="sentences", ge=1, le=512)
    max_queue_sequences: int = _knob(
        1024, "Sentences waiting or running at once; more is refused.", unit="sentences", ge=1, le=1_000_000
    )
    max_queue_tokens: int = _knob(
        65_536,
        "Source tokens waiting or running at once; more is refused.",
        unit="tokens",
        ge=1,
        le=100_000_000,
    )

    beam_size: int = _knob(4, "Beam of a request that names none; 1 is greedy.", unit="rows", ge=1, le=8)
    length_penalty: float = _knob(
        0.8, "A hypothesis scores its log-probability / length ** this.", ge=0.0, le=2.0
    )

    max_body_bytes: int = _knob(1_048_576, "Largest request body.", unit="bytes", ge=1024, le=1_073_741_824)
    max_texts: int = _knob(256, "Most texts in one request.", unit="texts", ge=1, le=100_000)
    max_characters: int = _knob(10_000, "Longest text.", unit="code points", ge=1, le=10_000_000)
    max_request_characters: int = _knob(
        100_000, "Longest request, all its texts together.", unit="code points", ge=1, le=100_000_000
    )
    max_attention_characters: int = _knob(
        5_000, "Longest request for weights, all its texts together.", unit="code points", ge=1, le=1_000_000
    )
    body_timeout_seconds: float = _knob(
        10.0, "Time a client has to send its body.", unit="seconds", ge=0.1, le=600.0
    )
    request_timeout_seconds: float = _knob(
        30.0, "Deadline of a request that names none.", unit="seconds", ge=0.1, le=3600.0
    )
    max_request_timeout_seconds: float = _knob(
        120.0, "Longest deadline that a request may name.", unit="seconds", ge=0.1, le=3600.0
    )
    drain_seconds: float = _knob(
        20.0, "Time that running requests have to end at a stop.", unit="seconds", ge=0.0, le=3600.0
    )

    log_format: Literal["auto", "console", "json"] = _knob(
        "auto", "Form of the log lines; `auto` is `console` on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = _knob("info", "Least level that is logged.")
