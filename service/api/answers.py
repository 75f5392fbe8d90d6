"""What callers get back, for the documentation and the tests; the answers themselves are built by hand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Span = Annotated[list[int], Field(min_length=2, max_length=2, description="Code points, half open.")]


WarningKind = Literal[
    "omission",
    "repetition",
    "detached",
    "number",
    "negation",
    "untranslated",
    "low_confidence",
    "truncated",
    "protected_reinserted",
    "source_kept",
    "unsure",
    "glossary_missed",
]


class Answer(BaseModel):
    """Nothing but the fields that are named, in their own types."""

    model_config = ConfigDict(extra="forbid", strict=True)


class DetectedLanguage(Answer):
    """The language found, and how sure that is among the served ones (0 to 100)."""

    confidence: Annotated[float, Field(ge=0, le=100)]
    language: str


class Place(Answer):
    """A token or word and its place in the whole text, in code points."""

    text: str
    start: int
    end: int


class Link(Answer):
    """A source word and the target word that looks at it; `p` is the share of its attention."""

    src: Span
    tgt: Span
    p: float


class Words(Answer):
    """The matrix between words: columns of one word added, rows averaged."""

    source: list[Place]
    target: list[Place]
    weights: list[list[float]]


class Tokens(Answer):
    """The sub-words of a sentence and its translation."""

    source_tokens: list[Place]
    target_tokens: list[Place]


class Attention(Tokens):
    """`weights` has a row per target token, a column per source token; `entropy` of each row in nats."""

    weights: list[list[float]]
    words: Words
    entropy: list[float]


class Alternative(Answer):
    """A further translation of a sentence, and what the search compared."""

    text: str
    score: float
    finish_reason: Literal["eos", "length", "repetition"]


class Scores(Tokens):
    """Natural log-probabilities per target token and of the end; `score` is what the search compares."""

    logprob: list[float]
    eos_logprob: float | None
    score: float
    finish_reason: Literal["eos", "length", "repetition"]
    alternatives: list[Alternative] = []


class Occlusion(Answer):
    """By how much a target word's log-probability falls (row) when a source word is left out (column)."""

    source: list[Place]
    target: list[Place]
    drops: list[list[float]]


class Segment(Attention, Scores):
    """All about one sentence."""

    alignment: list[Link]
    occlusion: Occlusion | None = None


class Model(Answer):
    """Who translated."""

    name: str
    version: str


class Warning(Answer):
    """Something that may be wrong, and where to look in both texts."""

    type: WarningKind
    severity: Literal["info", "warning", "error"]
    message: str
    source_spans: list[Span]
    target_spans: list[Span]


class NumberedWarning(Warning):
    """The same about text number `index` of the request."""

    index: int


class WordConfidence(Answer):
    """A word of the translation, and the chance that it is right."""

    start: int
    end: int
    confidence: Annotated[float, Field(ge=0, le=1)]


class ProtectedSpan(Answer):
    """A text that stands, byte for byte, on both sides."""

    text: str
    src: Span
    tgt: Span


class AppliedTerm(Answer):
    """A term of the glossary that was found, and whether its translation was used."""

    source: str
    target: str
    src: Span
    applied: bool


class Usage(Answer):
    """How much was done; `truncated` where a translation reached the length limit.

    There are `split_segments` segments more than the texts have sentences: some were too long for the model.
    """

    characters: int
    segments: int
    split_segments: int
    source_tokens: int
    target_tokens: int
    truncated: bool


class ItemDetails(Answer):
    """What `include` asked for, about one text."""

    text: str
    source: str
    model: Model | None
    finish_reasons: list[Literal["eos", "length", "repetition"]]
    alignment: list[Link] | list[str] | str = []
    attention: list[Attention] = []
    scores: list[Scores] = []
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    words: list[WordConfidence] = []
    warnings: list[Warning] = []
    protected: list[ProtectedSpan] = []
    glossary_applied: list[AppliedTerm] = []


class TranslateAnswer(Answer):
    """LibreTranslate's answer and more; lists where `q` is one."""

    translatedText: str | list[str]
    detectedLanguage: DetectedLanguage | list[DetectedLanguage] | None = None
    alternatives: list[str] | list[list[str]] = []
    translations: list[ItemDetails] = []
    warnings: list[NumberedWarning] = []
    usage: Usage
    model: Model | None


class AttentionAnswer(Answer):
    """The attention of one text, sentence by sentence."""

    translatedText: str
    detectedLanguage: DetectedLanguage | None = None
    segments: list[Segment]
    model: Model | None


class AttentionAnswers(Answer):
    """The same for a list of texts."""

    results: list[AttentionAnswer]


class ScoreAnswer(AttentionAnswer):
    """The same with what the evidence says; `logprob` is natural, of all sentences and their ends."""

    logprob: float
    confidence: Annotated[float, Field(ge=0, le=1)] | None
    words: list[WordConfidence]
    warnings: list[Warning]


class ScoreAnswers(Answer):
    """The same for a list of translations."""

    results: list[ScoreAnswer]


class Language(Answer):
    """A source language and what it can be translated to."""

    code: str
    name: str
    targets: list[str]


class ModelLimits(Answer):
    """Longest sentence and longest translation, in tokens."""

    max_source_tokens: int
    max_target_tokens: int


class ModelDetails(Answer):
    """A model and the device and precision it really runs in."""

    name: str
    version: str
    source: str
    target: str
    architecture: str
    num_parameters: int
    licence: str
    limits: ModelLimits
    sha256: str
    requested_device: str
    device: str
    precision: str
    fell_back: bool
    load_seconds: float


class Models(Answer):
    """All models that serve a pair."""

    models: list[ModelDetails]


class Status(Answer):
    """All is well."""

    status: Literal["ok"]


class ProblemField(Answer):
    """A field at fault."""

    field: str
    message: str
    limit: int | None = None
    actual: int | None = None


class Problem(Answer):
    """RFC 9457, and `error` with the detail for LibreTranslate clients."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[ProblemField]
    error: str
