"""Which target pieces a source asks for, and the columns of the projection that the running rows need."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.engine.folder import ModelFolder
from service.engine.model import Array, Integers

_COLUMNS_MULTIPLE = 256
_SPARE = 1.25  # columns laid out for each one that is needed at once


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`targets[starts[p] : starts[p + 1]]` are the likely translations of source piece p, likeliest first.

    `common` are the target pieces that every source may use. `weight`, `scale` and `bias` are the
    projection's; PAD's bias makes its share of a softmax exactly 0.
    """

    starts: Integers  # [source pieces + 1]
    targets: Integers  # [links]
    common: Integers  # [common]
    weight: Array  # [target pieces, R]
    scale: Array  # [target pieces]
    bias: Array  # [target pieces]

    @classmethod
    def read(cls, folder: ModelFolder, file: str) -> Lexicon:
        """The lexicon in a file of a folder; raises ModelFolderInvalid where it is none, or another's."""
        try:
            with np.load(io.BytesIO(folder.read(file)), allow_pickle=False) as arrays:
                lexicon = cls(**arrays)
        except (ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise folder.invalid(f"{file} is no lexicon") from error
        pieces = folder.manifest.pieces
        sizes = (0, pieces.num_source + 1, pieces.num_target)
        if (pieces.pad, len(lexicon.starts), len(lexicon.bias)) != sizes:
            raise folder.invalid(f"{file} is of other vocabularies than the manifest's")
        return lexicon

    def shortlist(self, source: Sequence[int], size: int) -> Integers:
        """The target pieces of a source in ascending order, behind them PAD (0): [size].

        Where they might be too many, each source piece has the same number of its likeliest.
        """
        distinct = set(source)
        share = max(0, size - len(self.common)) // len(distinct)
        likely = [self.targets[self.starts[one] : self.starts[one + 1]][:share] for one in distinct]
        is_listed = np.zeros(len(self.bias), bool)
        is_listed[np.concatenate([self.common, *likely])] = True
        found = np.flatnonzero(is_listed)
        shortlist = np.zeros(size, np.int64)
        shortlist[: len(found)] = found
        return shortlist


class Columns:
    """The projection's columns for the pieces that any row may use: `weight` [columns, R].

    Newcomers' pieces go behind the others'; where there is no room, all are laid out anew for those
    who are here. A column that nobody uses any more does no harm.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._whole = lexicon.weight
        self._column = np.full(len(self._whole), -1)  # [target pieces], -1 where a piece has none
        self._num_used = 0
        self.weight: Array = self._whole[:0]

    def cover(self, shortlists: Integers, columns: Integers, rows: Sequence[int]) -> None:
        """Gives columns to the pieces of these rows of `shortlists` [rows, size].

        `columns` [rows, size] is told which.
        """
        named = list(rows)
        missing = self._missing(shortlists[named])
        if self._num_used + len(missing) > len(self.weight):
            named, missing = list(range(len(shortlists))), self._begin_anew(shortlists)
        end = self._num_used + len(missing)
        self._column[missing] = np.arange(self._num_used, end)
        self.weight[self._num_used : end] = self._whole[missing]
        self._num_used = end
        columns[named] = self._column[shortlists[named]]

    def _missing(self, shortlists: Integers) -> Integers:
        is_listed = np.zeros(len(self._column), bool)
        is_listed[shortlists] = True
        return np.flatnonzero(is_listed & (self._column < 0))

    def _begin_anew(self, shortlists: Integers) -> Integers:
        """Takes all columns back; the pieces that need one now."""
        self._column[:] = -1
        self._num_used = 0
        missing = self._missing(shortlists)
        size = (int(len(missing) * _SPARE) // _COLUMNS_MULTIPLE + 1) * _COLUMNS_MULTIPLE
        if size != len(self.weight):
            self.weight = np.zeros((size, self._whole.shape[1]), self._whole.dtype)
        return missing
