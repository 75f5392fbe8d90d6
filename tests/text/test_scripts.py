"""Traditional Chinese for a model that reads Simplified."""

from __future__ import annotations

import pytest

from service.text.scripts import simplified


@pytest.mark.parametrize(
    ("traditional", "expected"),
    [
        ("請問我的訂單什麼時候會到？", "请问我的订单什么时候会到？"),
        ("頭髮，後來，乾隆", "头发，后来，乾隆"),
        ("已经是简体", "已经是简体"),
    ],
)
def test_traditional_becomes_simplified_in_its_place(traditional: str, expected: str) -> None:
    """Character for character, phrases looked at."""
    assert simplified(traditional) == expected


def test_every_character_keeps_its_place() -> None:
    """Places are told in the caller's own text."""
    everything = "".join(map(chr, range(0x3400, 0xA000)))
    assert len(simplified(everything)) == len(everything)
