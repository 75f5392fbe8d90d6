"""What a DeepL client may ask for; what cannot be done is refused, and `context` alone has no effect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from service.api.forms import FieldTypes
from service.api.schemas import Fields, LanguageCode

_NESTED: Final = re.compile(r"dictionaries\[(\d{1,3})\]\.(\w+)", re.ASCII)
_MAX_DICTIONARIES: Final = 100

TRANSLATE_TYPES: Final = FieldTypes(
    lists=frozenset({"text", "custom_instructions"}),
    repeated=frozenset({"splitting_tags", "non_splitting_tags", "ignore_tags", "glossary_ids"}),
    booleans=frozenset({"preserve_formatting", "outline_detection", "show_billed_characters"}),
)
PLAIN_TYPES: Final = FieldTypes()


def _as_list(value: Any) -> Any:
    """DeepL's clients send lists, and names with commas between them."""
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def _text_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[list[str], BeforeValidator(_text_list), Field(min_length=1)]
Tags = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=128)]],
    BeforeValidator(_as_list),
    Field(default_factory=list, max_length=128, description="Names of elements, as a list or with commas."),
]
Identity = Annotated[str, Field(max_length=64)]
Absent = Annotated[None, Field(description="Refused: there is no such thing here.")]


class TranslateFields(Fields):
    """A request to translate."""

    text: Annotated[Texts, Field(description="Up to `ZHUYI_MAX_TEXTS` texts.")]
    target_lang: Annotated[LanguageCode, Field(description="`EN-GB`, `ZH`, …; regions make no difference.")]
    source_lang: Annotated[LanguageCode | None, Field(description="Found for each text where absent.")] = None
    context: Annotated[str | None, Field(description="Accepted, and not used.")] = None
    split_sentences: Annotated[
        Literal["0", "1", "nonewlines"] | None,
        Field(description="`0` not at all, `1` at stops and newlines, `nonewlines` the default for HTML."),
    ] = None
    preserve_formatting: Annotated[bool, Field(description="Accepted; it is kept in any case.")] = False
    formality: Annotated[
        Literal["default", "more", "less", "prefer_more", "prefer_less"],
        Field(description="`more` and `less` are refused, the others make no difference."),
    ] = "default"
    glossary_id: Annotated[Identity | None, Field(description="Needs `source_lang`.")] = None
    glossary_ids: Annotated[
        Annotated[list[Identity], BeforeValidator(_as_list), Field(max_length=5)],
        Field(default_factory=list, description="Several; of equal terms that of the first counts."),
    ]
    tag_handling: Literal["xml", "html"] | None = None
    tag_handling_version: Annotated[Literal["v1", "v2"] | None, Field(description="Makes no difference.")] = (
        None
    )
    outline_detection: bool = True
    splitting_tags: Tags
    non_splitting_tags: Tags
    ignore_tags: Tags
    model_type: Literal["quality_optimized", "latency_optimized", "prefer_quality_optimized"] | None = None
    style_id: Absent = None
    translation_memory_id: Absent = None
    custom_instructions: Absent = None

    @property
    def glossaries(self) -> list[str]:
        """The identities of all glossaries asked for."""
        return [self.glossary_id, *self.glossary_ids] if self.glossary_id else self.glossary_ids


class DictionaryFields(Fields):
    """Terms of one pair of languages."""

    source_lang: LanguageCode
    target_lang: LanguageCode
    entries: Annotated[str, Field(description="A line per term: source, tab or comma, target.")]
    entries_format: Literal["tsv", "csv"]


Name = Annotated[str, Field(min_length=1, max_length=1024)]


class GlossaryFields(DictionaryFields):
    """A new glossary of one pair."""

    name: Name


class MultilingualFields(Fields):
    """A new glossary of several pairs."""

    name: Name
    dictionaries: Annotated[list[DictionaryFields], Field(min_length=1, max_length=_MAX_DICTIONARIES)]


class UpdateFields(Fields):
    """A new name, further terms, or both."""

    name: Name | None = None
    dictionaries: Annotated[list[DictionaryFields], Field(default_factory=list, max_length=_MAX_DICTIONARIES)]


class PairFields(Fields):
    """Which dictionary of a glossary."""

    source_lang: LanguageCode
    target_lang: LanguageCode


class LanguagesFields(Fields):
    """Which side of the translation."""

    type: Literal["source", "target"] = "source"


def without_blanks(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without empty texts, which forms send for what was left out; `text` may be empty."""
    return {name: value for name, value in fields.items() if value != "" or name == "text"}


def nest_dictionaries(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`dictionaries[0].entries=…` of a form as the list that JSON would have."""
    dictionaries: dict[int, dict[str, Any]] = {}
    for name, value in fields.items():
        if found := _NESTED.fullmatch(name):
            dictionaries.setdefault(int(found.group(1)), {})[found.group(2)] = value
    if not dictionaries:
        return dict(fields)
    return {**fields, "dictionaries": [dictionaries[number] for number in sorted(dictionaries)]}
