"""`POST /translate`: what LibreTranslate clients send and read, and what we add."""

from __future__ import annotations

import pytest

from service.api.answers import TranslateAnswer
from tests.api.serving import Api


async def test_a_text_gives_a_text_and_a_list_a_list(api: Api) -> None:
    """The answer has the shape of the question, and only the fields that belong to it."""
    one = (await api.post("/translate", q="hello", source="en", target="zh")).json()
    several = (await api.post("/translate", q=["hello", "bye"], source="en", target="zh")).json()
    assert one["translatedText"] == "HELLO"
    assert several["translatedText"] == ["HELLO", "BYE"]
    for answer in (one, several):
        TranslateAnswer.model_validate(answer)
        assert not {"detectedLanguage", "alternatives", "translations"} & answer.keys()
        assert answer["model"] == {"name": "en-zh", "version": "1"}


async def test_blank_items_and_items_without_letters_come_back_as_they_are(api: Api) -> None:
    """Rocket.Chat sends empty lines inside arrays."""
    texts = ["", "  ", "\n", "\u3000", "😀", "123", "a"]
    answer = (await api.post("/translate", q=texts, source="en", target="zh")).json()
    assert answer["translatedText"] == ["", "  ", "\n", "\u3000", "😀", "123", "A"]
    assert [call[0] for call in api.translator.calls] == [["a"]]


async def test_an_empty_list_is_answered_without_a_model(api: Api) -> None:
    """No text, no work."""
    answer = (await api.post("/translate", q=[], source="en", target="zh")).json()
    assert answer["translatedText"] == []
    assert api.translator.calls == []


async def test_all_sentences_of_a_request_travel_together(api: Api) -> None:
    """One call to the translator holds the sentences of all texts, so that they share a batch."""
    answer = (await api.post("/translate", q=["one. two.", "three!"], source="en", target="zh")).json()
    assert [call[0] for call in api.translator.calls] == [["one.", "two.", "three!"]]
    assert answer["translatedText"] == ["ONE.TWO.", "THREE!"]
    assert answer["usage"] == {
        "characters": 15, "segments": 3, "split_segments": 0,
        "source_tokens": 14, "target_tokens": 14, "truncated": False,
    }  # fmt: skip


async def test_layout_is_kept_and_gaps_follow_the_target(api: Api) -> None:
    """Line breaks and list markers stay, sentences get the spaces of the target language."""
    answer = (await api.post("/translate", q="a好。b好。\n\n - c好", source="zh", target="en")).json()
    assert answer["translatedText"] == "A好。 B好。\n\n - C好"


async def test_detected_languages_come_only_with_auto(api: Api) -> None:
    """Confidence is 0 to 100; text in the target language comes back unchanged."""
    answer = (await api.post("/translate", q=["你好a", "hello", "😀"], source="auto", target="zh")).json()
    assert answer["translatedText"] == ["你好a", "HELLO", "😀"]
    assert [one["language"] for one in answer["detectedLanguage"][:2]] == ["zh", "en"]
    assert answer["detectedLanguage"][2]["confidence"] == 0.0
    one = (await api.post("/translate", q="hello there", source="auto", target="zh")).json()
    assert one["detectedLanguage"]["language"] == "en"
    assert 0 < one["detectedLanguage"]["confidence"] <= 100


async def test_the_same_language_on_both_sides_changes_nothing(api: Api) -> None:
    """LibreTranslate does the same, and its clients rely on it."""
    answer = (await api.post("/translate", q="Hello.  Bye", source="en", target="en")).json()
    assert answer["translatedText"] == "Hello.  Bye"
    assert answer["model"] is None
    assert api.translator.calls == []


async def test_alternatives_are_whole_texts(api: Api) -> None:
    """Each alternative takes the next hypothesis of every sentence; the beam grows as needed."""
    answer = (await api.post("/translate", q="a. b.", source="en", target="zh", alternatives=2)).json()
    assert answer["alternatives"] == ["A.1B.1", "A.2B.2"]
    assert api.translator.calls[0][3].beam_size == 3
    listed = (await api.post("/translate", q=["a."], source="en", target="zh", alternatives=1)).json()
    assert listed["alternatives"] == [["A.1"]]


async def test_alternatives_are_scored_sentence_by_sentence(api: Api) -> None:
    """Only where both are asked for."""
    fields = {"q": "a. b.", "source": "en", "target": "zh", "include": ["scores"]}
    answer = (await api.post("/translate", **fields, alternatives=1)).json()
    TranslateAnswer.model_validate(answer)
    scores = answer["translations"][0]["scores"]
    assert [one["alternatives"] for one in scores] == [
        [{"text": "A.1", "score": -2.0, "finish_reason": "eos"}],
        [{"text": "B.1", "score": -2.0, "finish_reason": "eos"}],
    ]
    alone = (await api.post("/translate", **fields)).json()["translations"][0]["scores"]
    assert all("alternatives" not in one for one in alone)


@pytest.mark.parametrize("path", ["/translate", "/attention-weights"])
async def test_penalties_and_priority_are_the_request_s_or_the_default(api: Api, path: str) -> None:
    """0 is a penalty of its own; whole numbers are taken too."""
    fields = {"q": "a", "source": "en", "target": "zh"}
    await api.post(path, **fields)
    await api.post(path, **fields, length_penalty=0, coverage_penalty=0.2, priority="bulk")
    default, wanted = (call[3] for call in api.translator.calls)
    assert (default.length_penalty, default.coverage_penalty, default.priority) == (0.8, 0.1, "interactive")
    assert (wanted.length_penalty, wanted.coverage_penalty, wanted.priority) == (0.0, 0.2, "bulk")


async def test_penalties_come_in_forms_too(api: Api) -> None:
    """As decimal numbers."""
    body = "q=hi&source=en&target=zh&length_penalty=1.5&coverage_penalty=0&priority=bulk"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await api.client.post("/translate", content=body, headers=headers)).status_code == 200
    options = api.translator.calls[0][3]
    assert (options.length_penalty, options.coverage_penalty, options.priority) == (1.5, 0.0, "bulk")


async def test_the_beam_is_the_request_s_or_the_default(api: Api) -> None:
    """A beam of 1 is greedy search."""
    await api.post("/translate", q="a", source="en", target="zh")
    await api.post("/translate", q="a", source="en", target="zh", beam_size=1)
    assert [call[3].beam_size for call in api.translator.calls] == [2, 1]


async def test_what_is_included_is_told_for_each_text(api: Api) -> None:
    """Places are code points of the whole text."""
    wanted = ["alignment", "attention", "scores"]
    answer = (await api.post("/translate", q="😀 hi. yo.", source="en", target="zh", include=wanted)).json()
    TranslateAnswer.model_validate(answer)
    (item,) = answer["translations"]
    assert item["alignment"] == [
        {"src": [0, 1], "tgt": [0, 1], "p": 1.0},
        {"src": [2, 5], "tgt": [2, 5], "p": 1.0},
        {"src": [6, 9], "tgt": [5, 8], "p": 1.0},
    ]
    assert [token["start"] for token in item["attention"][1]["source_tokens"]] == [6, 7, 8]
    assert item["scores"][0]["logprob"] == [-0.5] * 4
    assert item["scores"][0]["eos_logprob"] == -0.25


async def test_other_fields_and_codes_of_clients_are_taken(api: Api) -> None:
    """api_key in any spelling, fields of other services, regions and capitals in codes."""
    answer = await api.post(
        "/translate", q="hi", source="EN-us", target="zh-CN", format="text", apiKey="", api_key=None, secret=1
    )
    assert answer.json()["translatedText"] == "HI"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("q=hi&source=en&target=zh&api_key=", "HI"),
        ("q=hi+there&q=&source=en&target=zh", ["HI THERE", ""]),
        ("q=%E4%BD%A0a&source=zh&target=en&alternatives=0", "你A"),
    ],
)
async def test_forms_are_read_as_libretranslate_clients_send_them(
    api: Api, body: str, expected: object
) -> None:
    """URL-encoded, with one `q` or several."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await api.client.post("/translate", content=body, headers=headers)
    assert answer.json()["translatedText"] == expected
