"""What a caller may ask for; strict types, unknown fields ignored, nothing of the input in an error."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import ErrorDetails

from service.api.errors import FieldError, InvalidFields
from service.engine.messages import Priority


def _shape(value: Any) -> str:
    return "list" if isinstance(value, list) else "text"


Texts = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[str], Tag("list")],
    Discriminator(_shape),
]
"""One text, or several; the answer has the same shape."""


LanguageCode = Annotated[str, Field(min_length=1, max_length=35)]
BeamSize = Annotated[int, Field(ge=1, le=8)]
Penalty = Annotated[float, Field(ge=0, le=2)]
Offsets = Literal["code_points", "utf16"]
_BOUNDS = ("ge", "le", "min_length", "max_length")
_MAX_ERRORS = 20


class Fields(BaseModel):
    """Fields of a request in any dialect."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class TextRequest(Fields):
    """Texts and the languages that they go from and to."""

    q: Annotated[Texts, Field(description="The text to translate, or a list of texts.")]
    source: Annotated[LanguageCode, Field(description="Language of the text, or `auto`.", examples=["zh"])]
    target: Annotated[LanguageCode, Field(description="Language to translate to.", examples=["en"])]
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


class SearchRequest(TextRequest):
    """The same with how to search, and how soon."""

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
    """`q[3]` for ("q", "list", 3), `glossary` for ("glossary", "a term"): no tag of a shape, no text."""
    name = ""
    for before, part in zip((0, *location), location, strict=False):
        if isinstance(part, int):
            name += f"[{part}]"
        elif isinstance(before, int):  # else the tag, or what the caller has in place of a name
            name += f".{part}" if name else part
    return name or "body"
