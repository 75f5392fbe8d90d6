"""Which versions serve now, and which are still in somebody's hands.

All that is done in one lease is done with the same version of each model, whatever is switched meanwhile.
A version that neither serves, nor is a candidate, nor is in a lease is given up.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar, Token
from dataclasses import dataclass, field

from service.engine.catalogue import Catalogue
from service.engine.errors import UnknownVersion
from service.engine.text_model import TextModel


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version on trial: `share` of the leases get it, 0 to 1."""

    model: TextModel
    share: float


@dataclass(slots=True, eq=False)
class Lease:
    """The models of one request; `rivals` are those that would have served instead of candidates."""

    owner: Serving
    catalogue: Catalogue
    rivals: dict[TextModel, TextModel] = field(default_factory=dict)
    is_over: bool = False


_LEASE: ContextVar[Lease | None] = ContextVar("lease", default=None)


class Serving:
    """The versions in use; `on_given_up` hears of each that nobody uses any more."""

    def __init__(
        self,
        models: Iterable[TextModel],
        on_given_up: Callable[[TextModel], None],
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.catalogue = Catalogue(models)
        self.candidates: dict[str, Candidate] = {}
        self._on_given_up = on_given_up
        self._chance = chance
        self._users = Counter(self.catalogue.models)

    @property
    def current(self) -> Catalogue:
        """The models of this task's lease, else those that serve."""
        held = self._held()
        return self.catalogue if held is None else held.catalogue

    def lease(self) -> AbstractContextManager[Lease]:
        """The lease of this task, or one that lasts as long as the block."""
        held = self._held()
        return _Term(self) if held is None else nullcontext(held)

    def begin(self) -> Lease:
        """A new lease; it must be ended."""
        lease = Lease(self, self.catalogue)
        for candidate in self.candidates.values():
            if self._chance() < candidate.share:
                self._give(lease, candidate.model)
        self._take(lease.catalogue.models)
        return lease

    def end(self, lease: Lease) -> None:
        """Nobody works with the models of this lease any more."""
        lease.is_over = True
        self._release(lease.catalogue.models)

    def insist(self, name: str, version: str) -> None:
        """From now on this lease has that version; raises UnknownVersion as `find` does."""
        with self.lease() as lease:
            old = lease.catalogue
            self._give(lease, self.find(name, version))
            self._take(lease.catalogue.models)
            self._release(old.models)

    def find(self, name: str, version: str) -> TextModel:
        """A version that serves or is a candidate; raises UnknownVersion."""
        for model in (*self.catalogue.models, *(one.model for one in self.candidates.values())):
            if model.key == (name, version):
                return model
        raise UnknownVersion(name, version)

    def serve(self, model: TextModel) -> None:
        """New leases get this version from now on; where it was a candidate it is none any more."""
        self._users[model] += 1
        old = [one for one in self.catalogue.models if one.name == model.name]
        self.catalogue = self.catalogue.with_model(model)
        self._release(old)
        if self.is_candidate(model):
            self.withdraw(model.name)

    def try_out(self, candidate: Candidate) -> None:
        """A share of the new leases gets this version, in place of an earlier candidate of its name."""
        self._users[candidate.model] += 1
        self.withdraw(candidate.model.name)
        self.candidates[candidate.model.name] = candidate

    def withdraw(self, name: str) -> None:
        """There is no candidate of this name any more."""
        candidate = self.candidates.pop(name, None)
        if candidate is not None:
            self._release([candidate.model])

    def is_candidate(self, model: TextModel) -> bool:
        """True where this very version is on trial."""
        candidate = self.candidates.get(model.name)
        return candidate is not None and candidate.model is model

    @contextmanager
    def keep(self, model: TextModel) -> Iterator[None]:
        """A version that is in use stays so as long as the block lasts."""
        self._users[model] += 1
        try:
            yield
        finally:
            self._release([model])

    def _held(self) -> Lease | None:
        held = _LEASE.get()
        return held if held is not None and held.owner is self and not held.is_over else None

    def _give(self, lease: Lease, model: TextModel) -> None:
        replaced = [one for one in lease.catalogue.models if one.name == model.name and one is not model]
        lease.catalogue = lease.catalogue.with_model(model)
        if self.is_candidate(model) and replaced:
            lease.rivals[model] = replaced[0]

    def _take(self, models: Iterable[TextModel]) -> None:
        for model in models:
            self._users[model] += 1

    def _release(self, models: Iterable[TextModel]) -> None:
        for model in models:
            self._users[model] -= 1
            if not self._users[model]:
                del self._users[model]
                self._on_given_up(model)


class _Term:
    """From the beginning of a lease to its end, in one task and those it starts."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def __enter__(self) -> Lease:
        self._lease = self._serving.begin()
        self._token: Token[Lease | None] = _LEASE.set(self._lease)
        return self._lease

    def __exit__(self, *_: object) -> None:
        _LEASE.reset(self._token)
        self._serving.end(self._lease)
