"""What turns signs into chances: measured on held-out translations of one model, shipped in its folder."""

from __future__ import annotations

import msgspec

from service.engine.folder import ModelFolder


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model's calibration file; made by `python -m benchmarks.calibrate`."""

    format: int = 1

    @classmethod
    def of(cls, folder: ModelFolder) -> Calibration | None:
        """The calibration of a model folder, its bytes checked; None where the folder has none.

        Raises ModelFolderInvalid where there is one that is not right.
        """
        raise NotImplementedError
