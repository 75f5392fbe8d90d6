"""Clients of other services are told about their keys in exceptions of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError

import deepl
import libretranslate_aio
import pytest
from deep_translator import LibreTranslator
from deep_translator.exceptions import AuthorizationException, ServerException
from deepl import http_client
from libretranslatepy import LibreTranslateAPI

from service.api.keys.secret import new_key
from tests.e2e.server import Server, running
from tests.key_files import line_of, write_keys

TEXT = "Where is my order?"
GOOD, SLOW, POOR, WRONG = new_key("good"), new_key("slow"), new_key("poor"), new_key("good")


@pytest.fixture(scope="module")
def locked(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with three clients: one without limits, one that may ask once a minute, one without quota."""
    path = tmp_path_factory.mktemp("keys") / "keys"
    write_keys(
        path, line_of(GOOD), line_of(SLOW, requests_per_minute=1), line_of(POOR, characters_per_month=1)
    )
    with running(store, keys_file=path, beam_size=1) as found:
        yield found


@contextmanager
def deepl_client(server: Server, key: str) -> Iterator[deepl.DeepLClient]:
    """DeepL's own, at our address."""
    client = deepl.DeepLClient(key, server_url=server.url)
    yield client
    client.close()


def test_deepl(locked: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """AuthorizationException, TooManyRequestsException, QuotaExceededException; usage counts per key."""
    monkeypatch.setattr(http_client, "max_network_retries", 0)
    with deepl_client(locked, GOOD) as client:
        assert client.translate_text(TEXT, source_lang="EN", target_lang="ZH").text
        assert client.get_usage().character.count == len(TEXT)
        assert {one.code for one in client.get_source_languages()} == {"EN", "ZH"}
    with deepl_client(locked, WRONG) as client, pytest.raises(deepl.AuthorizationException):
        client.translate_text(TEXT, target_lang="ZH")
    with deepl_client(locked, GOOD) as client, pytest.raises(deepl.AuthorizationException):
        client.list_glossaries()
    with deepl_client(locked, POOR) as client:
        usage = client.get_usage().character
        assert (usage.count, usage.limit) == (0, 1)
        with pytest.raises(deepl.QuotaExceededException):
            client.translate_text(TEXT, target_lang="ZH")
    with deepl_client(locked, SLOW) as client:
        client.get_usage()
        with pytest.raises(deepl.exceptions.TooManyRequestsException):
            client.translate_text(TEXT, target_lang="ZH")


def test_libretranslatepy(locked: Server) -> None:
    """It sends `api_key` in a form, and raises what urllib does; languages need no key."""
    assert LibreTranslateAPI(locked.url, api_key=GOOD).translate(TEXT, "en", "zh")
    for key in (WRONG, None):
        api = LibreTranslateAPI(locked.url, api_key=key)
        assert {one["code"] for one in api.languages()} == {"en", "zh"}
        with pytest.raises(HTTPError) as found:
            api.translate(TEXT, "en", "zh")
        assert found.value.code == 403
        found.value.close()


def test_libretranslate_aio(locked: Server) -> None:
    """ForbiddenError with LibreTranslate's words; its settings tell that a key is needed."""
    with libretranslate_aio.LibreTranslate(locked.url, api_key=GOOD) as api:
        assert api.translate(TEXT, "en", "zh").translated_text
        assert api.detect(TEXT)[0].language == "en"
        assert api.frontend_settings().key_required
    refusals = {
        WRONG: (libretranslate_aio.ForbiddenError, "Invalid API key"),
        POOR: (libretranslate_aio.RateLimitError, "Slowdown: 1 characters per 1 month"),
    }
    for key, (error, message) in refusals.items():
        with (
            libretranslate_aio.LibreTranslate(locked.url, api_key=key) as api,
            pytest.raises(error, match=message),
        ):
            api.translate(TEXT, "en", "zh")


def test_deep_translator(locked: Server) -> None:
    """AuthorizationException for a wrong key, ServerException for a limit."""

    def translate(key: str) -> str:
        translator = LibreTranslator(source="en", target="zh", api_key=key, custom_url=f"{locked.url}/")
        return str(translator.translate(TEXT))

    assert translate(GOOD)
    with pytest.raises(AuthorizationException):
        translate(WRONG)
    with pytest.raises(ServerException):
        translate(POOR)
