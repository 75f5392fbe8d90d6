"""What can be translated, and the health of the service."""

from __future__ import annotations

from pydantic import TypeAdapter

from service.api.answers import Language, Models
from service.text.detection import LanguageDetector
from tests.api.serving import Api, serving


async def test_languages_are_listed_with_their_targets(api: Api) -> None:
    """As LibreTranslate does: the language itself is among its targets."""
    found = (await api.client.get("/languages")).json()
    TypeAdapter(list[Language]).validate_python(found)
    assert (await api.client.post("/languages")).json() == found
    assert [(one["code"], one["targets"]) for one in found] == [("en", ["en", "zh"]), ("zh", ["en", "zh"])]


async def test_models_tell_the_device_they_really_run_on(api: Api) -> None:
    """A fall-back to the CPU is visible here."""
    found = Models.model_validate((await api.client.get("/models")).json()).models
    assert {model.name for model in found} == {"en-zh", "zh-en"}
    assert all(model.device == "cpu" and not model.fell_back for model in found)


async def test_readiness_tells_whether_sentences_are_taken(api: Api) -> None:
    """503 with Retry-After while they are not; liveness is another matter."""
    assert (await api.client.get("/health/ready")).status_code == 200
    assert (await api.client.get("/health")).json() == {"status": "ok"}
    api.translator.is_ready = False
    answer = await api.client.get("/health/ready")
    assert answer.status_code == 503
    assert "retry-after" in answer.headers
    assert (await api.client.get("/health")).status_code == 503
    assert (await api.client.get("/health/live")).status_code == 200


async def test_liveness_ends_where_only_a_restart_helps(detector: LanguageDetector) -> None:
    """When every engine was given up."""
    async with serving(detector, is_alive=False) as api:
        assert (await api.client.get("/health/live")).status_code == 503
