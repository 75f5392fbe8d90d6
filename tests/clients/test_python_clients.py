"""Python packages that talk to LibreTranslate, unchanged, against the real service."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import libretranslate_aio
import pytest
from deep_translator import LibreTranslator
from deep_translator.exceptions import ServerException
from libretranslatepy import LibreTranslateAPI
from translate import Translator
from translate.exceptions import TranslationError

from tests.e2e.server import Server

ENGLISH, CHINESE = "Where is my order?", "你好，我想退货。"


@pytest.fixture
def ours(client: httpx.Client) -> dict[str, str]:
    """The same texts by our own route, to compare with."""
    fields = [{"q": ENGLISH, "source": "en", "target": "zh"}, {"q": CHINESE, "source": "zh", "target": "en"}]
    answers = [client.post("/translate", json=one).json()["translatedText"] for one in fields]
    return dict(zip((ENGLISH, CHINESE), answers, strict=True))


def test_libretranslatepy(server: Server, ours: dict[str, str]) -> None:
    """translate, detect and languages, by URL-encoded forms."""
    api = LibreTranslateAPI(server.url, api_key="any")
    assert api.translate(ENGLISH, "en", "zh") == ours[ENGLISH]
    assert api.translate(CHINESE, "auto", "en") == ours[CHINESE]
    assert api.detect(CHINESE)[0] == {"confidence": 100.0, "language": "zh"}
    assert {one["code"] for one in api.languages()} == {"en", "zh"}


def test_translate_with_its_libre_provider(server: Server, ours: dict[str, str]) -> None:
    """Its own detection goes through /detect; what is refused is a TranslationError."""
    translator = Translator(provider="libre", from_lang="en", to_lang="zh", base_url=server.url)
    assert translator.translate(ENGLISH) == ours[ENGLISH]
    detecting = Translator(provider="libre", from_lang="autodetect", to_lang="en", base_url=server.url)
    assert detecting.translate(CHINESE) == ours[CHINESE]
    refused = Translator(provider="libre", from_lang="en", to_lang="de", base_url=server.url)
    with pytest.raises(TranslationError, match="400"):
        refused.translate(ENGLISH)


def test_deep_translator(server: Server, ours: dict[str, str]) -> None:
    """It posts a query string and no body, one request for each text."""
    settings = {"api_key": "any", "custom_url": f"{server.url}/"}
    translator = LibreTranslator(source="en", target="zh", **settings)
    assert translator.translate(ENGLISH) == ours[ENGLISH]
    assert translator.translate_batch([ENGLISH, ENGLISH]) == [ours[ENGLISH]] * 2
    assert LibreTranslator(source="auto", target="en", **settings).translate(CHINESE) == ours[CHINESE]
    with pytest.raises(ServerException):
        LibreTranslator(source="en", target="de", **settings).translate(ENGLISH)


@pytest.fixture
def sync(server: Server) -> Iterator[libretranslate_aio.LibreTranslate]:
    """The blocking client of libretranslate-aio."""
    with libretranslate_aio.LibreTranslate(server.url) as found:
        yield found


def test_libretranslate_aio(sync: libretranslate_aio.LibreTranslate, ours: dict[str, str]) -> None:
    """Forms; a list becomes repeated fields, and each text has its language and its alternatives."""
    several = sync.translate([ENGLISH, CHINESE], "auto", "zh", alternatives=2)
    assert several.translated_text == [ours[ENGLISH], CHINESE]
    assert [one.language for one in several.detected_language] == ["en", "zh"]
    assert [len(one) for one in several.alternatives] == [2, 0]
    assert sync.translate("😀", "auto", "zh").translated_text == "😀"
    assert sync.detect(CHINESE)[0].language == "zh"
    assert {one.code: one.targets for one in sync.languages()} == {"en": ["en", "zh"], "zh": ["en", "zh"]}


def test_libretranslate_aio_asks_for_settings_and_health(sync: libretranslate_aio.LibreTranslate) -> None:
    """A service without keys and suggestions says so, and refuses the latter."""
    settings = sync.frontend_settings()
    assert (settings.key_required, settings.suggestions) == (False, False)
    assert settings.char_limit > 0
    assert sync.health()
    with pytest.raises(libretranslate_aio.ForbiddenError, match="Suggestions are disabled"):
        sync.suggest(ENGLISH, CHINESE, "en", "zh")


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("Hello", "de", "de is not supported"),
        ("x" * 10_001, "zh", r"request \(10001\) exceeds text limit \(10000\)"),
    ],
)
def test_libretranslate_aio_reads_why_it_was_refused(
    sync: libretranslate_aio.LibreTranslate, text: str, target: str, message: str
) -> None:
    """As a BadRequestError, with LibreTranslate's words."""
    with pytest.raises(libretranslate_aio.BadRequestError, match=message):
        sync.translate(text, "en", target)


async def test_libretranslate_aio_in_coroutines(server: Server, ours: dict[str, str]) -> None:
    """The other half of the package."""
    async with libretranslate_aio.AsyncLibreTranslate(server.url, api_key="any") as api:
        assert (await api.translate(ENGLISH, "en", "zh")).translated_text == ours[ENGLISH]
        assert await api.health()
