"""Errors about a text, in the words of a dialect: what the pipeline calls `q` has another name there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from service.engine.errors import InvalidText, TooLong, TooMany


@contextmanager
def texts_named(field: str) -> Iterator[None]:
    """Errors raised within name `field`, or `field[3]`, in the place of `q` and `q[3]`."""
    try:
        yield
    except (InvalidText, TooLong, TooMany) as error:
        name, bracket, rest = error.field.partition("[")
        if name != "q":
            raise
        raise replace(error, field=f"{field}{bracket}{rest}") from None
