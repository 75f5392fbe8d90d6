"""An OnnxModel whose rows choose among the target pieces that their own source asks for.

A row's scores are gathered in an order of its own, to one size for all, before they are normalised: so
no batch mate decides a bit of them. Only the product is shared, and its sums are of integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.engine.bound_step import BoundSteps
from service.engine.device import OpenGraphs, Runtime, Session
from service.engine.errors import ShortlistUnavailable
from service.engine.folder import ModelFolder
from service.engine.graph_check import DTYPES, SHORTLIST_INPUTS, check_short_step
from service.engine.lexicon import Columns, Lexicon
from service.engine.model import Array, Floats, Integers, State, Step
from service.engine.onnx_model import Home, OnnxModel, Running
from service.engine.slots import Form


def with_shortlists(
    folder: ModelFolder, opened: OpenGraphs, runtime: Runtime, *, num_threads: int
) -> ShortlistModel:
    """The model of a folder's opened graphs and of the step and lexicon that belong to them.

    Raises ShortlistUnavailable where there are none for this device and precision.
    """
    names = folder.manifest.shortlist
    if names is None:
        raise ShortlistUnavailable(f"{folder.manifest.name} has no lexicon")
    if (opened.actual, opened.precision) != ("cpu", "int8"):
        found = f"{folder.manifest.name} runs in {opened.precision} on {opened.actual}"
        raise ShortlistUnavailable(f"they are for int8 on the CPU, and {found}")
    encoder, step = opened.sessions
    short_step = runtime.open_on_cpu(folder.read(names.step), num_threads=num_threads)
    check_short_step(folder, step, short_step)
    running = Running(opened.actual, opened.precision, opened.fallback_reason)
    return ShortlistModel(folder, (encoder, step, short_step), running, Lexicon.read(folder, names.lexicon))


class ShortHome(Home):
    """Rows with the columns of the projection that they need; `short_steps` read them."""

    def __init__(
        self, forms: Mapping[str, Form], step: Session, short_step: Session, lexicon: Lexicon
    ) -> None:
        super().__init__(forms, step)
        self.short_steps = BoundSteps(short_step, self.slots)
        self.columns = Columns(lexicon)

    def place(self, arrays: Mapping[str, Array], width: int, places: Sequence[int]) -> None:
        """Rows enter, each at its place, and their pieces get columns."""
        super().place(arrays, width, places)
        self.columns.cover(self.slots.array("shortlist"), self.slots.array("columns"), places)


class ShortlistModel(OnnxModel):
    """A Seq2SeqModel of an encoder, a step with shortlists, and the whole step for wanted scores."""

    def __init__(
        self,
        folder: ModelFolder,
        sessions: tuple[Session, Session, Session],
        running: Running,
        lexicon: Lexicon,
    ) -> None:
        encoder, step, self._short_step = sessions
        super().__init__(folder, encoder, step, running)
        declared = {one.name: one for one in self._short_step.get_inputs()}
        self._size: int = declared["shortlist"].shape[1]
        for name in SHORTLIST_INPUTS:
            dtype = np.dtype(DTYPES[declared[name].type])
            self._forms[name] = Form(dtype, (self._size,), is_ragged=False, is_renewed=False)
        self._lexicon = lexicon

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        """One row per source, in their order; every source has at least one token."""
        state = super().encode(sources)
        shortlists = np.stack([self._lexicon.shortlist(one, self._size) for one in sources])
        of_rows = {
            "shortlist": shortlists,
            "columns": np.zeros_like(shortlists),  # known once they join others
            "scale": self._lexicon.scale[shortlists],
            "bias": self._lexicon.bias[shortlists],
        }
        return State({**state.arrays, **of_rows}, state.num_rows)

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        """Advances every row by a token; wanted scores are those among all pieces."""
        home = self._home_of(state)
        assert isinstance(home, ShortHome)
        bound = home.short_steps.current(weight=home.columns.weight)
        bound.run(previous=previous)
        wanted_scores = _wanted_scores(home, previous, wanted)
        home.slots.turn()
        return Step(**bound.outputs, wanted_scores=wanted_scores, state=home.state())

    def _new_home(self) -> Home:
        return ShortHome(self._forms, self._step, self._short_step, self._lexicon)


def _wanted_scores(home: ShortHome, previous: Integers, wanted: Integers) -> Floats:
    """Zeros where nothing is wanted; else the whole step is made too, and writes the same next state."""
    if not wanted.any():
        return np.zeros(len(wanted), np.float32)
    bound = home.steps.current()
    bound.run(previous=previous, wanted=wanted)
    return bound.outputs["wanted_scores"]
