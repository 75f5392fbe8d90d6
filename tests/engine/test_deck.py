"""Encoded sentences wait for rows in their order."""

from __future__ import annotations

from service.engine.deck import Deck, Encoded
from service.engine.sequence import Sequence
from tests.engine.driving import a_job
from tests.fakes import PIECES, CopyModel


def a_deck(*beam_sizes: int) -> tuple[Deck, list[Sequence]]:
    """A deck with one group of sequences, the n-th of source [n + 4]."""
    model = CopyModel()
    sequences = [
        Sequence.from_job(a_job([place + 4], beam_size=size), PIECES) for place, size in enumerate(beam_sizes)
    ]
    deck = Deck(model)
    deck.put(Encoded(sequences, model.encode([one.job.source for one in sequences])))
    return deck, sequences


def keys(encoded: Encoded | None) -> list[int]:
    """The sources that the rows of a group hold."""
    assert encoded is not None
    return encoded.state.arrays["keys"][:, 0].tolist()


def test_who_fits_enters_and_the_others_stay_in_their_order() -> None:
    """Each with its own row."""
    deck, sequences = a_deck(1, 1, 1, 1)
    first = deck.take(3)
    assert first is not None
    assert (first.sequences, keys(first)) == (sequences[:3], [4, 5, 6])
    second = deck.take(3)
    assert second is not None
    assert (second.sequences, keys(second)) == (sequences[3:], [7])
    assert deck.take(3) is None


def test_nobody_overtakes_a_beam_whose_rows_are_not_free() -> None:
    """Else a stream of single rows would keep it waiting for ever."""
    deck, sequences = a_deck(8, 1)
    assert deck.take(7) is None
    taken = deck.take(8)
    assert taken is not None
    assert taken.sequences == sequences[:1]


def test_the_removed_are_gone_and_the_others_keep_their_rows() -> None:
    """From the middle, and all of them."""
    deck, sequences = a_deck(1, 1, 1)
    deck.remove([sequences[1]])
    assert deck.sequences == [sequences[0], sequences[2]]
    assert keys(deck.take(9)) == [4, 6]
    deck, sequences = a_deck(1, 1)
    deck.remove(sequences)
    assert deck.take(9) is None
