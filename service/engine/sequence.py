"""One sentence on its way through the engine: its job, its search and its times."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.engine.beam import BeamSearch
from service.engine.errors import ZhuyiError
from service.engine.manifest import Pieces
from service.engine.messages import Done, Failed, Job
from service.engine.search import Rules, SingleSearch


@dataclass(slots=True, eq=False)
class Sequence:
    """A sentence being translated. `num_rows` is what it occupies in the batch just now."""

    job: Job
    search: SingleSearch | BeamSearch
    num_rows: int = 1
    admitted_at: float = 0.0
    encode_seconds: float = 0.0
    max_rows: int = field(init=False)
    copies: tuple[int, ...] = ()  # the copy symbols in its source

    def __post_init__(self) -> None:
        self.max_rows = self.job.beam_size if isinstance(self.search, BeamSearch) else 1

    @classmethod
    def from_job(cls, job: Job, pieces: Pieces) -> Sequence:
        """The sequence that carries out a job, with the search that it asks for."""
        num_source = len(job.source) if job.with_attention else None
        rules = Rules(pieces.bos, pieces.eos, job.max_target_tokens, job.length_penalty, num_source)
        symbols = range(pieces.copies.start, pieces.copies.stop)
        copies = tuple(token for token in job.source if token in symbols)
        if job.target is not None:
            return cls(job, SingleSearch(rules, target=job.target))
        if job.beam_size == 1:
            return cls(job, SingleSearch(rules), copies=copies)
        return cls(job, BeamSearch(rules, beam_size=job.beam_size, n_best=job.n_best), copies=copies)

    def is_expired(self, now: float) -> bool:
        """True from the deadline on."""
        return self.job.deadline is not None and now >= self.job.deadline

    def done(self, now: float) -> Done:
        """The result of a finished search; raises ModelFailed where it holds something not finite."""
        decode_seconds = now - self.admitted_at - self.encode_seconds
        queue_seconds = self.admitted_at - self.job.posted_at
        return Done(self.job.id, self.search.found(), queue_seconds, self.encode_seconds, decode_seconds)

    def failed(self, error: ZhuyiError) -> Failed:
        """The result that tells of an error."""
        return Failed(self.job.id, type(error).__name__, error.data)
