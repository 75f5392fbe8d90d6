"""The one table from exception to status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from service.api import errors as api
from service.engine import errors as engine
from service.glossaries import errors as glossaries

Outcome = Literal[
    "ok",
    "validation",
    "too_long",
    "overloaded",
    "rate_limited",
    "deadline",
    "cancelled",
    "unavailable",
    "model_error",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """How HTTP speaks of a class of errors: status, problem type, title, and what is counted."""

    status: int
    slug: str
    title: str
    outcome: Outcome


KINDS: Final[dict[type[Exception], Kind]] = {
    api.MalformedBody: Kind(400, "malformed-body", "Malformed body", "validation"),
    api.MalformedQuery: Kind(400, "malformed-query", "Malformed query string", "validation"),
    api.InvalidFields: Kind(422, "invalid-fields", "Invalid request", "validation"),
    api.KeyMissing: Kind(401, "key-missing", "No API key", "validation"),
    api.KeyInvalid: Kind(401, "key-invalid", "Invalid API key", "validation"),
    api.ScopeMissing: Kind(403, "scope-missing", "Not for this API key", "validation"),
    api.RateLimited: Kind(429, "rate-limited", "Too many requests", "rate_limited"),
    api.QuotaExceeded: Kind(429, "quota-exceeded", "Quota exceeded", "rate_limited"),
    api.KeyFileInvalid: Kind(500, "key-file-invalid", "Key file invalid", "model_error"),
    api.UnknownModel: Kind(404, "unknown-model", "Unknown model", "validation"),
    api.VersionRefused: Kind(422, "version-refused", "Version refused", "validation"),
    api.UnknownLanguageCode: Kind(422, "unknown-language", "Unknown language", "validation"),
    api.Disabled: Kind(403, "disabled", "Disabled", "validation"),
    api.BadHead: Kind(400, "bad-head", "Bad request head", "validation"),
    api.HeadTooLarge: Kind(431, "head-too-large", "Request head too large", "validation"),
    api.BodyTooLarge: Kind(413, "body-too-large", "Body too large", "too_long"),
    api.BodyTooSlow: Kind(408, "body-too-slow", "Body too slow", "deadline"),
    api.UnsupportedContent: Kind(415, "unsupported-content", "Unsupported content", "validation"),
    api.ClientGone: Kind(499, "client-gone", "Client gone", "cancelled"),
    engine.UnknownLanguage: Kind(422, "unknown-language", "Unknown language", "validation"),
    engine.UnsupportedPair: Kind(422, "unsupported-pair", "Unsupported language pair", "validation"),
    engine.UnknownVersion: Kind(404, "unknown-version", "Unknown version", "validation"),
    engine.VersionInUse: Kind(409, "version-in-use", "Version in use", "validation"),
    engine.InvalidText: Kind(422, "invalid-text", "Invalid text", "validation"),
    engine.InvalidOption: Kind(422, "invalid-option", "Invalid option", "validation"),
    engine.TooLong: Kind(422, "too-long", "Text too long", "too_long"),
    engine.TooMany: Kind(422, "too-many", "Too many texts", "too_long"),
    engine.Incomplete: Kind(422, "incomplete", "Incomplete translation", "too_long"),
    glossaries.GlossaryNotFound: Kind(404, "glossary-not-found", "Glossary not found", "validation"),
    glossaries.InvalidEntries: Kind(422, "invalid-entries", "Invalid glossary entries", "validation"),
    glossaries.GlossariesFull: Kind(456, "glossaries-full", "No room for glossaries", "too_long"),
    glossaries.GlossaryFileUnusable: Kind(500, "glossary-file", "Glossary file unusable", "model_error"),
    engine.Overloaded: Kind(503, "overloaded", "Overloaded", "overloaded"),
    engine.NotReady: Kind(503, "not-ready", "Not ready", "unavailable"),
    engine.EngineDied: Kind(503, "engine-died", "Engine died", "unavailable"),
    engine.DeadlineExceeded: Kind(504, "deadline-exceeded", "Deadline exceeded", "deadline"),
    engine.ModelFailed: Kind(500, "model-failed", "Model failed", "model_error"),
    engine.ModelFolderInvalid: Kind(500, "model-folder-invalid", "Model folder invalid", "model_error"),
    engine.DeviceUnavailable: Kind(500, "device-unavailable", "Device unavailable", "model_error"),
    engine.PrecisionUnavailable: Kind(500, "precision-unavailable", "Precision unavailable", "model_error"),
    engine.ShortlistUnavailable: Kind(500, "shortlist-unavailable", "Shortlist unavailable", "model_error"),
}

INTERNAL: Final = Kind(500, "internal", "Internal error", "model_error")


def kind_of(error: BaseException) -> Kind:
    """The row of the table for an error's own class; `INTERNAL` for what nobody foresaw."""
    return KINDS.get(type(error), INTERNAL)  # type: ignore[arg-type]  # a BaseException is simply not found
