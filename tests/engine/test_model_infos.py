"""What is told of a model is what the engines say now, not what they said before."""

from __future__ import annotations

import pytest

from service.engine.folder import ModelFolder
from service.engine.messages import ReadyModel
from service.engine.model_infos import ModelInfos
from service.engine.text_model import TextModel
from tests.random_model import write_random_model


class Told:
    """Engines that tell what they are told to tell."""

    def __init__(self) -> None:
        self.ready: tuple[ReadyModel, ...] = ()

    def models(self) -> tuple[ReadyModel, ...]:
        return self.ready


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[TextModel]:
    """Two versions of one model."""
    store = tmp_path_factory.mktemp("store")
    return [TextModel(ModelFolder.open(write_random_model(store, version=one))) for one in ("1", "2")]


def ready(version: str, device: str) -> ReadyModel:
    """A version of zh-en on a device."""
    return ReadyModel("zh-en", version, "auto", device, "fp32", 0.5)


def test_every_change_is_told(models: list[TextModel]) -> None:
    """Before the start, after it, with a version more, on another device, and after it was dropped."""
    engines = Told()
    infos = ModelInfos(engines)  # type: ignore[arg-type]
    told = []
    for now in (
        (),
        (ready("1", "cuda"),),
        (ready("1", "cuda"), ready("2", "cuda")),
        (ready("1", "cuda"), ready("2", "cpu")),
        (ready("2", "cpu"),),
    ):
        engines.ready = now
        told.append([infos.of(one).actual_device for one in models])
    assert told == [["", ""], ["cuda", ""], ["cuda", "cuda"], ["cuda", "cpu"], ["", "cpu"]]
    assert infos.of(models[1]).fell_back


def test_it_is_made_once_while_nothing_changes(models: list[TextModel]) -> None:
    """Every request asks three times."""
    engines = Told()
    engines.ready = (ready("1", "cpu"),)
    infos = ModelInfos(engines)  # type: ignore[arg-type]
    assert infos.of(models[0]) is infos.of(models[0])
