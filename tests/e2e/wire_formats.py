"""Every way in which the service can be asked for translations from English, with the same texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Body = Callable[[Sequence[str], str], Any]
"""The body that asks for some texts from a language, English where it is `en`."""


@dataclass(frozen=True)
class WireFormat:
    """One route in one service's format; `route` is its template, `language` what it calls English."""

    name: str
    path: str
    body: Body
    route: str = ""
    query: Callable[[str], Mapping[str, str]] = field(default=lambda _: {})
    language: str = "en"

    def asking(self, texts: Sequence[str], language: str = "") -> dict[str, Any]:
        """The arguments of an HTTP client's `request` for these texts; from another language where given."""
        source = language or self.language
        query = dict(self.query(source))
        return {"method": "POST", "url": self.path, "json": self.body(texts, source), "params": query}

    @property
    def template(self) -> str:
        """The route as metrics name it."""
        return self.route or self.path


def _native(**more: Any) -> Body:
    return lambda texts, source: {"q": list(texts), "source": source, "target": "zh", "beam_size": 1} | more


def _scored(texts: Sequence[str], source: str) -> Any:
    return {"q": list(texts), "translation": ["你好。"] * len(texts), "source": source, "target": "zh"}


def _inferred(texts: Sequence[str], source: str) -> Any:
    datatype = "BYTES" if source == "en" else source
    return {"inputs": [{"name": "source", "datatype": datatype, "shape": [len(texts)], "data": list(texts)}]}


WIRE_FORMATS = (
    WireFormat("native", "/translate", _native()),
    WireFormat("stream", "/translate", _native(stream=True)),
    WireFormat("attention", "/attention-weights", _native()),
    WireFormat("score", "/score", _scored),
    WireFormat("google", "/language/translate/v2", _native(format="text")),
    WireFormat(
        "azure", "/azure/translate", lambda texts, _: [{"Text": text} for text in texts],
        query=lambda source: {"api-version": "3.0", "from": source, "to": "zh-Hans"},
    ),
    WireFormat(
        "deepl", "/v2/translate",
        lambda texts, source: {"text": list(texts), "source_lang": source, "target_lang": "ZH"},
        language="EN",
    ),
    WireFormat("oip", "/v2/models/en-zh/infer", _inferred, route="/v2/models/{model}/infer"),
    WireFormat(
        "opennmt", "/translator/translate",
        lambda texts, source: [{"src": text, "id": "en-zh" if source == "en" else source} for text in texts],
    ),
)  # fmt: skip
