"""Required phrases: always met, by the best hypothesis where everything can be looked at."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.constrained import ConstrainedSearch
from service.engine.errors import InvalidText
from service.engine.manifest import Pieces
from service.engine.messages import Found
from service.engine.onnx_model import OnnxModel
from service.engine.phrases import Phrase, Phrases
from service.engine.repetition import LoopGuard
from service.engine.store import ModelStore
from service.engine.text_model import TextModel
from service.engine.tokenizer import copy_symbol
from tests.engine.driving import a_job, alone, done, in_company
from tests.engine.masked import masked_sentences
from tests.engine.test_beam import (
    NUM_SOURCE,
    Ends,
    Language,
    Prefix,
    a_language,
    assert_finds,
    best_of_all,
    by_wu_et_al,
    coverage_penalties,
    length_penalties,
    rules_of,
    seeds,
)
from tests.fakes import PIECES, CopyModel, FixedStateModel

EOS = 3
STORE = Path(__file__).parents[2] / "model_store"


def some_phrases(num_tokens: int, max_total: int) -> st.SearchStrategy[list[Phrase]]:
    """One to three phrases of the tokens 4, 5, …, no more than `max_total` tokens in all."""
    phrase = st.lists(st.integers(4, 3 + num_tokens), min_size=1, max_size=3).map(tuple)
    return st.lists(phrase, min_size=1, max_size=3).filter(lambda few: sum(map(len, few)) <= max_total)


def holds(tokens: Sequence[int | None], phrases: Sequence[Phrase]) -> bool:
    """True where the phrases stand in the tokens without sharing one: every way is tried."""
    if not phrases:
        return True
    first, *others = phrases
    for start in range(len(tokens) - len(first) + 1):
        end = start + len(first)
        rest = [*tokens[:start], *[None] * len(first), *tokens[end:]]
        if tuple(tokens[start:end]) == first and holds(rest, others):
            return True
    return False


def searched(language: Language, search: ConstrainedSearch, *, num_candidates: int) -> tuple[Found, ...]:
    """What the search finds where it sees few candidates of every row, and what it asks for."""
    prefixes: list[Prefix] = [()]
    while prefixes:
        tokens, scores = [], []
        for prefix, wanted in zip(prefixes, search.wanted, strict=True):
            row = language.logprobs[prefix]
            best = np.argsort([-score for score in row])[:num_candidates].tolist()
            tokens.append([*best, wanted])
            scores.append([*(row[token] for token in best), -math.inf if wanted in best else row[wanted]])
        attention = np.array([language.attention[one] for one in prefixes])
        parents = search.advance(tokens, scores, attention)
        pairs = zip(parents, search.previous, strict=True)
        prefixes = [(*prefixes[parent], token) for parent, token in pairs]
    return search.found()


@settings(max_examples=150, deadline=None)
@given(seeds, some_phrases(2, 3), length_penalties, coverage_penalties)
def test_where_nothing_is_dropped_it_finds_the_best_that_holds_all(
    seed: int, phrases: list[Phrase], length_penalty: float, coverage_penalty: float
) -> None:
    """With 2 tokens and at most 3 steps a beam of 8 holds everything that can still meet its phrases."""
    rules = rules_of(3, length_penalty, coverage_penalty)
    language = a_language(seed, num_tokens=2, depth=3)
    found = searched(
        language, ConstrainedSearch(rules, required=phrases, beam_size=8, n_best=2), num_candidates=9
    )
    everything: Ends = best_of_all(language, 3, by_wu_et_al(rules))
    whole = [end for end in everything if Phrases(phrases).met(end[1]) == (True,) * len(phrases)]
    assert_finds(found, whole[:2])


@settings(max_examples=150, deadline=None)
@given(seeds, some_phrases(4, 5), st.integers(1, 8), st.integers(1, 3), st.integers(5, 6))
def test_phrases_are_always_met(
    seed: int, phrases: list[Phrase], beam_size: int, num_candidates: int, limit: int
) -> None:
    """However narrow the beam, and although the candidates hardly ever begin one."""
    rules = rules_of(limit, with_attention=True)
    language = a_language(seed, num_tokens=4, depth=limit)
    search = ConstrainedSearch(rules, required=phrases, beam_size=beam_size, n_best=beam_size)
    found = searched(language, search, num_candidates=num_candidates)
    for one in found:
        assert one.met == (True,) * len(phrases)
        assert holds(one.tokens, phrases)
        said = one.tokens if one.finish_reason == "length" else (*one.tokens, EOS)
        assert list(one.logprobs) == language.said(said)
        assert one.attention == language.looked(len(one.tokens), one.tokens).tobytes()
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({one.tokens for one in found}) == len(found)


@given(some_phrases(3, 9), st.lists(st.integers(4, 6), max_size=14))
def test_what_is_said_to_be_met_stands_there(phrases: list[Phrase], tokens: list[int]) -> None:
    """And what is missing is counted in tokens."""
    known = Phrases(phrases)
    progress, met = known.along(tokens), known.met(tokens)
    assert holds(tokens, [one for one, is_met in zip(phrases, met, strict=True) if is_met])
    missing = [one for one, is_met in zip(phrases, met, strict=True) if not is_met]
    assert progress.num_missing == sum(map(len, missing)) - len(progress.begun)
    assert known.asked_for(progress).total() == progress.num_missing


def test_a_phrase_that_is_begun_is_followed_or_given_up() -> None:
    """What was said of it counts for nothing then, except as the beginning of another."""
    known = Phrases([(5, 5, 6), (6, 7), (5,)])
    assert known.along([8]).num_missing == 6
    assert known.along([6]).begun == (6,)
    assert known.along([6, 8]).num_missing == 6
    assert known.along([6, 6]).begun == (6,)
    assert known.met([5, 5, 5, 6]) == (True, False, True)
    assert known.met([6, 7, 5, 5, 5, 6]) == (True, True, True)


def test_a_phrase_that_is_listed_twice_is_said_twice() -> None:
    """Once is not enough."""
    assert Phrases([(5,), (5,)]).met([4, 5, 6]) == (True, False)
    assert Phrases([(5,), (5,)]).met([5, 5]) == (True, True)


def test_rows_try_different_phrases() -> None:
    """In one step side by side, and one row after the other as it goes on."""
    known = Phrases([(5,), (6,), (7,)])
    assert [known.wanted(known.start, turn) for turn in range(4)] == [5, 6, 7, 5]
    assert known.wanted(known.along([6, 5, 7]), 0) is None
    assert Phrases([(5, 6), (5, 7)]).wanted(Phrases([(5, 6), (5, 7)]).along([5]), 1) == 6


@pytest.mark.parametrize("phrases", [((9,),), ((9, 10), (11,)), ((9,),) * 5])
def test_a_model_that_would_not_say_them_says_them(phrases: tuple[Phrase, ...]) -> None:
    """Through the decode loop: a model that copies its source is made to say more, and told what it met."""
    job = a_job([5, 6, 7], required=phrases, beam_size=4, max_target_tokens=30)
    (found,) = done(alone(CopyModel(), job)).hypotheses
    assert found.met == (True,) * len(phrases)
    assert holds(found.tokens, phrases)


def test_a_loop_does_not_end_before_everything_is_said() -> None:
    """Whoever goes round in circles must hurry, and is not ended."""
    required = ((9, 10), (11,))
    job = a_job([5, 6], required=required, beam_size=4, max_target_tokens=90)
    (found,) = done(alone(CopyModel(is_endless=True), job)).hypotheses
    assert holds(found.tokens, required)
    assert len(found.tokens) < 60


def test_repeating_what_is_asked_for_is_no_loop() -> None:
    """Forty times the same, as it was listed."""
    required = ((9,),) * 40
    rules = rules_of(60)
    guard = LoopGuard([5] * NUM_SOURCE, num_required=40)
    search = ConstrainedSearch(rules, required=required, beam_size=4, n_best=1, guard=guard)
    rows = [0]
    while rows:
        tokens = [[9, EOS, wanted] for wanted in search.wanted]
        scores = [[-0.1, -0.2, -math.inf] for _ in rows]
        rows = search.advance(tokens, scores, np.zeros((len(rows), NUM_SOURCE), np.float32))
    (found,) = search.found()
    assert (found.tokens, found.finish_reason) == ((9,) * 40, "eos")


@pytest.mark.parametrize("beam_size", [1, 4, 8])
def test_copy_symbols_are_kept_for_the_phrases_that_ask_for_them(beam_size: int) -> None:
    """A symbol that the source holds once is not said where its phrase would then lack it."""
    symbols = Pieces(PIECES.num_source, PIECES.num_target, first_copy=4, num_copy=6)
    random = np.random.default_rng(beam_size)
    for _ in range(30):
        source = random.permutation(np.arange(4, 16))[:6].tolist()
        required = tuple((token, 15) for token in source if token < 10)
        job = a_job(source, required=required, beam_size=beam_size, max_target_tokens=30)
        (found,) = done(alone(FixedStateModel(), job, pieces=symbols)).hypotheses
        assert found.met == (True,) * len(required)
        assert not Counter(token for token in found.tokens if 4 <= token < 10) - Counter(source)


@pytest.fixture(scope="module", params=["zh-en", "en-zh"])
def real(request: pytest.FixtureRequest) -> tuple[OnnxModel, TextModel]:
    """A bundled model with its tokenizers."""
    (folder,) = [one for one in ModelStore(STORE).latest() if one.manifest.name == request.param]
    return OnnxModel.load(folder.path, digest=folder.digest, precision="int8"), TextModel(folder)


def test_every_required_copy_symbol_comes_exactly_once(real: tuple[OnnxModel, TextModel]) -> None:
    """200 masked sentences; not one symbol is lost, doubled or invented, whoever shares the batch."""
    model, text = real
    manifest = model.manifest
    jobs, asked = [], {}
    for sentence, symbols in masked_sentences(manifest.source, 200):
        source = text.source_pieces(sentence, "sentence")
        required = text.required_pieces(symbols, source, "required")
        limit = text.max_target_tokens(len(source), num_required=len(symbols))
        jobs.append(a_job(source.ids, required=required, beam_size=4, max_target_tokens=limit))
        asked[jobs[-1].id] = Counter(symbols)
    together = in_company(model, jobs, pieces=manifest.pieces, seed=3)
    for job in jobs:
        (found,) = done(together[job.id]).hypotheses
        said = text.text_of(found.tokens)
        assert Counter(character for character in said if character >= "\U000f0000") == asked[job.id]
        assert found.met == (True,) * len(job.required)
    for job in jobs[::20]:
        assert done(together[job.id]).hypotheses == done(alone(model, job, pieces=manifest.pieces)).hypotheses


@pytest.mark.parametrize("search", [{}, {"beam_size": 4}])
def test_no_copy_symbol_is_said_twice_unasked(
    real: tuple[OnnxModel, TextModel], search: dict[str, Any]
) -> None:
    """Greedy and in a beam, no symbol comes more often than the source holds it, and no sentence fails."""
    model, text = real
    for sentence, symbols in masked_sentences(model.manifest.source, 60, seed=2):
        source = text.source_pieces(sentence, "sentence")
        job = a_job(source.ids, max_target_tokens=text.max_target_tokens(len(source)), **search)
        (found,) = done(alone(model, job, pieces=model.manifest.pieces)).hypotheses
        said = [one for one in text.text_of(found.tokens) if one >= "\U000f0000"]
        assert not Counter(said) - Counter(symbols)


def test_a_symbol_is_not_required_more_often_than_it_stands_there(real: tuple[OnnxModel, TextModel]) -> None:
    """Neither once where it is missing, nor twice where it stands once; a phrase may hold it."""
    _, text = real
    first, second = copy_symbol(0), copy_symbol(1)
    source = text.source_pieces(f"A {first} B {first}", "sentence")
    for phrases in ([first] * 3, [second], [f"{first} {second}"]):
        with pytest.raises(InvalidText) as raised:
            text.required_pieces(phrases, source, "required[0]")
        assert raised.value.field == "required[0]"
    assert text.required_pieces([first, first], source, "required") == ((4,), (4,))


GLOSSARY = {
    "zh": [
        ("我想看一下退款政策。", "refund policy"),
        ("您的快递明天到。", "parcel"),
        ("请把发票寄给我。", "tax invoice"),
        ("这台洗衣机保修两年。", "warranty period"),
        ("会员可以免费退货。", "Gold members"),
        ("请在设置里修改密码。", "passphrase"),
    ],
    "en": [
        ("I would like to see the refund policy.", "退款政策"),
        ("Your parcel will arrive tomorrow.", "包裹"),
        ("Please send me the invoice.", "增值税发票"),
        ("The warranty of this machine is two years.", "保修期"),
        ("Members can return goods for free.", "黄金会员"),
        ("Please change the password in the settings.", "口令"),
    ],
}


def test_a_glossary_is_kept(real: tuple[OnnxModel, TextModel]) -> None:
    """Every phrase stands in the text as it was given, as words of their own."""
    model, text = real
    for sentence, phrase in GLOSSARY[model.manifest.source]:
        source = text.source_pieces(sentence, "sentence")
        required = text.required_pieces([phrase], source, "required")
        limit = text.max_target_tokens(len(source), num_required=len(required[0]))
        job = a_job(source.ids, required=required, beam_size=4, max_target_tokens=limit)
        (found,) = done(alone(model, job, pieces=model.manifest.pieces)).hypotheses
        said = text.text_of(found.tokens)
        assert f" {phrase}" in f" {said}" if model.manifest.target == "en" else phrase in said
        assert found.met == (True,)
