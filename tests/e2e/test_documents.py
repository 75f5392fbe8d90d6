"""The examples of `docs/using.md` work, and their answers have the fields that are shown."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.server import Server

TEXT = (Path(__file__).parents[2] / "docs" / "using.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(curl .*?)```\n(?:\n```json\n(.*?)```)?", TEXT, re.DOTALL)


def shape_of(value: Any) -> Any:
    """The keys of objects all the way down; of a list only its first element, where it has one."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(value[0])] if value else []
    return None


def matches(shown: Any, found: Any) -> bool:
    """True where both have the same fields; an empty list stands for any list."""
    if isinstance(shown, dict) and isinstance(found, dict):
        return shown.keys() == found.keys() and all(matches(shown[key], found[key]) for key in shown)
    if isinstance(shown, list) and isinstance(found, list):
        return not shown or not found or matches(shown[0], found[0])
    return type(shown) is type(found)


def request_of(command: str) -> httpx.Request:
    """The request that a `curl` command with -X, -H, -d and --data-urlencode sends, without curl."""
    words = shlex.split(command.replace("\\\n", " "))[1:]
    methods = [words[1]] if words[0] == "-X" else []
    url, *options = words[2:] if methods else words
    headers, data = [], []
    for option, value in zip(options[::2], options[1::2], strict=True):
        if option == "-H":
            headers.append((value.partition(": ")[0], value.partition(": ")[2]))
        else:
            name, equals, text = value.partition("=")
            data.append(f"{name}{equals}{quote(text)}" if option == "--data-urlencode" else value)
    if data and not any(name == "Content-Type" for name, _ in headers):
        headers.append(("Content-Type", "application/x-www-form-urlencoded"))
    method = methods[0] if methods else "POST" if data else "GET"
    return httpx.Request(method, url, headers=headers, content="&".join(data))


def glossary(client: httpx.Client, url: str) -> str:
    """A glossary for the example that needs one."""
    terms = {"source_lang": "en", "target_lang": "zh", "entries": "refund\t退款", "entries_format": "tsv"}
    return str(client.post(f"{url}/v2/glossaries", json={"name": "Shop"} | terms).json()["glossary_id"])


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_gives_what_is_shown(server: Server, command: str, shown: str) -> None:
    """With the fields that the document shows, or some answer where it shows none."""
    with httpx.Client(timeout=60) as client:
        if "$GLOSSARY" in command:
            command = command.replace("$GLOSSARY", glossary(client, server.url))
        found = client.send(request_of(command.replace("http://127.0.0.1:8000", server.url)))
    if shown:
        assert matches(shape_of(json.loads(shown)), shape_of(found.json())), found.text
    else:
        assert found.is_success
