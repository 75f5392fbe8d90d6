"""DeepL's API at `/v2` and `/v3`: translations, languages, usage, and glossaries that are kept."""

from service.api.dialects.deepl.routes import add_routes as add_routes
