"""The graphs that are made while loading are graphs, and they move rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from service.engine.buckets import Buckets
from service.engine.device import Place
from service.engine.device_memory import Memory, View
from service.engine.mover import Mover, mover_graph
from service.engine.onnx_runtime import OnnxRuntime
from service.engine.slots import Form

FORMS = {
    "hidden": Form(np.dtype(np.float32), (3,), is_ragged=False, is_renewed=True),
    "keys": Form(np.dtype(np.float32), (2,), is_ragged=True, is_renewed=False),
    "mask": Form(np.dtype(np.float16), (), is_ragged=True, is_renewed=False),
}
RUNTIME = OnnxRuntime(Path("none"))
MEMORY = Memory(RUNTIME, Place())


def a_mover(*, is_ragged: bool) -> Mover:
    """A mover on the CPU."""
    session = RUNTIME.open_on_cpu(mover_graph(FORMS, is_ragged=is_ragged), num_threads=1)
    return Mover(session, FORMS, is_ragged=is_ragged)


def filled(name: str, num_rows: int, width: int) -> tuple[View, np.ndarray]:
    """A memory of a tensor, full of different numbers, and a copy of what it holds."""
    form = FORMS[name]
    view = MEMORY.zeros(form.shape(num_rows, width), form.dtype)
    numbers = np.arange(np.prod(view.shape)).reshape(view.shape).astype(form.dtype)
    view.array.update_inplace(numbers)
    return view, numbers


@pytest.mark.parametrize("is_ragged", [False, True])
def test_the_bytes_are_a_valid_model(is_ragged: bool) -> None:
    """By the checker of the package that the service does without, shapes inferred strictly."""
    model = onnx.load_from_string(mover_graph(FORMS, is_ragged=is_ragged))
    onnx.checker.check_model(model, full_check=True)
    assert [one.name for one in model.graph.output] == [
        f"placed_{name}" for name, form in FORMS.items() if form.is_ragged == is_ragged
    ]
    assert model.opset_import[0].version == 18


def test_rows_change_places_within_one_memory() -> None:
    """All are read before the first is written, so two rows can change places."""
    memory, before = filled("hidden", 6, 1)
    moves = a_mover(is_ragged=False).into({"hidden": memory}).take_from({"hidden": memory})
    moves.run([1, 0, 5], [0, 1, 2], 8)
    assert np.array_equal(memory.array.numpy(), before[[1, 0, 5, 3, 4, 5]])


@pytest.mark.parametrize(("old", "new"), [(4, 8), (8, 4), (8, 8)])
def test_ragged_rows_get_the_width_of_where_they_go(old: int, new: int) -> None:
    """Wider ones are cut, where there was padding; narrower ones are padded with zeros."""
    sources, memories, expected = {}, {}, {}
    for name in ("keys", "mask"):
        sources[name], before = filled(name, 3, old)
        memories[name] = MEMORY.zeros(FORMS[name].shape(4, new), FORMS[name].dtype)
        expected[name] = np.zeros(memories[name].shape, FORMS[name].dtype)
        both = min(old, new)
        expected[name][[3, 1], :both] = before[[0, 2], :both]
    a_mover(is_ragged=True).into(memories).take_from(sources).run([0, 2], [3, 1], 4)
    for name, memory in memories.items():
        assert np.array_equal(memory.array.numpy(), expected[name])


def test_a_memory_can_be_laid_out_anew_in_its_own_place() -> None:
    """Rows of one width become rows of another in the same bytes."""
    whole, _ = filled("keys", 4, 8)
    other = MEMORY.zeros((4 * 8,), FORMS["mask"].dtype)
    narrow = whole.part(FORMS["keys"].shape(4, 4), FORMS["keys"].dtype)
    before = whole.array.numpy().reshape(-1)[: 4 * 4 * 2].reshape(4, 4, 2).copy()
    masks = (other.part((4, 4), other.dtype), other.part((4, 8), other.dtype))
    moves = a_mover(is_ragged=True).into({"keys": whole, "mask": masks[1]})
    moves.take_from({"keys": narrow, "mask": masks[0]}).run(range(4), range(4), 8)
    after = whole.array.numpy()
    assert np.array_equal(after[:, :4], before)
    assert not after[:, 4:].any()


def test_rows_come_from_the_host_too() -> None:
    """As those do which were picked out of a batch that failed."""
    memory, before = filled("hidden", 2, 1)
    moves = a_mover(is_ragged=False).into({"hidden": memory})
    moves.take_from({"hidden": before[::-1].copy()}).run([0], [0], 8)
    assert np.array_equal(memory.array.numpy(), before[[1, 1]])


@pytest.mark.parametrize(
    ("max_rows", "max_width", "rows", "widths"),
    [
        (32, 64, (8, 32), (16, 32, 64)),
        (256, 128, (8, 32, 128, 256), (16, 32, 64, 128)),
        (1024, 130, (8, 32, 128, 512, 1024), (16, 32, 64, 128, 136)),
        (1, 1, (8,), (16,)),
    ],
)
def test_buckets_are_few_and_the_last_is_just_large_enough(
    max_rows: int, max_width: int, rows: tuple[int, ...], widths: tuple[int, ...]
) -> None:
    """Rows by fours, widths by twos, all of them multiples of 8."""
    buckets = Buckets.up_to(max_rows, max_width)
    assert (buckets.rows, buckets.widths) == (rows, widths)
    assert buckets.rows_for(max_rows) == rows[-1]
    assert next(buckets.largest_first()) == (rows[-1], widths[-1])
