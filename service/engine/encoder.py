"""Groups of sequences on their way through the encoder: at once, or in a thread beside the steps.

Beside them the rows that run are not held up, and a core that has time to spare takes part of the work:
the encoder is a third of it. ONNX Runtime lets go of the interpreter's lock while it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from service.engine.errors import ModelFailed
from service.engine.model import Seq2SeqModel, State
from service.engine.sequence import Sequence


@dataclass(slots=True)
class Attempt:
    """What came of encoding a group: a row for each, or an error; `seconds` is how long it took.

    Those of the group that are in `gone` were removed meanwhile.
    """

    group: list[Sequence]
    state: State | None
    error: Exception | None
    seconds: float
    gone: list[Sequence] = field(default_factory=list)


class Encoder:
    """The encoder of one model; with an `executor` one group at a time is encoded in a thread of it."""

    def __init__(
        self, model: Seq2SeqModel, clock: Callable[[], float], executor: Executor | None = None
    ) -> None:
        self._model = model
        self._clock = clock
        self._executor = executor
        self._group: list[Sequence] = []
        self._gone: list[Sequence] = []
        self._future: Future[Attempt] | None = None

    @property
    def is_beside(self) -> bool:
        """True where a group can be encoded while rows run."""
        return self._executor is not None

    @property
    def is_busy(self) -> bool:
        """True while a group is on its way."""
        return self._future is not None

    @property
    def sequences(self) -> list[Sequence]:
        """The sequences on their way."""
        return [one for one in self._group if one not in self._gone]

    def remove(self, gone: Collection[Sequence]) -> None:
        """Takes sequences out: they are encoded all the same, and nobody sees it."""
        self._gone += [one for one in self._group if one in gone]

    def begin(self, group: list[Sequence]) -> None:
        """Begins with a group; nothing waits for it."""
        assert self._executor is not None
        assert self._future is None
        self._group, self._gone = group, []
        self._future = self._executor.submit(self.attempt, group)

    def ended(self, *, waits: bool) -> Attempt | None:
        """What came of the group on its way, once; None while it is not known, unless somebody waits."""
        if self._future is None or not (waits or self._future.done()):
            return None
        attempt = self._future.result()
        attempt.gone = self._gone
        self._future, self._group = None, []
        return attempt

    def attempt(self, group: list[Sequence]) -> Attempt:
        """Encodes a group at once; never raises."""
        started = self._clock()
        try:
            state = self._model.encode([one.job.source for one in group])
            if state.num_rows != len(group):
                raise ModelFailed("", "a state has the wrong number of rows")
        except Exception as error:  # noqa: BLE001  # whatever a model raises ends here
            return Attempt(group, None, error, self._clock() - started)
        return Attempt(group, state, None, self._clock() - started)
