"""The seam's ONNX side on a GPU: rows live on the device, and only token ids and the best scores cross.

Every run has a shape from a few buckets; buckets.py says why. The same code runs on the CPU's memory,
which is how it is tested.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from service.engine.buckets import Buckets
from service.engine.device import CudaOptions, OpenGraphs, Place, Runtime, require_cuda
from service.engine.device_failures import memory_told
from service.engine.device_memory import Memory, View
from service.engine.device_rows import Layout
from service.engine.device_step import DeviceStep
from service.engine.folder import ModelFolder
from service.engine.graph_check import forms_of_state
from service.engine.homes import Home, Homes, Lot
from service.engine.model import Array, Integers, State, Step
from service.engine.mover import Mover, mover_graph
from service.engine.onnx_model import Running

NO_GRAPH = -1  # the number of a run that is neither captured nor replayed


class DeviceModel:
    """A Seq2SeqModel of two ONNX graphs on one device. Owned by one thread; loading.py makes it."""

    def __init__(
        self, folder: ModelFolder, opened: OpenGraphs, runtime: Runtime, buckets: Buckets, cuda: CudaOptions
    ) -> None:
        self.manifest = folder.manifest
        self.running = Running(opened.actual, opened.precision, opened.fallback_reason)
        self.buckets = buckets
        self._encoder, self._step = opened.sessions
        self._captures_graphs = cuda.captures_graphs
        self._graph_numbers = itertools.count(1)
        self._forms = forms_of_state(folder, *opened.sessions)
        self._memory = Memory(runtime, Place(opened.actual, cuda.device_id if opened.actual == "cuda" else 0))
        movers = [self._mover(runtime, cuda, is_ragged=is_ragged) for is_ragged in (False, True)]
        self._homes = Homes(Layout(self._forms, buckets, self._memory, *movers))

    def encode(self, sources: Sequence[Sequence[int]]) -> State:
        """One row per source, in their order; every source has at least one token."""
        lengths = [len(one) for one in sources]
        num_rows = self.buckets.rows_for(len(sources))
        padded = np.zeros((num_rows, self.buckets.width_for(max(lengths))), np.int64)  # [rows, source]
        for row, ids in enumerate(sources):
            padded[row, : len(ids)] = ids
        source_lengths = np.array([*lengths, *[1] * (num_rows - len(sources))], np.int32)  # [rows]
        with memory_told():
            return Lot.of_all(self._encoded(padded, source_lengths), lengths).state()

    def step(self, state: State, previous: Integers, wanted: Integers) -> Step:
        """Advances every row by a token; see Seq2SeqModel."""
        with memory_told():
            home = self._homes.of(state)
            try:
                told = self._bound(home).run(previous, wanted)
            except Exception:
                if state.home is not home:  # the rows still wait where they were
                    self._homes.vacate(home)
                raise
        home.rows.turn()
        return Step(**told, state=home.state())

    def join(self, left: State, right: State, places: Sequence[int]) -> State:
        """The rows of `left` with those of `right` at these places; see Seq2SeqModel."""
        if left.num_rows == 0:
            return right
        with memory_told():
            home = self._homes.roomy(self._homes.of(left), max(left.num_rows, places[-1] + 1))
            self._homes.move_in(home, right, places)
        return home.state()

    def keep(self, state: State, rows: Integers) -> State:
        """The named rows in the named order; a row may be named more than once."""
        if isinstance(state.home, Lot):
            return state.home.part(rows.tolist()).state()
        home = self._homes.of(state)
        if len(rows) == 0:
            self._homes.vacate(home)
            return State({}, 0)
        with memory_told():
            home = self._homes.roomy(home, len(rows))
            home.rows.rearrange(rows.tolist())
        return home.state()

    def pick(self, state: State, rows: Integers) -> State:
        """A copy of the named rows; `state` stays as it was."""
        if isinstance(state.home, Home):
            state.home.require_latest(state)
        assert isinstance(state.home, Lot | Home)
        return state.home.part(rows.tolist()).state()

    def _mover(self, runtime: Runtime, cuda: CudaOptions, *, is_ragged: bool) -> Mover:
        graph = mover_graph(self._forms, is_ragged=is_ragged)
        if self._memory.place.kind == "cpu":
            return Mover(runtime.open_on_cpu(graph, num_threads=1), self._forms, is_ragged=is_ragged)
        uncaptured = replace(cuda, captures_graphs=False)  # what it reads and writes changes
        session = runtime.open_on_cuda(graph, num_threads=1, cuda=uncaptured)
        require_cuda(session)
        return Mover(session, self._forms, is_ragged=is_ragged)

    def _encoded(self, source: Integers, source_lengths: Array) -> dict[str, View]:
        place = self._memory.place
        binding = self._encoder.io_binding()
        binding.bind_cpu_input("source", source)
        binding.bind_cpu_input("source_lengths", source_lengths)  # an LSTM reads them on the host
        for name in self._forms:
            binding.bind_output(name, place.kind, place.number)
        self._encoder.run_with_iobinding(binding)
        made = zip(self._forms.items(), binding.get_outputs(), strict=True)
        return {name: View(one, place, form.dtype, tuple(one.shape())) for (name, form), one in made}

    def _bound(self, home: Home) -> DeviceStep:
        key = (*home.rows.bucket, home.rows.parity)
        if key not in home.steps:
            home.steps[key] = DeviceStep(self._step, home.rows, self._memory, self._run_options(home))
        return home.steps[key]

    def _run_options(self, home: Home) -> object:
        """Each step of the main home is captured as a graph of its own; other homes do not last."""
        if not self._captures_graphs:
            return None
        return self._memory.runtime.run_options(next(self._graph_numbers) if home.is_main else NO_GRAPH)
