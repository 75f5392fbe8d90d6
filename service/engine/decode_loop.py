"""One tick of continuous batching: drop, admit, step, retire; sentences join and leave at every tick.

Synchronous. The loop holds one model's waiting and running sequences; it is driven from outside,
tick by tick, and reads no clock but the one it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor

import numpy as np

from service.engine.batch import Batch, Ended
from service.engine.deck import Deck, Encoded
from service.engine.encoder import Attempt, Encoder
from service.engine.errors import DeadlineExceeded, ModelFailed
from service.engine.manifest import Pieces
from service.engine.messages import Job, Progress, Result, TickRecord
from service.engine.model import Seq2SeqModel
from service.engine.scheduler import BatchLimits, Scheduler
from service.engine.sequence import Sequence
from service.engine.tally import LoopIdentity, Tally


class DecodeLoop:
    """The decode loop of one model; `clock` gives monotonic seconds.

    With an `executor` sentences are encoded in it while rows run. `progress` is that of the sentences
    that stream and go on, as the last tick settled it.
    """

    def __init__(
        self,
        model: Seq2SeqModel,
        pieces: Pieces,
        identity: LoopIdentity,
        *,
        limits: BatchLimits,
        clock: Callable[[], float],
        executor: Executor | None = None,
    ) -> None:
        self._pieces = pieces
        self._identity = identity
        self._limits = limits
        self._scheduler = Scheduler(limits.patience)
        self._encoder = Encoder(model, clock, executor)
        self._deck = Deck(model)
        self._batch = Batch(model, _banned(pieces))
        self._clock = clock
        self._earliest_deadline = float("inf")  # of the encoded and the running, or before it
        self._cancelled: set[int] = set()
        self._results: list[Result] = []
        self._tally = Tally()
        self._has_streams = False
        self.progress: list[Progress] = []

    @property
    def has_work(self) -> bool:
        """True while a tick would do something."""
        is_encoding = self._encoder.is_busy or not self._deck.is_empty
        return bool(is_encoding or self._batch.sequences or self._scheduler.num_waiting)

    def post(self, job: Job) -> None:
        """Puts a job at the end of the queue."""
        self._scheduler.add(Sequence.from_job(job, self._pieces))

    def cancel(self, ids: Iterable[int]) -> None:
        """At the next tick these sequences are gone, and nothing is said about them."""
        if self.has_work:
            self._cancelled.update(ids)

    def tick(self) -> tuple[TickRecord, list[Result]]:
        """Drops the cancelled and the late, lets waiting ones in, advances every row by a token."""
        started = self._clock()
        self._tally = Tally()
        self._results = []
        self._drop_cancelled()
        self._drop_expired()
        self._admit()
        self._step()
        self.progress = self._progress() if self._has_streams else []
        self._tally.busy_seconds = self._clock() - started
        return self._record(), self._results

    def _drop_cancelled(self) -> None:
        if not self._cancelled:
            return
        queued = self._scheduler.remove(self._cancelled)
        queued += [one for one in self._ahead if one.job.id in self._cancelled]
        running = [one for one in self._batch.sequences if one.job.id in self._cancelled]
        self._tally.cancelled_queued, self._tally.cancelled_running = len(queued), len(running)
        self._leave(queued, running)
        self._cancelled.clear()

    def _drop_expired(self) -> None:
        now = self._clock()
        queued, running = self._scheduler.expired(now), []
        if now >= self._earliest_deadline:
            queued += [one for one in self._ahead if one.is_expired(now)]
            running = [one for one in self._batch.sequences if one.is_expired(now)]
            self._leave(queued, running)
            left = (one.deadline for one in (*self._ahead, *self._batch.sequences))
            self._earliest_deadline = min(left, default=float("inf"))
        self._tally.expired_queued, self._tally.expired_running = len(queued), len(running)
        for where, late in (("queued", queued), ("running", running)):
            self._results.extend(one.failed(DeadlineExceeded(where)) for one in late)

    @property
    def _ahead(self) -> list[Sequence]:
        """Those who are encoded, or are being encoded, and have no row yet."""
        return [*self._deck.sequences, *self._encoder.sequences]

    def _leave(self, queued: list[Sequence], running: list[Sequence]) -> None:
        self._encoder.remove(queued)
        self._deck.remove(queued)
        self._batch.drop(running)

    def _admit(self) -> None:
        """Lets in who is encoded, then encodes as long as there are rows that nobody waits for."""
        self._arrive()
        self._enter()
        if self._encoder.is_beside and self._batch.sequences:
            self._encode_ahead()
            return
        budget, tokens = self._limits.max_encode, self._limits.max_encode_tokens
        while budget > 0 and self._free_rows > 0 and self._deck.is_empty:
            group = self._scheduler.next_group(budget, tokens, others_run=bool(self._batch.sequences))
            if not group:
                return
            budget -= len(group)
            tokens -= sum(len(one.job.source) for one in group)
            self._note_deadlines(group)
            self._settle(self._encoder.attempt(group))
            self._enter()

    def _encode_ahead(self) -> None:
        """Begins with a group before those who are encoded have all found a row."""
        if self._encoder.is_busy or self._deck.num_waiting > self._limits.max_encode // 2:
            return
        limits = self._limits
        group = self._scheduler.next_group(limits.max_encode, limits.max_encode_tokens, others_run=True)
        if group:
            self._note_deadlines(group)
            self._encoder.begin(group)

    def _arrive(self) -> None:
        """Takes what was encoded beside the steps; where no row runs, waits for it."""
        attempt = self._encoder.ended(waits=not self._batch.sequences)
        if attempt is not None:
            self._settle(attempt)

    @property
    def _free_rows(self) -> int:
        return self._limits.max_rows - self._batch.reserved_rows

    def _enter(self) -> None:
        while (entering := self._deck.take(self._free_rows)) is not None:
            now = self._clock()
            for sequence in entering.sequences:
                sequence.admitted_at = now
                self._has_streams |= sequence.job.streams
            self._batch.join(entering.sequences, entering.state)
            self._tally.joined += len(entering.sequences)

    def _settle(self, attempt: Attempt) -> None:
        """Puts a group on the deck; one that failed is encoded one by one, to fail only whom it must."""
        group = attempt.group
        if attempt.state is not None:
            self._deck.put(Encoded(group, attempt.state))
            self._deck.remove(attempt.gone)
            self._count(attempt)
            return
        left = [one for one in group if one not in attempt.gone]
        if len(group) == 1 and attempt.error is not None:
            for one in left:
                self._fail(one, attempt.error)
        else:
            for one in left:
                self._settle(self._encoder.attempt([one]))

    def _count(self, attempt: Attempt) -> None:
        lengths = [len(one.job.source) for one in attempt.group]
        for sequence in attempt.group:
            sequence.encode_seconds = attempt.seconds
        self._tally.num_encoded += len(lengths)
        self._tally.source_tokens += sum(lengths)
        self._tally.padded_source_tokens += max(lengths) * len(lengths)
        self._tally.encode_seconds += attempt.seconds

    def _note_deadlines(self, group: list[Sequence]) -> None:
        self._earliest_deadline = min(self._earliest_deadline, *(one.deadline for one in group))

    def _step(self) -> None:
        if not self._batch.sequences:
            return
        started = self._clock()
        self._tally.rows = self._batch.num_rows
        ended = self._stepped(self._batch)
        self._tally.step_seconds = self._clock() - started
        self._tally.tokens = self._tally.rows
        for one in ended:
            self._retire(one)

    def _stepped(self, batch: Batch) -> list[Ended]:
        """Steps a batch; where that fails each sequence on its own, to fail only whom it must."""
        batch.close_gaps()
        try:
            step = batch.ask()
        except Exception as error:  # noqa: BLE001  # whatever a model raises ends here
            parts = batch.split()
            batch.drop(batch.sequences)
            if len(parts) == 1:
                return [Ended(parts[0].sequences[0], self._as_failure(error))]
        else:
            return batch.take(step)
        ended: list[Ended] = []
        for part in parts:
            ended.extend(self._stepped(part))
            batch.absorb(part)
        return ended

    def _retire(self, ended: Ended) -> None:
        if ended.error is not None:
            self._fail(ended.sequence, ended.error)
            return
        try:
            self._results.append(ended.sequence.done(self._clock()))
        except ModelFailed as error:
            self._fail(ended.sequence, error)
        else:
            self._tally.finished += 1

    def _fail(self, sequence: Sequence, error: Exception) -> None:
        self._tally.failed += 1
        self._results.append(sequence.failed(self._as_failure(error)))

    def _as_failure(self, error: Exception) -> ModelFailed:
        """Names the model; of a foreign exception only the class is told, its text might hold a user's."""
        reason = error.reason if isinstance(error, ModelFailed) else type(error).__name__
        return ModelFailed(self._identity.model, reason)

    def _progress(self) -> list[Progress]:
        streaming = [one for one in self._batch.sequences if one.job.streams]
        self._has_streams = bool(streaming)
        told = (one.progress() for one in streaming)
        return [one for one in told if one is not None]

    def _record(self) -> TickRecord:
        encoded = self._ahead
        self._tally.num_waiting = self._scheduler.num_waiting + len(encoded)
        encoded_tokens = sum(len(one.job.source) for one in encoded)
        self._tally.waiting_tokens = self._scheduler.waiting_tokens + encoded_tokens
        self._tally.num_running = len(self._batch.sequences)
        posted = [one.job.posted_at for one in (self._scheduler.oldest, *encoded) if one is not None]
        if posted:
            self._tally.oldest_wait_seconds = max(0.0, self._clock() - min(posted))
        return self._identity.record(self._tally)


def _banned(pieces: Pieces) -> np.ndarray:
    """Which target pieces no source asks for: [target pieces] of truth values.

    A copy symbol may be emitted where the source holds the same one, and only there.
    """
    is_banned = np.zeros(pieces.num_target, bool)
    is_banned[[pieces.pad, pieces.unk, pieces.bos]] = True
    is_banned[pieces.copies] = True
    return is_banned
