"""Language codes and detection."""

from __future__ import annotations

import pytest

from service.text.detection import LanguageDetector
from service.text.languages import language_name, match_language, match_source

SERVED = ("en", "zh")


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """The real model, loaded once."""
    return LanguageDetector()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我想退货", "zh"),
        ("你好", "zh"),
        ("Where is my order?", "en"),
        ("ok", "en"),
        ("é", "en"),
        ("OK 好的", "zh"),
        ("我要 refund 我的 order", "zh"),
        ("My name is 王小明 and I want a refund", "en"),
    ],
)
def test_short_and_mixed_messages_are_told_apart(
    detector: LanguageDetector, text: str, language: str
) -> None:
    """Customers write two characters, or both languages at once."""
    detected = detector.detect(text, SERVED)
    assert detected.language == language
    assert 50 <= detected.confidence <= 100


@pytest.mark.parametrize("text", ["", "  ", "😀", "123", "……", "\u3000\u200b", "①"])
def test_text_without_letters_has_no_language(detector: LanguageDetector, text: str) -> None:
    """Confidence 0 says that nothing was recognised."""
    assert detector.detect(text, SERVED).confidence == 0.0


@pytest.mark.parametrize("text", ["Привет, как дела?", "こんにちは", "안녕하세요"])
def test_foreign_writing_is_not_trusted(detector: LanguageDetector, text: str) -> None:
    """Confidence is at most the share of letters in the language's writing system."""
    assert detector.detect(text, SERVED).confidence < 10


def test_detection_is_restricted_to_the_languages_asked_about(detector: LanguageDetector) -> None:
    """German is English where only English and Chinese are served, and German where German is."""
    assert detector.detect("Wo ist meine Bestellung?", SERVED).language == "en"
    assert detector.detect("Wo ist meine Bestellung?", ("de", "en", "zh")).language == "de"


def test_a_language_outside_the_model_is_no_error(detector: LanguageDetector) -> None:
    """A model folder may declare a language that the detector has never seen."""
    assert detector.detect("hello there my friend", ("en", "x1")).language == "en"
    assert detector.detect("hello", ("x1",)).language == "x1"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("zh", "zh"),
        ("ZH", "zh"),
        ("zh-CN", "zh"),
        ("zh_Hans_CN", "zh"),
        ("en-GB", "en"),
        ("zh-TW", None),
        ("zh-Hant", None),
        ("de", None),
        ("", None),
        ("english", None),
    ],
)
def test_codes_are_matched_without_case_and_region(code: str, expected: str | None) -> None:
    """Clients write codes in many ways; Traditional Chinese is a different language to us."""
    assert match_language(code, SERVED) == expected


def test_names_fall_back_to_the_code() -> None:
    """A language without a name is still listed."""
    assert (language_name("en"), language_name("x1")) == ("English", "x1")


@pytest.mark.parametrize("code", ["zh-TW", "zh-Hant", "zh_hk", "ZH", "zh-Hans"])
def test_traditional_chinese_is_read_as_simplified(code: str) -> None:
    """It can be turned into that, character for character; the other way needs to know the words."""
    assert match_source(code, ("en", "zh")) == "zh"
    assert match_source(code, ("en", "de")) is None
