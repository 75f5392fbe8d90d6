"""The seam's ONNX side on the CPU: two graphs, and rows that stay in their place from step to step.

Bit equality on the CPU, measured with ONNX Runtime 1.32 on AVX-512 and on AVX2: neither the number
of rows (1 to 64) nor the encoder's padding changes a bit of any output, but the softmax of a step
does depend on the padded source width unless that is a multiple of 8 (one of width 7 sums in another
order than one of width 8 with a masked column). So widths are multiples of 8.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.engine.bound_step import BoundSteps
from service.engine.device import Precision, Session, open_graphs
from service.engine.folder import ModelFolder
from service.engine.graph_check import check_graphs, forms_of_state
from service.engine.model import Array, Integers, State, Step
from service.engine.onnx_runtime import OnnxRuntime
from service.engine.slots import Form, Slots


@dataclass(frozen=True, slots=True)
class Running:
    """What a model runs on, and why that is not what was hoped for where it is not."""

    device: str = "cpu"
    precision: str = "fp32"
    fallback_reason: str = ""


class Home:
    """The memory of some rows with the steps bound to it; only its latest state may be used."""

    def __init__(self, forms: Mapping[str, Form], step: Session) -> None:
        self.slots = Slots(forms)
        self.steps = BoundSteps(step, self.slots)
        self._latest: State | None = None

    def place(self, arrays: Mapping[str, Array], width: int, places: Sequence[int]) -> None:
        """Rows of `width` source positions enter, each at its place."""
        self.slots.place(arrays, width, places)

    def state(self) -> State:
        """The rows as they are now, without arrays: nobody looks at them in vain."""
        self._latest = State({}, self.slots.num_rows, self)
        return self._latest

    def require_latest(self, state: State) -> None:
        """Raises RuntimeError where the rows have been taken over by a later state."""
        if state is not self._latest:
            raise RuntimeError("a state was used after it had been given away")


class OnnxModel:
    """A Seq2SeqModel of two ONNX graphs on the CPU; use `load`. Another thread than its own may `encode`."""

    def __init__(self, folder: ModelFolder, encoder: Session, step: Session, running: Running) -> None:
        self.manifest = folder.manifest
        self.running = running
        self._encoder = encoder
        self._step = step
        self._forms = forms_of_state(folder, encoder, step)
        self._names = list(self._forms)
        self._ragged = next(name for name, form in self._forms.items() if form.is_ragged)

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        precision: Precision = "fp32",
        num_threads: int = 1,
        digest: str | None = None,
    ) -> OnnxModel:
        """The model in a folder, on the CPU, its files verified before the runtime sees them.

        Raises ModelFolderInvalid where files or graphs are not what the manifest says, and
        PrecisionUnavailable where the folder has no graphs of that precision.
        """
        folder = ModelFolder.open(path, digest=digest)
        folder.verify()
        opened = open_graphs(OnnxRuntime(path), folder, "cpu", precision, num_threads=num_threads)
        encoder, step = opened.sessions
        check_graphs(folder, encoder, step)
        running = Running(opened.actual, opened.precision, opened.fallback_reason)
        return cls(folder, encoder, step, running)

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        """One row per source, in their order; every source has at least one token."""
        lengths = np.array([len(one) for one in sources], np.int32)  # [rows]
        source = np.zeros((len(sources), int(lengths.max())), np.int64)  # [rows, source]
        for row, ids in enumerate(sources):
            source[row, : len(ids)] = ids
        arrays = self._encoder.run(self._names, {"source": source, "source_lengths": lengths})
        return State(dict(zip(self._names, arrays, strict=True)), len(sources))

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        """Advances every row by a token; see Seq2SeqModel."""
        home = self._home_of(state)
        bound = home.steps.current()
        bound.run(previous=previous, wanted=wanted)
        home.slots.turn()
        return Step(**bound.outputs, state=home.state())

    def join(self, left: State, right: State, places: Sequence[int]) -> State:
        """The rows of `left` with those of `right` at these places; see Seq2SeqModel."""
        home = self._home_of(left)
        arrays = self._arrays_of(right)
        home.place(arrays, arrays[self._ragged].shape[1], places)
        return home.state()

    def keep(self, state: State, rows: Integers) -> State:
        """The named rows in the named order; a row may be named more than once."""
        home = self._home_of(state)
        home.slots.rearrange(rows.tolist())
        return home.state()

    def pick(self, state: State, rows: Integers) -> State:
        """The named rows; `state` stays as it was, and shares memory with them only where nobody writes."""
        arrays = self._arrays_of(state)
        first = int(rows[0])
        if state.home is None and rows.tolist() == list(range(first, first + len(rows))):
            taken = slice(first, first + len(rows))  # what was encoded is only read
            return State({name: array[taken] for name, array in arrays.items()}, len(rows))
        return State({name: array[rows] for name, array in arrays.items()}, len(rows))

    def _new_home(self) -> Home:
        return Home(self._forms, self._step)

    def _arrays_of(self, state: State) -> Mapping[str, Array]:
        return state.arrays if state.home is None else self._home_of(state).slots.arrays()

    def _home_of(self, state: State) -> Home:
        """Where the rows of a state live; plain arrays get a memory of their own."""
        if state.home is None:
            home = self._new_home()
            home.place(state.arrays, state.arrays[self._ragged].shape[1], range(state.num_rows))
            home.state()
            return home
        assert isinstance(state.home, Home)
        state.home.require_latest(state)
        return state.home
