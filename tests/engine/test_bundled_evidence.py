"""The bundled models' own calibration, on sentences written for this test and spoiled by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from service.engine.folder import ModelFolder
from service.engine.hosting import EngineSettings
from service.engine.in_process import InProcessEngines
from service.engine.store import ModelStore
from service.engine.translation import Translation
from service.engine.translator import Translator
from service.text.evidence import Assessment, Calibration, Evidence, assess

STORE = Path(__file__).parents[2] / "model_store"
GOOD = {
    "zh": [
        ("我忘记密码了，无法登录账户。", "I forgot my password and I can't log in to my account."),
        ("请问你们周末上班吗？", "Do you work on weekends?"),
        ("我想预订两间房，住三个晚上。", "I want to book two rooms for three nights."),
        ("请先重启设备，然后再试一次。", "Please restart the device first and then try again."),
    ],
    "en": [
        ("I forgot my password and I can't log in.", "我忘记密码了，无法登录。"),
        ("Do you work on weekends?", "你们周末上班吗？"),
        ("I want to book two rooms for three nights.", "我想预订两个房间住三个晚上。"),
        ("Please restart the device and try again.", "请重启设备，然后再试一次。"),
    ],
}
SPOILED = {
    "zh": {
        "omission": ("请先重启设备，然后再试一次。", "Please restart the device first."),
        "number": ("我想预订两间房，住三个晚上。", "I want to book two rooms for five nights."),
        "negation": ("我忘记密码了，无法登录账户。", "I forgot my password and I can log in to my account."),
        "repetition": ("请问你们周末上班吗？", "Do you work on weekends on weekends on weekends?"),
        "untranslated": ("请先重启设备，然后再试一次。", "Please 重启设备 first and then try again."),
        "detached": ("请先重启设备，然后再试一次。", "The cat on the roof was singing about potatoes."),
        "low_confidence": ("请先重启设备，然后再试一次。", "The cat on the roof was singing about potatoes."),
    },
    "en": {
        "omission": ("Please restart the device and try again. I forgot my password.", "请重启设备。"),
        "number": ("I want to book two rooms for three nights.", "我想预订两个房间住五个晚上。"),
        "negation": ("I forgot my password and I can't log in.", "我忘记密码了，可以登录。"),
        "repetition": ("Do you work on weekends?", "你们周末上班周末上班周末上班吗？"),
        "untranslated": ("Please restart the device and try again.", "请restart the device，然后再试一次。"),
        "detached": ("Please restart the device and try again.", "屋顶上的猫唱着土豆的歌。"),
        "low_confidence": ("Please restart the device and try again.", "屋顶上的猫唱着土豆的歌。"),
    },
}


@pytest.fixture(scope="module", params=["zh-en", "en-zh"])
def folder(request: pytest.FixtureRequest) -> ModelFolder:
    """The latest version of a bundled model."""
    (found,) = [one for one in ModelStore(STORE).latest() if one.manifest.name == request.param]
    return found


def assessed(folder: ModelFolder, pairs: Sequence[tuple[str, str]]) -> list[Assessment]:
    """Given translations as the model sees them."""

    async def forced() -> list[Translation]:
        translator = Translator([folder], InProcessEngines.of([folder], EngineSettings()))
        await translator.start()
        found = await translator.force(pairs, *languages)
        await translator.stop(grace_seconds=0)
        return found

    languages = folder.manifest.source, folder.manifest.target
    calibration = Calibration.of(folder)
    assert calibration is not None
    return [
        assess(Evidence.of(translation, source, *languages), calibration)
        for (source, _), translation in zip(pairs, asyncio.run(forced()), strict=True)
    ]


def test_good_translations_are_not_warned_of(folder: ModelFolder) -> None:
    """Each has some confidence, and every word a place and a chance."""
    for found in assessed(folder, GOOD[folder.manifest.source]):
        assert found.warnings == ()
        assert found.confidence is not None
        assert found.confidence > 0.3
        target = found.evidence.target_text
        words = [target[word.start : word.end] for word in found.words]
        assert "".join(words).replace(" ", "") == target.replace(" ", "")
        assert all(0.0 <= word.confidence <= 1.0 for word in found.words)


def test_each_kind_of_damage_is_warned_of(folder: ModelFolder) -> None:
    """The same sentences, spoiled in one way each."""
    spoiled = SPOILED[folder.manifest.source]
    for expected, found in zip(spoiled, assessed(folder, list(spoiled.values())), strict=True):
        assert expected in {one.type for one in found.warnings}
