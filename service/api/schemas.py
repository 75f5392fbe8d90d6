"""What a caller may ask for; strict types, unknown fields ignored, nothing of the input in an error."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import ErrorDetails

from service.api.errors import FieldError, InvalidFields
from service.api.forms import FieldTypes
from service.engine.messages import Priority
from service.pipeline.handling import Handling, TextFormat
from service.text.glossary import GlossaryEntry
from service.text.segments import Splitting
from service.text.spans import check_patterns


def _shape(value: Any) -> str:
    return "list" if isinstance(value, list) else "text"


Texts = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")],
    Discriminator(_shape),
]
"""One text, or several; the answer has the same shape."""


def _text_where_empty(value: Any) -> Any:
    """Clients of LibreTranslate leave a form's field empty, or send null."""
    return "text" if value in (None, "") else value


LanguageCode = Annotated[str, Field(min_length=1, max_length=35)]
BeamSize = Annotated[int, Field(ge=1, le=8)]
Penalty = Annotated[float, Field(ge=0, le=2)]
Include = Literal["alignment", "attention", "scores", "confidence", "warnings", "protected"]
Offsets = Literal["code_points", "utf16"]
AlignmentFormat = Literal["spans", "pharaoh", "azure"]
Term = Annotated[str, Field(min_length=1, max_length=500)]
_TAGS = frozenset({"text", "list"})
_BOUNDS = ("ge", "le", "min_length", "max_length")
_MAX_ERRORS = 20
# A plain default would be copied deeply for every request.
_NO_LIST: Final[dict[str, Any]] = {"default_factory": list, "json_schema_extra": {"default": []}}
_NO_TERMS: Final[dict[str, Any]] = {"default_factory": dict, "json_schema_extra": {"default": {}}}


class Fields(BaseModel):
    """Fields of a request in any dialect."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class _Request(Fields):
    q: Annotated[Texts, Field(description="The text to translate, or a list of texts.")]
    source: Annotated[LanguageCode, Field(description="Language of the text, or `auto`.", examples=["zh"])]
    target: Annotated[LanguageCode, Field(description="Language to translate to.", examples=["en"])]
    beam_size: Annotated[BeamSize | None, Field(description="Hypotheses kept at each step; 1 is greedy.")] = (
        None
    )

    length_penalty: Annotated[
        Penalty | None, Field(description="How much a beam favours long translations: α of Wu et al. (2016).")
    ] = None
    coverage_penalty: Annotated[
        Penalty | None, Field(description="How much a beam minds what it left out: β of the same.")
    ] = None
    priority: Annotated[
        Priority, Field(description="`bulk` waits while sentences of `interactive` requests do.")
    ] = "interactive"

    offsets: Annotated[
        Offsets, Field(description="What places in texts count; JavaScript's strings are made of `utf16`.")
    ] = "code_points"

    @property
    def texts(self) -> list[str]:
        """The texts of `q` as a list, whatever its shape."""
        return [self.q] if isinstance(self.q, str) else self.q

    @property
    def is_list(self) -> bool:
        """True where the answer is a list as well."""
        return isinstance(self.q, list)


class TranslateRequest(_Request):
    """A LibreTranslate request and more; `api_key` and every field not named here are ignored."""

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
        glossary=tuple(GlossaryEntry(*pair) for pair in wanted.glossary.items()),
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


class AttentionRequest(_Request):
    """A request for the weights of a translation, of our own or of the one given."""

    translation: Annotated[
        Texts | None, Field(description="Translations to look at instead of our own, shaped like `q`.")
    ] = None
    format: Annotated[Literal["json", "svg"], Field(description="The numbers, or a heat map.")] = "json"

    @property
    def translations(self) -> list[str] | None:
        """The given translations as a list, or None."""
        return [self.translation] if isinstance(self.translation, str) else self.translation


RequestModel = TypeVar("RequestModel", bound=Fields)


def parse_request(model: type[RequestModel], fields: dict[str, Any]) -> RequestModel:
    """The request that the fields make; raises InvalidFields."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise InvalidFields(tuple(_field_error(one) for one in found[:_MAX_ERRORS])) from None


def _field_error(error: ErrorDetails) -> FieldError:
    """What pydantic found, without the input that it found it in."""
    bounds = error.get("ctx", {})
    limit = next((int(bounds[name]) for name in _BOUNDS if isinstance(bounds.get(name), int | float)), None)
    message = error["msg"][:1].lower() + error["msg"][1:]
    return FieldError(
        _field_name(error["loc"]), "is missing" if error["type"] == "missing" else message, limit
    )


def _field_name(location: tuple[int | str, ...]) -> str:
    """`q[3]` for ("q", "list", 3): without the tag of the shape."""
    name = ""
    for place, part in enumerate(location):
        if isinstance(part, int):
            name += f"[{part}]"
        elif not (place == 1 and part in _TAGS):
            name += f".{part}" if name else part
    return name or "body"
