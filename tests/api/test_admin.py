"""Administrators put versions to use over HTTP, on a real application over engines of this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest

from service.api.admin import VersionAnswer, VersionsAnswer, add_admin_routes
from service.api.administration import create_administration
from service.api.application import create_application
from service.api.keys.secret import new_key
from service.api.services import Services
from service.engine.hosting import EngineSettings
from service.engine.in_process import InProcessEngines
from service.engine.manifest import FileRecord, Manifest
from service.engine.store import ModelStore
from service.engine.translator import Translator
from service.glossaries.store import GlossaryStore
from service.metrics import Metrics
from service.pipeline.calibrations import Calibrations
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.model_versions import ModelVersions
from service.text.chrf import chrf
from service.text.detection import LanguageDetector
from tests.api.serving import POLICY, Api
from tests.api.test_metrics import samples_of, total
from tests.key_files import Clock, gate_at, line_of, write_keys
from tests.random_model import add_golden, declare_again, write_random_model

KEY, SHOP = new_key("boss"), new_key("shop-1")
AUTHORIZED = {"Authorization": f"Bearer {KEY}"}
CALIBRATION = Path(__file__).parents[2] / "model_store" / "zh-en" / "2" / "calibration.json"
OLD = {"q": "你好世界", "source": "zh", "target": "en"}


@dataclass(frozen=True)
class Scene:
    """An application on its two ports, its metrics and the folder with its models."""

    client: httpx.AsyncClient
    admin: httpx.AsyncClient
    metrics: Metrics
    store: Path

    async def use(self, version: str, **fields: object) -> httpx.Response:
        """Asks as an administrator for a version of zh-en."""
        return await self.admin.post(f"/admin/models/zh-en/{version}", headers=AUTHORIZED, json=fields)

    async def states(self) -> dict[str, tuple[str, float]]:
        """State and share of every version of zh-en."""
        answer = await self.admin.get("/admin/models", headers=AUTHORIZED)
        found = VersionsAnswer.model_validate(answer.json()).versions
        return {one.version: (one.state, one.share) for one in found if one.name == "zh-en"}

    async def translated_by(self) -> str:
        """The version that a request gets, by its header and its answer."""
        answer = await self.client.post("/translate", json=OLD)
        version: str = answer.json()["model"]["version"]
        assert answer.headers["X-Zhuyi-Model"] == f"zh-en/{version}; device=cpu"
        return version


@pytest.fixture
async def scene(tmp_path: Path, detector: LanguageDetector) -> AsyncIterator[Scene]:
    """Versions 1 to 3 of zh-en, of which the first serves, and en-zh."""
    for seed, version in enumerate(("1", "2", "3")):
        write_random_model(tmp_path, version=version, seed=seed)
    write_random_model(tmp_path, name="en-zh")
    write_keys(tmp_path / "keys", line_of(KEY, scopes=["translate", "admin"]), line_of(SHOP))
    store, metrics = ModelStore(tmp_path), Metrics()
    folders = store.chosen({"zh-en": "1"})
    calibrations = Calibrations(folders)
    translator = Translator(
        folders, InProcessEngines.of(folders, EngineSettings()),
        on_compared=lambda one, other: metrics.compared(one.model, one.version, chrf(one.text, other.text)),
        on_unloaded=calibrations.remove,
    )  # fmt: skip
    versions = ModelVersions(store, translator, calibrations, on_load=metrics.load_ended)
    items = ItemTranslator(translator, detector, metrics.sentence_finished, calibrations=calibrations)
    services = Services(
        translator, items, detector, metrics, POLICY, GlossaryStore(), metrics.render, versions=versions,
        gate=gate_at(tmp_path / "keys", Clock()),
    )  # fmt: skip
    await translator.start()
    ports = create_application(services), create_administration(services, add_admin_routes)
    public, second = (httpx.ASGITransport(one) for one in ports)
    async with (
        httpx.AsyncClient(transport=public, base_url="http://test", headers=AUTHORIZED) as client,
        httpx.AsyncClient(transport=second, base_url="http://test") as admin,
    ):
        yield Scene(client, admin, metrics, tmp_path)
    await translator.stop(grace_seconds=0)
    services.glossaries.close()


@pytest.mark.parametrize(("given", "status"), [("", 401), (f"Bearer {KEY}x", 401), (f"Bearer {SHOP}", 403)])
async def test_without_the_right_key_nothing_is_told_or_done(scene: Scene, given: str, status: int) -> None:
    """Whatever is asked for, and whether it is there or not."""
    for method, path in (("GET", ""), ("POST", "/zh-en/2"), ("POST", "/no/1"), ("DELETE", "/zh-en/1")):
        headers = {"Authorization": given} if given else {}
        answer = await scene.admin.request(method, f"/admin/models{path}", headers=headers)
        assert answer.status_code == status
    assert await scene.translated_by() == "1"


async def test_the_public_port_has_no_such_route(api: Api) -> None:
    """Whatever key comes with it."""
    assert (await api.client.get("/admin/models", headers=AUTHORIZED)).status_code == 404
    assert (await api.client.post("/admin/models/zh-en/2", headers=AUTHORIZED)).status_code == 404


async def test_a_version_is_put_to_use_and_the_old_one_is_gone(scene: Scene) -> None:
    """And back again; the catalogue, the answers and the metrics follow."""
    assert await scene.states() == {"1": ("serving", 1.0), "2": ("stored", 0.0), "3": ("stored", 0.0)}
    answer = await scene.use("2")
    assert answer.status_code == 200
    found = VersionAnswer.model_validate(answer.json())
    assert (found.name, found.version, found.state, found.share) == ("zh-en", "2", "serving", 1.0)
    assert await scene.translated_by() == "2"
    assert await scene.states() == {"1": ("stored", 0.0), "2": ("serving", 1.0), "3": ("stored", 0.0)}
    models = (await scene.client.get("/models")).json()["models"]
    assert [(one["name"], one["version"]) for one in models] == [("en-zh", "1"), ("zh-en", "2")]
    assert (await scene.use("1")).status_code == 200
    assert await scene.translated_by() == "1"
    samples = samples_of(scene.metrics.render()[0].decode())
    assert total(samples, "zhuyi_model_loads_total", model="zh-en", result="ok") == 2
    assert total(samples, "zhuyi_requests_total", model="zh-en", version="2", outcome="ok") == 1


async def test_a_version_that_is_broken_is_refused_and_counted(scene: Scene) -> None:
    """The answer says what is wrong with it; what is not there is not counted."""
    (scene.store / "zh-en" / "2" / "step.onnx").write_bytes(b"broken")
    answer = await scene.use("2")
    assert answer.status_code == 422
    assert "step.onnx has 6 bytes" in answer.json()["detail"]
    for name in ("zh-en/4", "zh-en/..%2f1", "no/1"):
        found = await scene.admin.post(f"/admin/models/{name}", headers=AUTHORIZED)
        assert found.status_code == 404
    assert await scene.translated_by() == "1"
    samples = samples_of(scene.metrics.render()[0].decode())
    assert total(samples, "zhuyi_model_loads_total") == 1
    assert total(samples, "zhuyi_model_loads_total", model="zh-en", result="refused") == 1


async def test_a_golden_sentence_that_is_not_said_refuses_its_version(scene: Scene) -> None:
    """Made by other weights than those that are there."""
    path = scene.store / "zh-en" / "2"
    add_golden(path)
    other = (scene.store / "zh-en" / "3" / "encoder.onnx").read_bytes()
    (path / "encoder.onnx").write_bytes(other)
    answer = await scene.use("2")
    assert answer.status_code == 422  # the hash tells first
    declare_again(path)
    answer = await scene.use("2")
    assert answer.status_code == 422
    assert "golden sentence 1 is not translated as it was" in answer.json()["detail"]
    assert await scene.translated_by() == "1"


async def confidence_of(scene: Scene) -> float | None:
    """That of a translation now."""
    answer = await scene.client.post("/translate", json=OLD | {"include": ["confidence"]})
    found: float | None = answer.json()["translations"][0]["confidence"]
    return found


def add_calibration(path: Path, content: bytes) -> None:
    """Puts a calibration into a folder, and declares it."""
    (path / "calibration.json").write_bytes(content)
    manifest = Manifest.read(path)
    files = manifest.files | {"calibration.json": FileRecord(0, "")}
    msgspec.structs.replace(manifest, calibration="calibration.json", files=files).write(path)
    declare_again(path)


async def test_each_version_has_its_own_calibration(scene: Scene) -> None:
    """It comes and goes with it; one that cannot be read refuses its version."""
    add_calibration(scene.store / "zh-en" / "2", CALIBRATION.read_bytes())
    add_calibration(scene.store / "zh-en" / "3", b"{}")
    found = [await confidence_of(scene)]
    for version, status in (("2", 200), ("3", 422), ("1", 200)):
        assert (await scene.use(version)).status_code == status
        found.append(await confidence_of(scene))
    none_yet, with_one, still_with_it, none_again = found
    assert (none_yet, none_again) == (None, None)
    assert with_one == still_with_it
    assert with_one is not None
    assert 0 <= with_one <= 1


async def test_a_version_for_other_languages_is_refused(scene: Scene) -> None:
    """A name stands for its pair."""
    path = scene.store / "zh-en" / "4"
    write_random_model(scene.store / "x", name="en-zh", version="4")
    (scene.store / "x" / "en-zh" / "4").rename(path)
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"name": "en-zh"', '"name": "zh-en"'))
    answer = await scene.use("4")
    assert answer.status_code == 422
    assert "other languages" in answer.json()["detail"]


async def test_a_candidate_gets_its_share_and_is_compared(scene: Scene) -> None:
    """Whoever asks for it by its version gets it as well, and whoever asks for the other one that."""
    answer = await scene.use("2", share=0.5)
    assert answer.status_code == 200
    assert await scene.states() == {"1": ("serving", 1.0), "2": ("candidate", 0.5), "3": ("stored", 0.0)}
    by_version = [await scene.translated_by() for _ in range(40)]
    assert set(by_version) == {"1", "2"}
    tensor = {"name": "source", "shape": [1], "datatype": "BYTES", "data": ["你好世界"]}
    for version in ("1", "2") * 5:
        path = f"/v2/models/zh-en/versions/{version}/infer"
        found = await scene.client.post(path, json={"inputs": [tensor]})
        assert found.json()["model_version"] == version
        assert found.headers["X-Zhuyi-Model"].startswith(f"zh-en/{version};")
    assert (await scene.client.get("/v2/models/zh-en/versions/3")).status_code == 404
    assert (await scene.client.get("/v2/models/zh-en")).json()["versions"] == ["1", "2"]
    async with asyncio.timeout(10):
        while True:
            samples = samples_of(scene.metrics.render()[0].decode())
            if total(samples, "zhuyi_candidate_agreement_ratio_count", model="zh-en", version="2") > 0:
                break
            await asyncio.sleep(0.01)
    assert total(samples, "zhuyi_candidate_agreement_ratio_count", version="1") == 0


async def test_a_candidate_without_a_share_is_for_those_who_name_it(scene: Scene) -> None:
    """Nobody else gets it."""
    assert (await scene.use("2", share=0)).status_code == 200
    assert {await scene.translated_by() for _ in range(20)} == {"1"}
    assert (await scene.client.get("/v2/models/zh-en/versions/2")).status_code == 200


async def test_a_candidate_is_withdrawn_or_takes_over(scene: Scene) -> None:
    """The one that serves cannot be withdrawn, nor be its own candidate."""
    await scene.use("2", share=0.5)
    path = "/admin/models/zh-en"
    assert (await scene.admin.delete(f"{path}/2", headers=AUTHORIZED)).status_code == 204
    assert {await scene.translated_by() for _ in range(20)} == {"1"}
    assert (await scene.admin.delete(f"{path}/2", headers=AUTHORIZED)).status_code == 404
    assert (await scene.admin.delete(f"{path}/1", headers=AUTHORIZED)).status_code == 409
    assert (await scene.use("1", share=0.5)).status_code == 409
    await scene.use("2", share=0.5)
    await scene.use("2")
    assert await scene.states() == {"1": ("stored", 0.0), "2": ("serving", 1.0), "3": ("stored", 0.0)}


@pytest.mark.parametrize("share", [1, 1.5, -0.1, "a half"])
async def test_a_share_that_is_none_is_refused(scene: Scene, share: object) -> None:
    """From 0 to less than all."""
    answer = await scene.use("2", share=share)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "share"


async def test_a_new_pair_is_served_without_a_restart(scene: Scene) -> None:
    """But it cannot be tried by a share of requests that there are none of."""
    write_random_model(scene.store, name="fr-en", version="1")
    path = "/admin/models/fr-en/1"
    answer = await scene.admin.post(path, headers=AUTHORIZED, json={"share": 0.1})
    assert answer.status_code == 422
    assert (await scene.admin.post(path, headers=AUTHORIZED)).status_code == 200
    wanted = {**OLD, "q": "bonjour", "source": "fr"}
    assert (await scene.client.post("/translate", json=wanted)).json()["model"]["name"] == "fr-en"


_DIALECTS = [
    ("/attention-weights", OLD),
    ("/score", OLD | {"translation": "hello"}),
    ("/language/translate/v2", {"q": "你好", "source": "zh", "target": "en"}),
    ("/azure/translate?api-version=3.0&from=zh&to=en", [{"Text": "你好"}]),
    ("/v2/translate", {"text": ["你好"], "source_lang": "ZH", "target_lang": "EN"}),
    ("/translator/translate", [{"src": "你好", "id": "zh-en"}]),
    (
        "/v2/models/zh-en/infer",
        {"inputs": [{"name": "source", "shape": [1], "datatype": "BYTES", "data": ["你好"]}]},
    ),
]


@pytest.mark.parametrize(("path", "body"), _DIALECTS, ids=[path for path, _ in _DIALECTS])
async def test_every_translating_route_says_which_version_answered(
    scene: Scene, path: str, body: object
) -> None:
    """In a header, whatever the dialect; and where the time went."""
    await scene.use("2")
    answer = await scene.client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Zhuyi-Model"] == "zh-en/2; device=cpu"
    assert "decode;dur=" in answer.headers["Server-Timing"]
