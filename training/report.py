"""What a person sees of a run: a progress bar in the terminal, curves and pictures in TensorBoard."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import TracebackType

from matplotlib.figure import Figure
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from training.checkpoint import Progress
from training.settings import TrainSettings
from training.validate import Picture, ValidationResult

LOGGED_STEPS = 50


class Report:
    """Context manager around a run; the bar counts seconds of training, so its time left is the budget's."""

    def __init__(self, folder: Path, settings: TrainSettings, progress: Progress) -> None:
        self._writer = SummaryWriter(str(folder / "log"))
        self._bar = tqdm(
            total=round(settings.minutes * 60), initial=round(progress.seconds), unit="s", mininterval=5.0
        )
        self._since = (progress.seconds, progress.tokens)

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.close()
        self._writer.close()

    def step(self, progress: Progress, loss: float, guided: float) -> None:
        """Called after every update with its losses per token, in nats."""
        self._bar.update(round(progress.seconds) - self._bar.n)
        if progress.steps % LOGGED_STEPS:
            return
        seconds, tokens = progress.seconds - self._since[0], progress.tokens - self._since[1]
        self._since = (progress.seconds, progress.tokens)
        speed = tokens / max(seconds, 1e-9)
        self._bar.set_postfix_str(
            f"{speed:.0f} tok/s, {progress.tokens / 1e6:.2f}M tokens, loss {loss:.2f}, guided {guided:.2f}"
        )
        for name, value in (("loss", loss), ("guided", guided), ("tokens_per_second", speed)):
            self._writer.add_scalar(f"train/{name}", value, progress.steps)

    def validation(self, progress: Progress, result: ValidationResult) -> None:
        """Writes the scores and the attention pictures of a validation."""
        scores = ", ".join(f"{corpus} {bleu:.1f}" for corpus, bleu in result.by_corpus.items())
        tqdm.write(f"{progress.seconds / 60:.1f} min, {progress.tokens / 1e6:.2f}M tokens: BLEU {scores}")
        for corpus, bleu in result.by_corpus.items():
            self._writer.add_scalar(f"validation/bleu/{corpus}", bleu, progress.steps)
        with warnings.catch_warnings():
            # A machine without Chinese fonts shows boxes.
            warnings.filterwarnings("ignore", "Glyph", UserWarning)
            for index, picture in enumerate(result.pictures):
                self._writer.add_figure(f"attention/{index}", drawn(picture), progress.steps)
        self._writer.flush()


def drawn(picture: Picture) -> Figure:
    """The heat map of one sentence's attention: target pieces down, source pieces across."""
    figure = Figure(figsize=(6, 6))
    axes = figure.subplots()
    axes.imshow(picture.weights, cmap="viridis", vmin=0, vmax=1)
    axes.set_xticks(range(len(picture.source)), picture.source, rotation=90)
    axes.set_yticks(range(len(picture.target)), picture.target)
    return figure
