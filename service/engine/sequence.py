"""One sentence on its way through the engine: its job, its search and its times."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from service.engine.beam import BeamSearch
from service.engine.constrained import ConstrainedSearch
from service.engine.errors import ZhuyiError
from service.engine.manifest import Pieces
from service.engine.messages import Done, Failed, Job, Progress
from service.engine.repetition import LoopGuard
from service.engine.search import Rules, SingleSearch


@dataclass(slots=True, eq=False)
class Sequence:
    """A sentence being translated; `rows` are those of the batch that hold its hypotheses, in their order."""

    job: Job
    search: SingleSearch | BeamSearch
    rows: list[int] = field(default_factory=list)
    admitted_at: float = 0.0
    encode_seconds: float = 0.0
    max_rows: int = field(init=False)
    num_streamed: int = 0

    def __post_init__(self) -> None:
        self.max_rows = self.search.beam_size if isinstance(self.search, BeamSearch) else 1

    @classmethod
    def from_job(cls, job: Job, pieces: Pieces) -> Sequence:
        """The sequence that carries out a job, with the search that it asks for."""
        rules = Rules(
            pieces.bos,
            pieces.eos,
            limit=job.max_target_tokens,
            length_penalty=job.length_penalty,
            coverage_penalty=job.coverage_penalty,
            num_source=len(job.source),
            with_attention=job.with_attention,
        )
        symbols = range(pieces.copies.start, pieces.copies.stop)
        copies = tuple(token for token in job.source if token in symbols)
        if job.target is not None:
            return cls(job, SingleSearch(rules, target=job.target))
        num_required = sum(map(len, job.required))
        guard = LoopGuard(job.source, num_required=num_required, limit=job.max_target_tokens)
        if job.required:
            return cls(job, _constrained(job, rules, copies, guard))
        if job.beam_size == 1:
            return cls(job, SingleSearch(rules, copies=copies, guard=guard))
        search = BeamSearch(rules, beam_size=job.beam_size, n_best=job.n_best, copies=copies, guard=guard)
        return cls(job, search)

    @property
    def deadline(self) -> float:
        """When it is too late, in seconds of the engine's clock; infinite where it never is."""
        return math.inf if self.job.deadline is None else self.job.deadline

    def is_expired(self, now: float) -> bool:
        """True from the deadline on."""
        return now >= self.deadline

    def progress(self) -> Progress | None:
        """What has been settled since it was told last; None where nothing was."""
        tokens, attention = self.search.settled(self.num_streamed)
        if not tokens:
            return None
        self.num_streamed += len(tokens)
        return Progress(self.job.id, tokens, attention)

    def done(self, now: float) -> Done:
        """The result of a finished search; raises ModelFailed where it holds something not finite."""
        decode_seconds = now - self.admitted_at
        queue_seconds = self.admitted_at - self.encode_seconds - self.job.posted_at
        times = (queue_seconds, self.encode_seconds, decode_seconds, self.job.posted_at)
        return Done(self.job.id, self.search.found(), *times)

    def failed(self, error: ZhuyiError) -> Failed:
        """The result that tells of an error."""
        return Failed(self.job.id, type(error).__name__, error.data)


def _constrained(job: Job, rules: Rules, copies: tuple[int, ...], guard: LoopGuard) -> ConstrainedSearch:
    return ConstrainedSearch(
        rules, required=job.required, beam_size=job.beam_size, n_best=job.n_best, copies=copies, guard=guard
    )
