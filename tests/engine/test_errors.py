"""The family of errors: data in every one, and the same error again behind a process border."""

from __future__ import annotations

import sys

import pytest

from service.engine import errors
from service.engine.errors import ZhuyiError, error_from


def leaves(cls: type[ZhuyiError] = ZhuyiError) -> list[type[ZhuyiError]]:
    """The classes that are raised: those without subclasses."""
    below = cls.__subclasses__()
    return [leaf for one in below for leaf in leaves(one)] if below else [cls]


def test_every_error_is_drawn_in_the_list() -> None:
    """The drawing at the top of each module with errors is complete."""
    for leaf in leaves():
        drawing = sys.modules[leaf.__module__].__doc__
        assert drawing is not None
        assert f"{leaf.__name__} " in drawing


@pytest.mark.parametrize(
    "error",
    [
        errors.DeadlineExceeded("queued"),
        errors.ModelFailed("zh-en", "a score is not finite"),
        errors.ModelFolderInvalid("model_store/zh-en/1", "step.onnx is missing"),
        errors.DeviceUnavailable("cuda", "cpu", "no driver"),
        errors.EngineDied("the engine died"),
        errors.NotReady("draining", 2.5),
    ],
)
def test_an_error_crosses_a_process_border(error: ZhuyiError) -> None:
    """Name and data are enough to raise it again."""
    again = error_from(type(error).__name__, error.data)
    assert type(again) is type(error)
    assert again.data == error.data
    assert str(again) == str(error)


def test_errors_speak_plainly() -> None:
    """A person reads field, limit and value, and never a text."""
    assert str(errors.TooLong("sentences[3]", 128, 200)) == (
        "sentences[3] has 200 tokens, at most 128 are allowed"
    )
    assert str(errors.UnsupportedPair("zh", "fr", (("zh", "en"),))) == "no model for zh-fr; there are zh-en"
