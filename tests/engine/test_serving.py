"""Who gets which version, and when one is given up."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field

import pytest

from service.engine.errors import UnknownVersion
from service.engine.folder import ModelFolder
from service.engine.serving import Candidate, Serving
from service.engine.text_model import TextModel
from tests.random_model import write_random_model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextModel]:
    """Three versions of zh-en, and en-zh."""
    store = tmp_path_factory.mktemp("store")
    paths = {one: write_random_model(store, version=one) for one in ("1", "2", "3")}
    paths["other"] = write_random_model(store, name="en-zh")
    return {name: TextModel(ModelFolder.open(path)) for name, path in paths.items()}


@dataclass
class Scene:
    """A serving of zh-en/1 and en-zh/1, and what was given up so far."""

    models: dict[str, TextModel]
    chances: list[float] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.serving = Serving(
            [self.models["1"], self.models["other"]],
            lambda model: self.given_up.append(model.folder.manifest.version),
            chance=itertools.chain(self.chances, itertools.repeat(0.5)).__next__,
        )

    def version(self) -> str:
        """The version of zh-en that this task has."""
        return self.serving.current.find("zh", "en").folder.manifest.version


def test_a_lease_keeps_its_version_and_the_next_has_the_new_one(models: dict[str, TextModel]) -> None:
    """The old one is given up with its last lease, and not before."""
    scene = Scene(models)
    with scene.serving.lease():
        scene.serving.serve(models["2"])
        assert scene.version() == "1"
        with scene.serving.lease():  # of the same task: the same
            assert scene.version() == "1"
        assert scene.given_up == []
    assert scene.given_up == ["1"]
    assert scene.version() == "2"


def test_what_nobody_has_is_given_up_at_once(models: dict[str, TextModel]) -> None:
    """Also one that is put back: it serves again, and stays."""
    scene = Scene(models)
    scene.serving.serve(models["2"])
    assert scene.given_up == ["1"]
    with scene.serving.lease():
        scene.serving.serve(models["3"])
        scene.serving.serve(models["2"])
        assert scene.given_up == ["1", "3"]
    assert scene.given_up == ["1", "3"]


def test_to_serve_what_serves_changes_nothing(models: dict[str, TextModel]) -> None:
    """It is not given up."""
    scene = Scene(models)
    scene.serving.serve(models["1"])
    assert (scene.given_up, scene.version()) == ([], "1")


async def test_tasks_share_the_lease_that_they_were_started_in(models: dict[str, TextModel]) -> None:
    """Others have their own; one that outlives it sees what serves."""
    scene = Scene(models)
    is_over = asyncio.Event()

    async def look(wait: bool) -> str:
        if wait:
            await is_over.wait()
        return scene.version()

    with scene.serving.lease():
        scene.serving.serve(models["2"])
        assert await asyncio.create_task(look(wait=False)) == "1"
        late = asyncio.create_task(look(wait=True))
    is_over.set()
    assert await late == "2"


def test_a_share_of_the_leases_gets_the_candidate(models: dict[str, TextModel]) -> None:
    """Those whose chance is below it; they know whom it stands in for."""
    scene = Scene(models, [0.09, 0.1, 0.99])
    scene.serving.try_out(Candidate(models["2"], 0.1))
    found = []
    for _ in range(3):
        with scene.serving.lease() as lease:
            found.append((scene.version(), lease.rivals))
    assert found == [("2", {models["2"]: models["1"]}), ("1", {}), ("1", {})]


def test_a_candidate_that_serves_is_none_any_more(models: dict[str, TextModel]) -> None:
    """And one that is withdrawn, or replaced by another, is given up."""
    scene = Scene(models)
    scene.serving.try_out(Candidate(models["2"], 0.0))
    scene.serving.try_out(Candidate(models["3"], 0.0))
    assert scene.given_up == ["2"]
    scene.serving.serve(models["3"])
    assert (scene.given_up, scene.serving.candidates, scene.version()) == (["2", "1"], {}, "3")
    scene.serving.try_out(Candidate(models["2"], 0.0))
    scene.serving.withdraw("zh-en")
    assert scene.given_up == ["2", "1", "2"]


def test_the_share_of_a_candidate_may_change(models: dict[str, TextModel]) -> None:
    """It stays loaded meanwhile."""
    scene = Scene(models)
    scene.serving.try_out(Candidate(models["2"], 0.0))
    scene.serving.try_out(Candidate(models["2"], 0.4))
    assert scene.given_up == []
    assert scene.serving.candidates["zh-en"].share == 0.4


def test_a_lease_can_insist_on_a_version(models: dict[str, TextModel]) -> None:
    """On the candidate, and back; not on one that is not there."""
    scene = Scene(models)
    scene.serving.try_out(Candidate(models["2"], 0.0))
    with scene.serving.lease():
        scene.serving.insist("zh-en", "2")
        assert scene.version() == "2"
        scene.serving.withdraw("zh-en")
        assert scene.given_up == []
        scene.serving.insist("zh-en", "1")
        assert (scene.version(), scene.given_up) == ("1", ["2"])
        with pytest.raises(UnknownVersion):
            scene.serving.insist("zh-en", "3")
    assert scene.version() == "1"


def test_what_is_kept_outlives_its_leases(models: dict[str, TextModel]) -> None:
    """Until the block ends."""
    scene = Scene(models)
    with scene.serving.keep(models["1"]):
        scene.serving.serve(models["2"])
        assert scene.given_up == []
    assert scene.given_up == ["1"]
