"""Every knob of the service: name, unit, default and bounds; read once, at the edge, from `ZHUYI_*`."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.engine.gpus import num_gpus
from service.engine.store import parse_pins

_ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?", re.ASCII)


def _split_origins(text: Any) -> Any:
    """What stands between commas; raises ValueError for what is no origin (RFC 6454, section 6.2)."""
    if not isinstance(text, str):
        return text
    origins = tuple(one.strip() for one in text.split(",") if one.strip())
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ValueError("each must be * or an origin, such as https://shop.example, without a path")
    return origins


CorsOrigins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_origins)]


def spare_cores() -> int:
    """Cores left over beside the HTTP process, at least one."""
    return max(1, num_cores() - 1)


def num_cores(cpu_max: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Cores that this process may use, at least one.

    `cpu_max` is the control group's file of quota and period in microseconds (Linux,
    Documentation/admin-guide/cgroup-v2): a container may use fewer cores than it sees.
    """
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        usable = os.cpu_count() or 2
    if cpu_max.exists():
        quota, period = cpu_max.read_text().split()
        usable = usable if quota == "max" else min(usable, int(quota) // int(period))
    return max(1, usable)


def has_packages_for_traces() -> bool:
    """True where the extra `traces` is installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:  # not even the package that it would be in
        return False


def _default_engines(validated: dict[str, Any]) -> int:
    return num_gpus() or 1 if _is_for_gpus(validated) else spare_cores()


def _is_for_gpus(validated: dict[str, Any]) -> bool:
    """True where the device, which is read before what depends on it, is one, or may be."""
    device = validated.get("device")
    return device == "cuda" or (device == "auto" and num_gpus() > 0)


def _knob_by_device(on_cpu: int, on_cuda: int, description: str, *, unit: str, ge: int, le: int) -> Any:
    return Field(
        default_factory=lambda validated: on_cuda if _is_for_gpus(validated) else on_cpu,
        description=description,
        json_schema_extra={"unit": unit, "default_text": f"`{on_cpu}`, on CUDA `{on_cuda}`"},
        ge=ge,
        le=le,
    )


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
    model_versions: str = Field(
        default="",
        description="Which versions serve from the start, like `zh-en=2,en-zh=latest`.",
        json_schema_extra={"default_text": "the latest of each model"},
    )
    device: Literal["cpu", "cuda", "auto"] = _knob(
        "cpu", "Where the models run; `cuda` refuses to start without CUDA, `auto` falls back to the CPU."
    )

    precision: Literal["auto", "int8", "fp32", "fp16"] = _knob(
        "auto", "Arithmetic of the models; `auto` is int8 on the CPU where a model has it, else fp32."
    )
    shortlist: Literal["off", "on"] = _knob(
        "off", "Whether sentences choose among their likeliest pieces only; see docs/design.md."
    )

    engines: int = Field(
        default_factory=_default_engines,
        description="Engine processes; the default leaves one core to HTTP.",
        json_schema_extra={
            "unit": "processes",
            "default_text": "cores - 1, at least 1; on CUDA one per GPU",
        },
        ge=1,
        le=256,
    )
    engine_threads: int = _knob(1, "Threads of each engine process.", unit="threads", ge=1, le=64)
    pin_engines: bool = _knob(
        False, "Whether engines keep to cores of their own; not where other containers share the cores."
    )
    encode_beside: Literal["auto", "on", "off"] = _knob(
        "auto",
        "Whether an engine on the CPU encodes in a thread beside its decode steps; `auto` does in fp32 where "
        "each thread of an engine has two cores and engines are not pinned.",
    )
    gpu_memory_bytes: int = _knob(
        0,
        "Most that a session may take on a GPU for what it computes; a model has four. 0 is no limit.",
        unit="bytes",
        ge=0,
        le=1 << 40,
    )
    cuda_graphs: bool = _knob(
        False, "Whether a decode step is captured as a CUDA graph for each shape, at the start."
    )
    max_rows: int = _knob_by_device(
        24, 256, "Rows of the running batch of one engine.", unit="rows", ge=8, le=1024
    )
    max_encode: int = _knob_by_device(16, 32, "Sentences encoded per tick.", unit="sentences", ge=1, le=512)
    max_encode_tokens: int = _knob_by_device(
        256, 4096, "Source tokens encoded per tick, padding counted.", unit="tokens", ge=1, le=65_536
    )
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
        0.8,
        "α of Wu et al. (2016): a hypothesis scores its log-probability / ((5 + length) / 6) ** α.",
        ge=0.0,
        le=2.0,
    )
    coverage_penalty: float = _knob(
        0.0,
        "β of the same: to the score comes β · Σ log(min(attention that a source token got, 1)); 0 is none.",
        ge=0.0,
        le=2.0,
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
    glossary_file: Path | None = Field(
        default=None,
        description="SQLite file of the glossaries, made where there is none.",
        json_schema_extra={"default_text": "none: in memory"},
    )
    max_glossaries: int = _knob(1000, "Most glossaries kept.", unit="glossaries", ge=0, le=1_000_000)
    max_glossary_entries: int = _knob(
        5_000, "Most terms of a glossary for one pair of languages.", unit="terms", ge=1, le=1_000_000
    )
    max_glossary_bytes: int = _knob(
        67_108_864, "Most that all glossaries take.", unit="bytes", ge=65_536, le=68_719_476_736
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
    drain_grace_seconds: float = _knob(
        5.0,
        "Time from SIGTERM, when it is no longer ready, until it closes its port; it still serves meanwhile.",
        unit="seconds",
        ge=0.0,
        le=3600.0,
    )
    drain_seconds: float = _knob(
        20.0, "Time that running requests have to end after that.", unit="seconds", ge=0.0, le=3600.0
    )
    engine_start_seconds: float = _knob(
        120.0, "Time an engine has to load and warm its models.", unit="seconds", ge=1.0, le=3600.0
    )
    engine_hang_seconds: float = _knob(
        60.0,
        "Silence after which an engine is killed and started again.",
        unit="seconds",
        ge=1.5,
        le=3600.0,
    )
    max_engine_restarts: int = _knob(
        5, "Times that an engine is started again within five minutes; then it is given up.", ge=0, le=1000
    )
    lost_engine_seconds: float = _knob(
        30.0,
        "Time that the process goes on with an engine that is lost; then it stops, with exit code 1.",
        unit="seconds",
        ge=0.0,
        le=3600.0,
    )

    keys_file: Path | None = Field(
        default=None,
        description="File of the API keys, read again when it changes; without one nobody needs a key.",
        json_schema_extra={"default_text": "none: no keys"},
    )
    cors_origins: CorsOrigins = Field(
        default=(),
        description="Origins whose pages may call this service, with commas between them; `*` is any.",
        json_schema_extra={"default_text": "none"},
    )
    admin_host: str = _knob("127.0.0.1", "Address of the second port.")
    admin_port: int | None = Field(
        default=None,
        description="Second port, the only one with `/metrics` and `/admin` then; 0 takes a free one.",
        json_schema_extra={"default_text": "none"},
        ge=0,
        le=65535,
    )

    web: Literal["on", "off"] = _knob("on", "Whether the page is served at `/`, with its files below `/web`.")

    log_format: Literal["auto", "console", "json"] = _knob(
        "auto", "Form of the log lines; `auto` is `console` on a terminal."
    )
    log_level: Literal["debug", "info", "warning", "error"] = _knob("info", "Least level that is logged.")
    traces: Literal["off", "otlp"] = _knob(
        "off", "Whether requests are traced: `otlp` sends spans as OpenTelemetry's `OTEL_*` variables say."
    )

    @field_validator("traces")
    @classmethod
    def _require_packages(cls, traces: str) -> str:
        if traces == "otlp" and not has_packages_for_traces():
            raise PydanticCustomError("extra", "otlp needs `pip install 'zhuyi[traces]'`")
        return traces

    @field_validator("model_versions")
    @classmethod
    def _pins_can_be_read(cls, text: str) -> str:
        parse_pins(text)
        return text
