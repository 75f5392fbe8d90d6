"""What crosses the border of an engine process, and how it becomes bytes.

Inwards: Post, Cancel, Load, Unload, Stop. Outwards: Ready or StartFailed once, then Reports and
Heartbeats, and for each Load one Loaded or LoadFailed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

FinishReason = Literal["eos", "length", "repetition"]
Priority = Literal["interactive", "bulk"]


class Job(msgspec.Struct, frozen=True, array_like=True):
    """One sentence to translate, or with `target` to score as it is (forced decoding).

    `deadline` and `posted_at` are time.monotonic() seconds, which all processes of a machine share.
    Sentences of one call share a `group`: the queue takes turns among groups. The translation must hold
    the `required` phrases, each as often as it is listed; that takes a beam of at least 4.
    With `streams` its Progress is told.
    """

    id: int
    model: str
    version: str
    source: tuple[int, ...]
    target: tuple[int, ...] | None
    max_target_tokens: int
    beam_size: int
    n_best: int
    length_penalty: float
    coverage_penalty: float
    with_attention: bool
    deadline: float | None
    posted_at: float
    priority: Priority = "interactive"
    group: int = 0
    required: tuple[tuple[int, ...], ...] = ()
    streams: bool = False


class Found(msgspec.Struct, frozen=True, array_like=True):
    """One hypothesis: `tokens` without EOS, `logprobs` with EOS's at the end where it was reached.

    `attention` holds float32 rows, one per token, one column per source token; None where not wanted.
    `met` tells for each required phrase whether the hypothesis holds it.
    """

    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    score: float
    finish_reason: FinishReason
    attention: bytes | None = None
    met: tuple[bool, ...] = ()


class Done(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A sentence's hypotheses, best first, and where its time went, from `posted_at` on."""

    id: int
    hypotheses: tuple[Found, ...]
    queue_seconds: float
    encode_seconds: float
    decode_seconds: float
    posted_at: float = 0.0


class Failed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A sentence that ended in an error of the family in errors.py."""

    id: int
    error: str
    data: dict[str, Any]


Result = Done | Failed


class Progress(msgspec.Struct, frozen=True, array_like=True):
    """Tokens of the best hypothesis that nothing can change any more, behind those told before.

    `attention` is as in Found, for these tokens.
    """

    id: int
    tokens: tuple[int, ...]
    attention: bytes | None

    def followed_by(self, other: Progress) -> Progress:
        """Both of one sentence as one."""
        attention = None if self.attention is None else self.attention + (other.attention or b"")
        return Progress(self.id, self.tokens + other.tokens, attention)


class TickRecord(msgspec.Struct, frozen=True):
    """What one tick of one model's decode loop did; times in seconds, 0 where nothing ran.

    A group that was encoded beside the steps counts in the tick in which it arrived, so its
    `encode_seconds` may be more than the tick took, which is `busy_seconds`. Counts are of sequences,
    except `rows` (of the decode step) and the tokens. `actual_device` and `engine` say where it ran.
    """

    engine: int
    model: str
    version: str
    actual_device: str
    rows: int
    tokens: int
    joined: int
    finished: int
    failed: int
    cancelled_queued: int
    cancelled_running: int
    expired_queued: int
    expired_running: int
    num_encoded: int
    source_tokens: int
    padded_source_tokens: int
    encode_seconds: float
    step_seconds: float
    busy_seconds: float
    num_waiting: int
    waiting_tokens: int
    num_running: int
    oldest_wait_seconds: float


class ReadyModel(msgspec.Struct, frozen=True):
    """A model that an engine holds in memory, and the device and precision it really runs in.

    `fallback_reason` says why that is not the one hoped for, "" where it is.
    """

    name: str
    version: str
    requested_device: str
    actual_device: str
    precision: str
    load_seconds: float
    fallback_reason: str = ""


class Post(msgspec.Struct, frozen=True, tag=True):
    """Sentences for the engine's queue."""

    jobs: tuple[Job, ...]


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """Sentences that nobody waits for any more; no answer is sent for them."""

    ids: tuple[int, ...]


class Load(msgspec.Struct, frozen=True, tag=True):
    """Load a version beside those that run; `digest` is that of the manifest in the folder at `path`.

    The answer has the same `number`.
    """

    number: int
    name: str
    version: str
    path: str
    digest: str


class Unload(msgspec.Struct, frozen=True, tag=True):
    """Nothing more will be posted for this version: forget it once its last row is done."""

    name: str
    version: str


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End the process now."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """All models are loaded and warm."""

    models: tuple[ReadyModel, ...]


class StartFailed(msgspec.Struct, frozen=True, tag=True):
    """The engine could not start; it ends after this."""

    error: str
    data: dict[str, Any]


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """This version takes jobs from now on."""

    number: int
    model: ReadyModel


class LoadFailed(msgspec.Struct, frozen=True, tag=True):
    """The version is not here, and why; everything else goes on as before."""

    number: int
    error: str
    data: dict[str, Any]


class Report(msgspec.Struct, frozen=True, tag=True):
    """The tick records and results since the last report, and the progress of sentences that go on."""

    records: tuple[TickRecord, ...]
    results: tuple[Result, ...]
    progress: tuple[Progress, ...] = ()


class Heartbeat(msgspec.Struct, frozen=True, tag=True):
    """Nothing to do, and alive."""


Inward = Post | Cancel | Load | Unload | Stop
Outward = Ready | StartFailed | Loaded | LoadFailed | Report | Heartbeat

encode = msgspec.msgpack.Encoder().encode
decode_inward: Callable[[bytes], Inward] = msgspec.msgpack.Decoder(Inward).decode
decode_outward: Callable[[bytes], Outward] = msgspec.msgpack.Decoder(Outward).decode
