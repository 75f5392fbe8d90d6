"""The picture of attention."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.text.heatmap import HeatMap, draw_heat_maps

SVG = "{http://www.w3.org/2000/svg}"


@given(
    st.lists(st.text(max_size=8), min_size=1, max_size=3),
    st.lists(st.text(max_size=8), min_size=1, max_size=3),
)
def test_any_label_gives_well_formed_xml(source: list[str], target: list[str]) -> None:
    """Markup, control characters and lone surrogates in a label are data or are replaced."""
    weights = np.full((len(target), len(source)), 1 / len(source))
    root = ElementTree.fromstring(draw_heat_maps([HeatMap(tuple(source), tuple(target), weights)]))
    assert len(root.findall(f".//{SVG}g/{SVG}rect")) == len(source) * len(target)


def test_labels_are_never_markup() -> None:
    """A script in the text stays text."""
    svg = draw_heat_maps([HeatMap(("<script>alert(1)</script>",), ("\"'&",), np.ones((1, 1)))])
    assert b"<script" not in svg
    root = ElementTree.fromstring(svg)
    assert [text.text for text in root.iter(f"{SVG}text")] == ["<script>alert(1)</script>", "\"'&"]


def test_each_cell_says_its_weight() -> None:
    """Rows are target tokens, columns source tokens; darker is more."""
    weights = np.array([[1.0, 0.0], [0.25, 0.75]])
    root = ElementTree.fromstring(draw_heat_maps([HeatMap((" a", "b"), ("甲", "乙"), weights)]))
    cells = root.findall(f".//{SVG}g/{SVG}rect")
    assert [cell.findtext(f"{SVG}title") for cell in cells] == [
        "甲 → a: 1.0000",
        "甲 → b: 0.0000",
        "乙 → a: 0.2500",
        "乙 → b: 0.7500",
    ]
    assert [cells[0].get("fill"), cells[1].get("fill")] == ["#08306b", "#ffffff"]


def test_sentences_are_drawn_below_each_other() -> None:
    """Several sentences make one picture; none makes an empty one."""
    one = HeatMap(("a",), ("b",), np.ones((1, 1)))
    root = ElementTree.fromstring(draw_heat_maps([one, one]))
    tops = [group.get("transform") for group in root.findall(f"{SVG}g")]
    assert len(tops) == len(set(tops)) == 2
    assert ElementTree.fromstring(draw_heat_maps([])).tag == f"{SVG}svg"
