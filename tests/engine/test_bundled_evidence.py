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
        ("请先重启设备，然后再试一次。", "Please restart your device, then try again."),
        ("我想买五张票。", "I want to buy five tickets."),
        ("我的包裹还没到。", "My parcel hasn't arrived yet."),
        ("你们有三个房间吗？", "Do you have three rooms?"),
    ],
    "en": [
        ("Please restart the device and try again.", "请重启设备并重试。"),
        ("I want to buy five tickets.", "我想买五张票。"),
        ("My parcel has not arrived yet.", "我的包裹还没到。"),
        ("I would like to book three rooms.", "我想预定三个房间。"),
    ],
}
SPOILED = {
    "zh": {
        "omission": ("请先重启设备，然后再试一次。", "Please restart your device."),
        "number": ("我想买五张票。", "I want to buy nine tickets."),
        "negation": ("我的包裹还没到。", "My parcel has arrived."),
        "repetition": (
            "我想买五张票。",
            "I want to buy five to buy five to buy five tickets.",
        ),
        "untranslated": ("请先重启设备，然后再试一次。", "Please 重启设备, then try again."),
        "detached": ("请先重启设备，然后再试一次。", "The cat on the roof was singing about potatoes."),
        "low_confidence": ("你们有三个房间吗？", "The cat was singing."),
    },
    "en": {
        "omission": ("Please restart the device. My parcel has not arrived yet.", "请重启设备。"),
        "number": ("I want to buy five tickets.", "我想买九张票。"),
        "negation": ("My parcel has not arrived yet.", "我的包裹到了。"),
        "repetition": ("I want to buy five tickets.", "我想买五张票买五张票买五张票。"),
        "untranslated": ("Please restart the device and try again.", "请restart the device，然后重试。"),
        "detached": ("Please restart the device and try again.", "屋顶上的猫唱着土豆的歌。"),
        "low_confidence": ("I would like to book three rooms.", "猫在唱歌。"),
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
    """Each is trusted, and every word has a place and a chance."""
    for found in assessed(folder, GOOD[folder.manifest.source]):
        assert found.warnings == ()
        assert found.confidence is not None
        assert found.confidence > 0.5
        target = found.evidence.target_text
        words = [target[word.start : word.end] for word in found.words]
        assert "".join(words).replace(" ", "") == target.replace(" ", "")
        assert all(0.0 <= word.confidence <= 1.0 for word in found.words)


def test_each_kind_of_damage_is_warned_of(folder: ModelFolder) -> None:
    """The same sentences, spoiled in one way each."""
    spoiled = SPOILED[folder.manifest.source]
    for expected, found in zip(spoiled, assessed(folder, list(spoiled.values())), strict=True):
        assert expected in {one.type for one in found.warnings}
