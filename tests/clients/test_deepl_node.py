"""DeepL's own Node client, unchanged, against the real service; skipped where node is not."""

from __future__ import annotations

from tests.clients.test_node_clients import ours, packages, run
from tests.e2e.server import Server

__all__ = ["ours", "packages"]


def test_deepl_node(server: Server, ours: str) -> None:
    """Texts, every option, both generations of glossaries, usage, languages, refusals; all by forms."""
    found = run("deepl.mjs", server.url)
    assert (found["one"]["text"], found["one"]["billedCharacters"]) == (ours, 18)
    assert [one["text"] for one in found["list"]] == [ours, "你好啊"]
    assert found["list"][1]["detectedSourceLang"] == "zh"
    assert found["list"][0]["modelTypeUsed"] == "latency_optimized"
    assert (found["glossary"]["entryCount"], found["glossary"]["ready"]) == (2, True)
    assert found["terms"] == {"refund": "退款", "order": "订单"}
    assert found["withGlossary"]["text"]
    assert (found["isListed"], found["gone"]) == (True, "GlossaryNotFoundError")
    assert found["dictionaryTerms"] == found["terms"] | {"day": "天"}
    assert found["replaced"] == {"sourceLangCode": "en", "targetLangCode": "zh", "entryCount": 2}
    assert {"Back", "Store"} <= set(found["names"])
    assert found["usage"]["character"]["count"] > 0
    assert [one["code"] for one in found["sources"]] == ["en", "zh"]
    assert {"en-GB", "en-US", "zh"} <= {one["code"] for one in found["targets"]}
    assert len(found["pairs"]) == 2
    assert "Value for 'target_lang' not supported" in found["refusal"]
    assert "'formality' is not supported" in found["formality"]
