"""The table from exception to status, and the documents that errors become."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from starlette.requests import Request

from service.api import errors as api_errors
from service.api.answers import Problem
from service.api.errors import ApiError
from service.api.kinds import KINDS, kind_of
from service.api.problems import NATIVE
from service.engine import errors as engine_errors
from service.engine.errors import ZhuyiError
from service.glossaries import errors as glossary_errors

EXAMPLES: tuple[Exception, ...] = (
    api_errors.MalformedBody("is not UTF-8"),
    api_errors.MalformedQuery(),
    api_errors.InvalidFields((api_errors.FieldError("q[1]", "is missing", 3, 4),)),
    api_errors.UnknownLanguageCode("source", ("en", "zh")),
    api_errors.Disabled("Suggestions"),
    api_errors.BadHead("no host"),
    api_errors.HeadTooLarge(10),
    api_errors.BodyTooLarge(10),
    api_errors.BodyTooSlow(1.0),
    api_errors.UnsupportedContent("Content-Type", "application/json"),
    api_errors.ClientGone(),
    engine_errors.UnknownLanguage("secret", ("en",)),
    engine_errors.UnsupportedPair("en", "zh", (("zh", "en"),)),
    engine_errors.InvalidText("q", "is no text"),
    engine_errors.InvalidOption("beam_size", "secret", "from 1 to 8"),
    engine_errors.TooLong("q[2]", 100, 101),
    engine_errors.TooMany("q", 100, 101),
    engine_errors.Incomplete("q", "length"),
    engine_errors.Overloaded(2.3),
    engine_errors.NotReady("starting"),
    engine_errors.EngineDied("gone"),
    engine_errors.DeadlineExceeded("queued"),
    engine_errors.ModelFailed("zh-en", "secret"),
    engine_errors.ModelFolderInvalid("secret", "secret"),
    engine_errors.DeviceUnavailable("cuda", "cpu", "secret"),
    engine_errors.PrecisionUnavailable("int8", "secret"),
    engine_errors.ShortlistUnavailable("secret"),
    api_errors.UnknownModel(),
    api_errors.KeyMissing(),
    api_errors.KeyInvalid("unknown"),
    api_errors.ScopeMissing("glossaries"),
    api_errors.RateLimited("requests", 60, 0.2),
    api_errors.QuotaExceeded(1000, 86_400.5),
    api_errors.KeyFileInvalid("secret", "secret"),
    api_errors.VersionRefused("its golden sentence 1 is not translated as it was"),
    engine_errors.UnknownVersion("secret", "secret"),
    engine_errors.VersionInUse("zh-en", "3", "serves"),
    glossary_errors.GlossaryNotFound("glossary"),
    glossary_errors.InvalidEntries("entries", "has no tab", 3),
    glossary_errors.GlossariesFull(1000, "glossaries"),
    glossary_errors.GlossaryFileUnusable("secret", "secret"),
)


def leaves(family: type[Exception]) -> Iterator[type[Exception]]:
    """The classes of a family that nothing is derived from."""
    children = family.__subclasses__()
    if not children:
        yield family
    for child in children:
        yield from leaves(child)


@pytest.mark.parametrize("family", [ZhuyiError, ApiError])
def test_every_error_has_a_row_in_the_table(family: type[Exception]) -> None:
    """A new error without a status does not get past this test."""
    assert set(leaves(family)) <= KINDS.keys()


def test_every_row_has_an_example_here() -> None:
    """So that each document below is looked at."""
    assert {type(error) for error in EXAMPLES} == KINDS.keys()


@pytest.mark.parametrize("error", [*EXAMPLES, RuntimeError("secret")], ids=lambda one: type(one).__name__)
def test_every_error_becomes_a_problem_document(error: Exception) -> None:
    """Of one shape, with LibreTranslate's `error` string, and nothing of the input or of our inside."""
    scope = {
        "type": "http", "method": "POST", "path": "/translate", "headers": [], "query_string": b"",
        "server": ("h", 1), "state": {"request_id": "id-1"},
    }  # fmt: skip
    response = NATIVE.answer(error, Request(scope))
    problem = Problem.model_validate(msgspec.json.decode(response.body))
    assert response.media_type == "application/problem+json"
    assert problem.status == response.status_code == kind_of(error).status
    assert (problem.instance, problem.request_id) == ("/translate", "id-1")
    assert problem.error == problem.detail != ""
    assert b"secret" not in response.body


@pytest.mark.parametrize("error", [one for one in EXAMPLES if kind_of(one).status in (429, 503)])
def test_what_may_succeed_later_says_when(error: Exception) -> None:
    """Retry-After is whole seconds, at least one."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "state": {}}
    response = NATIVE.answer(error, Request({**scope, "server": ("h", 1)}))
    assert int(response.headers["retry-after"]) >= 1


def test_limits_and_fields_are_named() -> None:
    """A program can tell which text is too long, by how much."""
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "state": {}}
    body = NATIVE.answer(EXAMPLES[15], Request({**scope, "server": ("h", 1)})).body
    (field,) = msgspec.json.decode(body)["errors"]
    assert (field["field"], field["limit"], field["actual"]) == ("q[2]", 100, 101)
