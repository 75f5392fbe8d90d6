"""What each corpus is and under which licence it came: manifests and model cards say it."""

from __future__ import annotations

from collections.abc import Iterable

SOURCES = {
    "tatoeba": ("Tatoeba sentences, tatoeba.org", "CC BY 2.0 FR"),
    "customer-service": ("customer-service sentences written for this project", "CC0"),
    "x-risawoz": ("X-RiSAWOZ dialogues", "BSD-3 / MIT"),
    "convlab2-woz-googlemt": (
        "ConvLab-2 booking dialogues; one side is machine translation by Google",
        "Apache-2.0",
    ),
    "chat-app-ui": ("user-interface text of chat applications", "Apache-2.0 / MIT"),
    "home-assistant": ("user-interface text of Home Assistant", "Apache-2.0"),
    "chromium-ui": ("user-interface text of Chromium", "BSD-3"),
    "mozilla-ui": ("user-interface text of Mozilla applications", "MPL-2.0"),
    "libreoffice-ui": ("user-interface text of LibreOffice", "MPL-2.0"),
    "libreoffice-help": ("help text of LibreOffice", "MPL-2.0"),
    "python-docs": ("documentation of Python", "CC0"),
    "angular-cn-docs": ("documentation of Angular", "MIT"),
    "dart-cn-docs": ("documentation of Dart", "CC BY 4.0"),
}


def described(corpora: Iterable[str]) -> list[dict[str, str]]:
    """`corpus`, `what` and `licence` of each corpus; an unknown one is named and not vouched for."""
    known = ((corpus, SOURCES.get(corpus, (corpus, "see its source"))) for corpus in sorted(corpora))
    return [{"corpus": corpus, "what": what, "licence": licence} for corpus, (what, licence) in known]
