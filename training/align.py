"""Word links between the pieces of both sides: eflomal (Östling and Tiedemann 2016), symmetrised."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

Links = set[tuple[int, int]]
_NEIGHBOURS = [(-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def align(sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[Links]:
    """The links (source position, target position) of each pair, grow-diag-final-and of both directions.

    Raises ModuleNotFoundError without eflomal (GPL-3.0, needs a C compiler), which nothing else needs.
    """
    import eflomal

    with tempfile.TemporaryDirectory() as folder:
        forward, backward = Path(folder, "forward"), Path(folder, "backward")
        eflomal.Aligner().align(
            _as_text(sources),
            _as_text(targets),
            links_filename_fwd=str(forward),
            links_filename_rev=str(backward),
        )
        pairs = zip(_read(forward), _read(backward), strict=True)
        return [grow_diag_final_and(first, second) for first, second in pairs]


def grow_diag_final_and(forward: Links, backward: Links) -> Links:
    """The symmetrisation of Koehn et al. 2005: the intersection, grown into the union by neighbours."""
    union = forward | backward
    links = forward & backward
    while added := _grown(links, union):
        links |= added
    for link in sorted(union - links):
        if _is_new(link, links, both=True):
            links.add(link)
    return links


def _grown(links: Links, union: Links) -> Links:
    added: Links = set()
    for source, target in sorted(links):
        for step_source, step_target in _NEIGHBOURS:
            link = (source + step_source, target + step_target)
            if link in union and _is_new(link, links | added, both=False):
                added.add(link)
    return added


def _is_new(link: tuple[int, int], links: Links, *, both: bool) -> bool:
    """Whether the link covers a source or a target position (or both) that no link covers yet."""
    source_is_free = all(source != link[0] for source, _ in links)
    target_is_free = all(target != link[1] for _, target in links)
    if both:
        return source_is_free and target_is_free
    return (source_is_free or target_is_free) and link not in links


def _as_text(sequences: Iterable[Sequence[int]]) -> list[str]:
    return [" ".join(map(str, sequence)) + "\n" for sequence in sequences]


def _read(path: Path) -> list[Links]:
    return [
        {(int(source), int(target)) for source, target in (link.split("-") for link in line.split())}
        for line in path.read_text().splitlines()
    ]
