"""What the HTTP side allows and assumes, as plain values from the edge."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of one request and the defaults of what it leaves out.

    Characters are code points; `max_request_characters` bounds all texts of a request together, and
    `max_attention_characters` those of a request for weights. `cors_origins` are those whose pages may call;
    `serves_metrics` is false where `/metrics` has a port of its own.
    """

    max_body_bytes: int = 1_048_576
    max_texts: int = 256
    max_characters: int = 10_000
    max_request_characters: int = 100_000
    max_attention_characters: int = 5_000
    beam_size: int = 4
    length_penalty: float = 0.8
    coverage_penalty: float = 0.0
    body_timeout_seconds: float = 10.0
    request_timeout_seconds: float = 30.0
    max_request_timeout_seconds: float = 120.0
    cors_origins: tuple[str, ...] = ()
    serves_metrics: bool = True
