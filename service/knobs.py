"""What each part of the service needs of the settings, in the part's own words."""

from __future__ import annotations

from service.api.keys.account import Accounts
from service.api.keys.file import KeyFile
from service.api.keys.gate import Gate
from service.api.policy import Policy
from service.engine.admission import QueueLimits
from service.engine.core_settings import Beside
from service.engine.device import CudaOptions
from service.engine.gpus import num_gpus
from service.engine.hosting import EngineSettings
from service.engine.scheduler import BatchLimits
from service.glossaries.store import GlossaryLimits
from service.settings import Settings, num_cores


def make_policy(settings: Settings) -> Policy:
    """What the HTTP side needs of the settings."""
    return Policy(
        max_body_bytes=settings.max_body_bytes,
        max_texts=settings.max_texts,
        max_characters=settings.max_characters,
        max_request_characters=settings.max_request_characters,
        max_attention_characters=settings.max_attention_characters,
        beam_size=settings.beam_size,
        length_penalty=settings.length_penalty,
        coverage_penalty=settings.coverage_penalty,
        body_timeout_seconds=settings.body_timeout_seconds,
        request_timeout_seconds=settings.request_timeout_seconds,
        max_request_timeout_seconds=settings.max_request_timeout_seconds,
        cors_origins=settings.cors_origins,
        serves_metrics=settings.admin_port is None,
    )


def make_gate(settings: Settings) -> Gate | None:
    """Who looks at keys; nobody where there is no file of them. Raises KeyFileInvalid."""
    return None if settings.keys_file is None else Gate(KeyFile(settings.keys_file), Accounts())


def glossary_limits(settings: Settings) -> GlossaryLimits:
    """What the glossaries need of them."""
    return GlossaryLimits(
        max_glossaries=settings.max_glossaries,
        max_entries=settings.max_glossary_entries,
        max_bytes=settings.max_glossary_bytes,
    )


def engine_settings(settings: Settings) -> EngineSettings:
    """What the engines need of them."""
    return EngineSettings(
        num_engines=settings.engines,
        device=settings.device,
        precision=settings.precision,
        num_threads=settings.engine_threads,
        pins=settings.pin_engines,
        encodes_beside=_beside(settings),
        limits=BatchLimits(settings.max_rows, settings.max_encode, settings.max_encode_tokens),
        num_gpus=num_gpus(),
        cuda=CudaOptions(memory_bytes=settings.gpu_memory_bytes, captures_graphs=settings.cuda_graphs),
        shortlists=settings.shortlist == "on",
        start_seconds=settings.engine_start_seconds,
        hang_seconds=settings.engine_hang_seconds,
        max_restarts=settings.max_engine_restarts,
    )


def _beside(settings: Settings) -> Beside:
    """Auto is off without a core for each encoder, and where engines keep to cores of their own."""
    has_cores = num_cores() >= 2 * settings.engines * settings.engine_threads
    if settings.encode_beside == "auto" and (settings.pin_engines or not has_cores):
        return "off"
    return settings.encode_beside


def queue_limits(settings: Settings) -> QueueLimits:
    """How much may wait or run."""
    return QueueLimits(settings.max_queue_sequences, settings.max_queue_tokens)
