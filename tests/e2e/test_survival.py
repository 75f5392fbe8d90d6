"""Protected spans and markup survive the bundled models, in every dialect.

`ZHUYI_NUM_MESSAGES` and `ZHUYI_NUM_PAGES` ask for more than a test run has time for.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import httpx
import pytest
from justhtml import JustHTML

from tests.messages import Message, random_message
from tests.text.markup_pages import PageMaker

NUM_MESSAGES = int(os.environ.get("ZHUYI_NUM_MESSAGES", "300"))
NUM_PAGES = int(os.environ.get("ZHUYI_NUM_PAGES", "60"))
Call = Callable[[httpx.Client, list[str], str, str], list[str]]


def native(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """Our own route."""
    body = {"q": texts, "source": source, "target": target, "beam_size": 1}
    return answered(client.post("/translate", json=body))["translatedText"]


def libretranslate(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """A form; a single `q` has a single answer."""
    body = {"q": texts, "source": source, "target": target}
    found = answered(client.post("/translate", data=body))["translatedText"]
    return [found] if isinstance(found, str) else list(found)


def deepl(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """JSON at `/v2`."""
    body = {"text": texts, "source_lang": source, "target_lang": target}
    return [one["text"] for one in answered(client.post("/v2/translate", json=body))["translations"]]


def google(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """JSON with plain text."""
    body = {"q": texts, "source": source, "target": target, "format": "text"}
    answer = answered(client.post("/language/translate/v2", json=body))
    return [one["translatedText"] for one in answer["data"]["translations"]]


def azure(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """An array."""
    query = {"api-version": "3.0", "from": source, "to": target}
    answer = answered(client.post("/azure/translate", params=query, json=[{"Text": one} for one in texts]))
    return [one["translations"][0]["text"] for one in answer]


def opennmt(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """Hypotheses by rank; the first."""
    body = [{"src": one, "id": f"{source}-{target}"} for one in texts]
    return [one["tgt"] for one in answered(client.post("/translator/translate", json=body))[0]]


def inference(client: httpx.Client, texts: list[str], source: str, target: str) -> list[str]:
    """Tensors of texts."""
    tensor = {"name": "source", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    wanted = {"inputs": [tensor], "outputs": [{"name": "translation"}]}
    answer = answered(client.post(f"/v2/models/{source}-{target}/infer", json=wanted))
    return list(answer["outputs"][0]["data"])


def answered(answer: httpx.Response) -> Any:
    """The JSON of an answer that must be one."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def batched(things: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """As itertools does from Python 3.12 on."""
    left = iter(things)
    while batch := list(islice(left, size)):
        yield batch


def messages(number: int, seed: int) -> Iterator[tuple[str, str, Sequence[Message]]]:
    """Batches of messages of one language: source, target, messages."""
    rng = random.Random(seed)
    made = [random_message(rng) for _ in range(number)]
    for source, target in (("en", "zh"), ("zh", "en")):
        for batch in batched([one for one in made if one.language == source], 25):
            yield source, target, batch


@pytest.mark.parametrize("call", [native, libretranslate, deepl, google, azure, opennmt, inference])
def test_every_span_survives_in_every_dialect(client: httpx.Client, call: Call) -> None:
    """Byte for byte, exactly as often as in the source."""
    number = NUM_MESSAGES if call is native else min(NUM_MESSAGES, 50)
    lost = []
    for source, target, batch in messages(number, seed=11):
        answers = call(client, [one.text for one in batch], source, target)
        for message, answer in zip(batch, answers, strict=True):
            lost += [(span, message, answer) for span in message.spans
                     if answer.count(span) != message.text.count(span)]  # fmt: skip
    assert lost == []


def test_tags_of_pages_come_back_balanced(client: httpx.Client) -> None:
    """The elements of the page by another parser: as many of each kind, and no broken nesting."""
    maker = PageMaker(3)
    pages = [maker.html() for _ in range(NUM_PAGES)]
    for batch in batched(pages, 10):
        body = {"q": batch, "source": "en", "target": "zh", "format": "html", "beam_size": 1}
        for page, answer in zip(batch, native_html(client, body), strict=True):
            assert elements(answer) == elements(page), (page, answer)


def native_html(client: httpx.Client, body: dict[str, Any]) -> list[str]:
    """The same for pages."""
    return list(answered(client.post("/translate", json=body))["translatedText"])


def elements(page: str) -> Counter[tuple[str, str]]:
    """Name and attributes of each element that justhtml finds; broken nesting would make more of them."""
    found: Counter[tuple[str, str]] = Counter()
    todo = [JustHTML(page, sanitize=False, fragment=True).root]
    while todo:
        node = todo.pop()
        found[node.name, str(sorted((getattr(node, "attrs", None) or {}).items()))] += (
            node.name[0] not in "#!"
        )
        todo += getattr(node, "children", None) or []
    return found
