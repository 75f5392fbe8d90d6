"""Requests of chat and forum servers that cannot be installed here, byte for byte as they send them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

RECORDED = Path(__file__).parent / "recorded"
BCP_47 = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
"""What JavaScript's Intl.Locale takes (the form only)."""


def replay(client: httpx.Client, name: str) -> httpx.Response:
    """Sends what a file holds: method, path, headers, and a body as JSON or as a form."""
    recorded: dict[str, Any] = json.loads((RECORDED / name).read_text(encoding="utf-8"))
    body = recorded.get("form")
    content = (
        urlencode(body) if body is not None else json.dumps(recorded.get("json", {}), ensure_ascii=False)
    )
    method, path = recorded["method"], recorded["path"]
    request = client.build_request(
        method, path, headers=recorded["headers"], content=None if method == "GET" else content.encode()
    )
    return client.send(request)


def test_rocket_chat_translates_a_message_line_by_line(client: httpx.Client) -> None:
    """An array comes back, as long as that sent, with empty lines and codes in their places."""
    answer = replay(client, "rocket_chat_translate.json")
    lines = answer.json()["translatedText"]
    assert answer.status_code == 200
    assert len(lines) == 5
    assert (lines[1], lines[3]) == ("", "😀")
    assert lines[2].count("<i class=notranslate>{0}</i>") == 1
    assert len(answer.json()["detectedLanguage"]) == 5


def test_rocket_chat_reads_codes_that_are_locales(client: httpx.Client) -> None:
    """`new Intl.Locale(code)` throws at any other."""
    answer = replay(client, "rocket_chat_languages.json")
    assert answer.status_code == 200
    assert all(BCP_47.fullmatch(one["code"]) and one["name"] for one in answer.json())


def test_discourse_translates_a_post(client: httpx.Client) -> None:
    """A form with an empty key and `format=html`."""
    answer = replay(client, "discourse_translate.json")
    assert answer.status_code == 200
    assert isinstance(answer.json()["translatedText"], str)


def test_discourse_detects_a_language(client: httpx.Client) -> None:
    """It reads the first of the list."""
    assert replay(client, "discourse_detect.json").json()[0]["language"] == "zh"


def test_discourse_keeps_its_markup(client: httpx.Client) -> None:
    """The tags of a post come back around its translation."""
    text = replay(client, "discourse_translate.json").json()["translatedText"]
    assert re.fullmatch(r"<p>.+</p>", text)


def test_argos_asks_for_languages_by_post(client: httpx.Client) -> None:
    """urllib posts an empty body, which LibreTranslate itself refuses."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/languages", content=b"", headers=form)
    assert [one["code"] for one in answer.json()] == ["en", "zh"]


def test_a_browser_s_form_data_is_read(client: httpx.Client) -> None:
    """LibreTranslate's own page sends multipart forms."""
    fields = {
        "q": "Where is my order?",
        "source": "auto",
        "target": "zh",
        "format": "text",
        "alternatives": "1",
    }
    answer = client.post("/translate", files={name: (None, value) for name, value in fields.items()})
    assert answer.status_code == 200
    assert answer.json()["detectedLanguage"]["language"] == "en"
    assert len(answer.json()["alternatives"]) == 1
