"""Attention as a picture: SVG in which every label is data, never markup, and nothing is loaded or run."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

_CELL: Final = 26
_WIDE, _NARROW = 14, 9  # of one character of a label, in pixels
_MARGIN: Final = 12
_INK: Final = (8, 48, 107)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class HeatMap:
    """One sentence: weights [T, S] between 0 and 1, a label for each row and each column."""

    source_labels: tuple[str, ...]
    target_labels: tuple[str, ...]
    weights: NDArray[np.floating]


def draw_heat_maps(maps: Sequence[HeatMap]) -> bytes:
    """An SVG document, UTF-8, with the sentences below each other: source above, target on the left."""
    drawn = [_draw(heat_map) for heat_map in maps]
    width = max([width for _, width, _ in drawn], default=0) + 2 * _MARGIN
    height = sum(height + _MARGIN for _, _, height in drawn) + _MARGIN
    svg = _document(width, height)
    top = _MARGIN
    for group, _, group_height in drawn:
        group.set("transform", f"translate({_MARGIN},{top})")
        svg.append(group)
        top += group_height + _MARGIN
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(svg, encoding="unicode").encode()
    )


def _document(width: int, height: int) -> ElementTree.Element:
    svg = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")
    svg.attrib |= {"width": str(width), "height": str(height), "viewBox": f"0 0 {width} {height}"}
    svg.attrib |= {"font-family": "sans-serif", "font-size": "13"}
    ElementTree.SubElement(svg, "title").text = "Attention: target tokens on the left, source tokens above"
    ElementTree.SubElement(svg, "rect", width="100%", height="100%", fill="white")
    return svg


def _draw(heat_map: HeatMap) -> tuple[ElementTree.Element, int, int]:
    """The group of one sentence, its width and its height in pixels."""
    sources = [_printable(label) for label in heat_map.source_labels]
    targets = [_printable(label) for label in heat_map.target_labels]
    left = max(map(_width, targets), default=0) + _MARGIN
    above = max(map(_width, sources), default=0) + _MARGIN
    group = ElementTree.Element("g")
    for column, source in enumerate(sources):
        _source_label(group, left + column * _CELL + _CELL // 2, above - 6, source)
    for row, target in enumerate(targets):
        y = above + row * _CELL
        _target_label(group, left - 6, y + _CELL // 2, target)
        for column, source in enumerate(sources):
            weight = float(heat_map.weights[row, column])
            _cell(group, left + column * _CELL, y, f"{target} → {source}", weight)
    return group, left + len(sources) * _CELL, above + len(targets) * _CELL


def _source_label(group: ElementTree.Element, x: int, y: int, label: str) -> None:
    text = ElementTree.SubElement(group, "text", transform=f"translate({x},{y}) rotate(-90)")
    text.set("dominant-baseline", "central")
    text.text = label


def _target_label(group: ElementTree.Element, x: int, y: int, label: str) -> None:
    text = ElementTree.SubElement(group, "text", x=str(x), y=str(y))
    text.attrib |= {"text-anchor": "end", "dominant-baseline": "central"}
    text.text = label


def _cell(group: ElementTree.Element, x: int, y: int, pair: str, weight: float) -> None:
    rectangle = ElementTree.SubElement(group, "rect", x=str(x), y=str(y), fill=_colour(weight))
    rectangle.attrib |= {"width": str(_CELL), "height": str(_CELL), "stroke": "#ddd"}
    ElementTree.SubElement(rectangle, "title").text = f"{pair}: {weight:.4f}"


def _colour(weight: float) -> str:
    """White at 0, dark blue at 1."""
    share = min(max(weight, 0.0), 1.0)
    return "#" + "".join(f"{round(255 + (ink - 255) * share):02x}" for ink in _INK)


def _width(label: str) -> int:
    """Room for a label, in pixels."""
    return sum(_WIDE if unicodedata.east_asian_width(one) in "WF" else _NARROW for one in label)


def _printable(label: str) -> str:
    """The label with what XML cannot hold replaced, and without the space that marks a word's beginning."""
    return _NOT_XML.sub("\ufffd", label).strip() or "␣"
