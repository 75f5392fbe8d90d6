"""Where DeepL's routes lie: `/v2` for texts and glossaries of one pair, `/v3` for glossaries of several."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from service.api.described import describe_body
from service.api.dialects.deepl import answers, requests
from service.api.dialects.deepl.errors import DEEPL
from service.api.dialects.deepl.glossaries import GlossaryKeeper
from service.api.dialects.deepl.multilingual import MultilingualGlossaryRoutes
from service.api.dialects.deepl.single import SingleGlossaryRoutes
from service.api.dialects.deepl.translate import DeepLTranslateRoute
from service.api.dialects.deepl.usage import CharacterCount, UsageRoutes
from service.api.plain import Handler, PlainApplication
from service.api.services import Services

_ERRORS: Final = {
    400: "a body, a field or a language that is not understood",
    404: "no such glossary, or no such dictionary in it",
    413: "too much for one request",
    429: "overloaded; Retry-After says when to come back",
    456: "no room for more glossaries",
    503: "not ready",
    504: "the deadline has passed",
}
_OF_TEXTS: Final = (400, 404, 413, 429, 503, 504)
_OF_GLOSSARIES: Final = (400, 404, 413, 456)
_TERMS: Final = {"source_lang": "en", "target_lang": "zh", "entries": "refund\t退款", "entries_format": "tsv"}
_TRANSLATE_EXAMPLE: Final = {"text": ["Where is my order?"], "target_lang": "ZH"}
_GLOSSARY_ID: Final = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
_REQUIRED: Final = {"required": True, "schema": {"type": "string"}}
_PAIR: Final = (("source_lang", "en"), ("target_lang", "zh"))
_TRANSLATE: Final = "/v2/translate"
_V2: Final = "/v2/glossaries"
_V3: Final = "/v3/glossaries"
_QUERIES: Final = {
    ("GET", f"{_V3}/{{glossary_id}}/entries"): _PAIR,
    ("DELETE", f"{_V3}/{{glossary_id}}/dictionaries"): _PAIR,
}


class _Adding:
    """Adds routes with their descriptions."""

    def __init__(self, application: PlainApplication) -> None:
        self._application = application

    def __call__(
        self, method: str, path: str, handler: Handler, about: str, answer: Any, *,
        body: tuple[type[BaseModel], dict[str, Any]] | None = None, status: int = 200,
        errors: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        responses = {one: {"model": answers.DeepLError, "description": _ERRORS[one]} for one in errors}
        extra = _parameters(method, path)
        if body:
            model, example = body
            extra |= describe_body(model, {"one": {"summary": "One", "value": example}}, with_form=True)
        self._application.speak(
            DEEPL, path, handler, methods=[method], description=f"DeepL: {about}", openapi_extra=extra,
            status_code=status, **_keys(path),
            responses={status: {"model": answer, "description": "the answer"}, **responses},
        )  # fmt: skip

    def hidden(self, method: str, path: str, handler: Handler) -> None:
        """The same by another method."""
        self._application.speak(
            DEEPL, path, handler, methods=[method], include_in_schema=False, **_keys(path)
        )


def add_routes(application: PlainApplication, services: Services) -> None:
    """Adds all of them."""
    add, count, keeper = _Adding(application), CharacterCount(), GlossaryKeeper(services)
    translate, usage = DeepLTranslateRoute(services, count), UsageRoutes(services, count)
    add("POST", _TRANSLATE, translate.answer, "translates texts, also by GET.",
        answers.DeepLTranslations, body=(requests.TranslateFields, _TRANSLATE_EXAMPLE),
        errors=_OF_TEXTS)  # fmt: skip
    add.hidden("GET", _TRANSLATE, translate.answer)
    add("GET", "/v2/usage", usage.usage, "characters translated since the start.", answers.DeepLUsage)
    add.hidden("POST", "/v2/usage", usage.usage)
    add("GET", "/v2/languages", usage.languages, "what can be translated; `type` is `source` or `target`.",
        list[answers.DeepLLanguage], errors=(400,))  # fmt: skip
    add.hidden("POST", "/v2/languages", usage.languages)
    _add_single(add, SingleGlossaryRoutes(services, keeper))
    _add_multilingual(add, MultilingualGlossaryRoutes(keeper))


def _add_single(add: _Adding, routes: SingleGlossaryRoutes) -> None:
    one = f"{_V2}/{{glossary_id}}"
    add("POST", _V2, routes.create, "keeps a glossary of one pair of languages.", answers.DeepLGlossary,
        body=(requests.GlossaryFields, {"name": "Shop", **_TERMS}), status=201,
        errors=_OF_GLOSSARIES)  # fmt: skip
    add("GET", _V2, routes.all, "all glossaries of one pair.", answers.DeepLGlossaries)
    add("GET", "/v2/glossary-language-pairs", routes.pairs, "the pairs that it may have.", answers.DeepLPairs)
    add("GET", one, routes.get, "a glossary without its terms.", answers.DeepLGlossary, errors=(404,))
    add("GET", f"{one}/entries", routes.entries, "its terms as TSV.", None, errors=(404,))
    add("DELETE", one, routes.delete, "deletes it.", None, status=204, errors=(404,))


def _add_multilingual(add: _Adding, routes: MultilingualGlossaryRoutes) -> None:
    one = f"{_V3}/{{glossary_id}}"
    several: dict[str, Any] = {"name": "Shop", "dictionaries": [_TERMS]}
    add("POST", _V3, routes.create, "keeps a glossary of several pairs.", answers.DeepLMultilingual,
        body=(requests.MultilingualFields, several), status=201, errors=_OF_GLOSSARIES)  # fmt: skip
    add("GET", _V3, routes.all, "all glossaries.", answers.DeepLMultilinguals)
    add("GET", one, routes.get, "a glossary without its terms.", answers.DeepLMultilingual, errors=(404,))
    add("PATCH", one, routes.update, "renames it, adds terms.", answers.DeepLMultilingual,
        body=(requests.UpdateFields, several), errors=_OF_GLOSSARIES)  # fmt: skip
    add("DELETE", one, routes.delete, "deletes it.", None, status=204, errors=(404,))
    add("GET", f"{one}/entries", routes.entries, "the terms of one pair.", answers.DeepLDictionaries,
        errors=(400, 404))  # fmt: skip
    add("PUT", f"{one}/dictionaries", routes.replace, "replaces the terms of one pair.",
        answers.DeepLDictionary, body=(requests.DictionaryFields, dict(_TERMS)),
        errors=_OF_GLOSSARIES)  # fmt: skip
    add("DELETE", f"{one}/dictionaries", routes.delete_dictionary, "deletes the terms of one pair.", None,
        status=204, errors=(400, 404))  # fmt: skip


def _keys(path: str) -> dict[str, Any]:
    """Which keys a route is for, and what those without are counted as."""
    if path == _TRANSLATE:
        return {"needs": "translate", "operation": "translate"}
    return {"needs": "glossaries" if "glossar" in path else "translate"}


def _parameters(method: str, path: str) -> dict[str, Any]:
    """What stands in the path and in the query string."""
    found = []
    if "{glossary_id}" in path:
        found.append({**_REQUIRED, "name": "glossary_id", "in": "path", "example": _GLOSSARY_ID})
    return {
        "parameters": found
        + [
            {**_REQUIRED, "name": name, "in": "query", "example": example}
            for name, example in _QUERIES.get((method, path), ())
        ]
    }
