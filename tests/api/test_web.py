"""The files of the page: which there are, how they are sent, and that nothing else is."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from service.api.web import PAGE, read_web_files
from service.text.detection import LanguageDetector
from tests.api.serving import Api, serving


@pytest.fixture
async def api(detector: LanguageDetector) -> AsyncIterator[Api]:
    """An application with the page."""
    async with serving(detector, web_files=read_web_files()) as running:
        yield running


async def test_the_page_allows_nothing_from_elsewhere(api: Api) -> None:
    """Neither script nor style within the markup, nor an address that is not its own."""
    answer = await api.client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    addresses = re.findall(r'(?:src|href)="([^"]*)"', answer.text)
    assert addresses
    assert not [one for one in addresses if "//" in one or one.startswith("/")]


@pytest.mark.parametrize("name", [name for name in read_web_files() if name != PAGE])
async def test_every_file_is_sent_and_sent_once(api: Api, name: str) -> None:
    """With its type; whoever has it already gets 304 and no body."""
    answer = await api.client.get(f"/web/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] in {
        "text/html", "text/css", "text/javascript", "image/svg+xml",
    }  # fmt: skip
    again = await api.client.get(f"/web/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await api.client.get(f"/web/{name}", headers={"If-None-Match": '"other"'})
    assert other.content == answer.content


def test_every_import_of_a_module_is_there() -> None:
    """By a relative address, so that the page works below any prefix."""
    files = read_web_files()
    imports = [
        (name, address)
        for name, found in files.items()
        for address in re.findall(r'^import .*?"(.*?)";', found.body.decode(), re.MULTILINE)
    ]
    assert len(imports) > 20
    assert not [one for one in imports if one[1].removeprefix("./") not in files]


@pytest.mark.parametrize("name", ["nothing.js", "..%2fapp.py", "%2e%2e%2fsettings.py", "", "web.py"])
async def test_nothing_else_is_sent(api: Api, name: str) -> None:
    """A name is looked up, never opened."""
    answer = await api.client.get(f"/web/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_all_files_share_one_label(api: Api) -> None:
    """Whatever name a caller makes up, the metrics have no more series."""
    for path in ("/", "/web/app.js", "/web/style.css", "/web/made-up", "/web/a/b", "/made-up"):
        await api.client.get(path)
    text = (await api.client.get("/metrics")).text
    labels = set(re.findall(r'zhuyi_http_requests_total\{[^}]*route="([^"]*)"', text))
    assert labels == {"/", "/web/{name}", "unmatched"}


async def test_without_files_there_is_no_page(detector: LanguageDetector) -> None:
    """As with `ZHUYI_WEB=off`."""
    async with serving(detector) as running:
        assert (await running.client.get("/")).status_code == 404
        assert (await running.client.get("/web/app.js")).status_code == 404
