"""What `POST /translate` takes: LibreTranslate's fields, and ours beside them."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from service.api.forms import FieldTypes
from service.api.schemas import SearchRequest
from service.pipeline.handling import Handling, TextFormat
from service.text.glossary import Glossary, GlossaryEntry
from service.text.segments import Splitting
from service.text.spans import check_patterns

Include = Literal["alignment", "attention", "scores", "confidence", "warnings", "protected"]
AlignmentFormat = Literal["spans", "pharaoh", "azure"]
Term = Annotated[str, Field(min_length=1, max_length=500)]
# A plain default would be copied deeply for every request.
_NO_LIST: Final[dict[str, Any]] = {"default_factory": list, "json_schema_extra": {"default": []}}
_NO_TERMS: Final[dict[str, Any]] = {"default_factory": dict, "json_schema_extra": {"default": {}}}


def _text_where_empty(value: Any) -> Any:
    """Clients of LibreTranslate leave a form's field empty, or send null."""
    return "text" if value in (None, "") else value


class TranslateRequest(SearchRequest):
    """A LibreTranslate request and more; every field not named here is ignored."""

    format: Annotated[
        TextFormat,
        BeforeValidator(_text_where_empty),
        Field(description="What the texts are written in; empty is text."),
    ] = "text"
    splitting: Annotated[
        Splitting,
        Field(description="Where sentences end; `nonewlines` is `sentences` but not at line breaks."),
    ] = "sentences"
    protect: Annotated[
        list[Term],
        Field(description="Texts that must stay as they are.", max_length=200, **_NO_LIST),
    ]
    protect_patterns: Annotated[
        list[Term],
        Field(description="The same as RE2 expressions.", max_length=20, **_NO_LIST),
    ]
    glossary: Annotated[
        dict[Term, Term],
        Field(description="Source terms and their translations.", max_length=200, **_NO_TERMS),
    ]
    strict: Annotated[
        bool, Field(description="Whether a sentence too long for the model is refused instead of divided.")
    ] = False
    min_confidence: Annotated[
        float, Field(ge=0, le=1, description="A text translated with less confidence comes back as it was.")
    ] = 0.0
    alignment_format: Annotated[
        AlignmentFormat, Field(description="Form of `alignment`: objects, or a string of a known notation.")
    ] = "spans"
    stream: Annotated[bool, Field(description="Whether to answer piece by piece, as server-sent events.")] = (
        False
    )
    alternatives: Annotated[int, Field(ge=0, le=7, description="Further translations wanted.")] = 0
    include: Annotated[
        list[Include],
        Field(max_length=8, description="What to tell about each text in `translations`.", **_NO_LIST),
    ]


def handling_of(wanted: TranslateRequest) -> Handling:
    """How the request wants its texts read; raises InvalidOption for a pattern that is none."""
    check_patterns(wanted.protect_patterns)
    return Handling(
        format=wanted.format,
        protected=tuple(wanted.protect),
        protected_patterns=tuple(wanted.protect_patterns),
        glossary=Glossary(GlossaryEntry(*pair) for pair in wanted.glossary.items()),
        splitting=wanted.splitting,
        strict=wanted.strict,
        min_confidence=wanted.min_confidence,
    )


TRANSLATE_TYPES: Final = FieldTypes(
    lists=frozenset({"include", "protect", "protect_patterns"}),
    repeated=frozenset({"q"}),
    integers=frozenset({"alternatives", "beam_size"}),
    decimals=frozenset({"length_penalty", "coverage_penalty", "min_confidence"}),
    booleans=frozenset({"strict", "stream"}),
)
"""What the fields of a TranslateRequest are in a form or a query string."""
