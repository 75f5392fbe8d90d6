"""Packages of npm that talk to LibreTranslate and Google, unchanged, against the real service."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.api.dialects.google import PATH
from tests.e2e.server import Server

SCRIPTS = Path(__file__).parent / "node"
TEXT = "Where is my order?"
INSTALL = ("npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")

if missing := [program for program in ("node", "npm") if not shutil.which(program)]:
    pytest.skip(f"{' and '.join(missing)} is not installed", allow_module_level=True)


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    """What package.json names, in node_modules beside it; nothing is fetched where it is there already."""
    found = subprocess.run(INSTALL, cwd=SCRIPTS, capture_output=True, text=True, timeout=110)
    if found.returncode and "CI" not in os.environ:
        pytest.skip(f"npm could not install the clients: {found.stderr[-500:]}")
    assert found.returncode == 0, found.stderr


@pytest.fixture
def ours(client: httpx.Client) -> str:
    """The same text by our own route, to compare with."""
    answer = client.post("/translate", json={"q": TEXT, "source": "en", "target": "zh"})
    return str(answer.json()["translatedText"])


def run(script: str, *arguments: str, **variables: str) -> dict[str, Any]:
    """What a script prints; fails with what it says on standard error."""
    command = ["node", str(SCRIPTS / script), *arguments]
    environment = os.environ | {"NO_PROXY": "127.0.0.1", **variables}
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert found.returncode == 0, found.stderr
    return dict(json.loads(found.stdout))


def test_libretranslate(server: Server, ours: str) -> None:
    """JSON with `apiKey`; it asks for /languages first and refuses what is not listed."""
    found = run("libretranslate.mjs", server.url)
    assert found["text"] == ours
    assert found["list"] == [ours, ""]
    assert "language was not found" in found["refusal"]


def test_translate(server: Server, ours: str) -> None:
    """JSON; it throws what stands in `error`."""
    assert run("translate.mjs", server.url) == {"text": ours, "refusal": "de is not supported"}


def test_google_s_client(server: Server, ours: str) -> None:
    """translate, detect and getLanguages of v2; without a source the languages are detected."""
    found = run("google.mjs", GOOGLE_CLOUD_TRANSLATE_ENDPOINT=server.url + PATH)
    assert found["text"] == ours
    assert found["list"] == [ours, "你好啊"]
    detected = [one["detectedSourceLanguage"] for one in found["answer"]["data"]["translations"]]
    assert detected == ["en", "zh-CN"]
    assert found["html"] == f"<p>{ours}</p>"
    assert (found["detected"]["language"], found["detected"]["confidence"]) == ("zh-CN", 1)
    assert [one["code"] for one in found["languages"]] == ["en", "zh-CN"]
    assert found["refusal"] == {"code": 400, "reason": "invalid"}
