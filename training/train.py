"""`python -m training.train CONFIG`: trains, validates, saves, and goes on where it was killed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from service.engine.tokenizer import Tokenizer
from training import checkpoint
from training.batches import Batch, PreparedPairs
from training.checkpoint import Progress
from training.loss import guided_alignment, token_losses
from training.model import Seq2SeqModel
from training.prepare import DATA_FILE, prepared
from training.report import Report
from training.schedule import guided_weight, learning_rate, share_done
from training.settings import TrainSettings, read_settings
from training.validate import Validation

MIN_SCORE_SPREAD = 0.05  # below this, attention never starts


class Trainer:
    """One run: the model, its optimizer, and how far it is."""

    def __init__(self, settings: TrainSettings) -> None:
        """Prepares the data where there is none, and takes up the last checkpoint where there is one.

        Raises PreparedOtherwise where the data folder was prepared with other settings.
        """
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.device = chosen_device(settings.device)
        self.folder = Path(settings.folder)
        data = prepared(settings.data)
        self.pairs = PreparedPairs(data / DATA_FILE, settings.source, settings.target)
        num_source, num_target = (
            Tokenizer.load(data / f"{code}.spm").num_pieces for code in (settings.source, settings.target)
        )
        self.model = Seq2SeqModel(num_source, num_target, settings.model).to(self.device)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True
        )
        self.progress = Progress()
        if found := checkpoint.find(self.folder / "last"):
            self.progress = checkpoint.resume(found, self.model, self.optimizer)
        self.validation = Validation(settings)
        self._saved_seconds = self._validated_seconds = self.progress.seconds

    def run(self) -> Progress:
        """Trains until the time is used up or no validation gains any more."""
        if self.progress.steps == 0:
            self._require_spread()
        with Report(self.folder, self.settings, self.progress) as report:
            while not self._is_over():
                rng = np.random.default_rng([self.settings.seed, self.progress.epoch, self.progress.steps])
                self._epoch(rng, report)
                self.progress.epoch += 1
            self._validate(report)
        return self.progress

    def _epoch(self, rng: np.random.Generator, report: Report) -> None:
        for batch in self._batches(rng):
            report.step(self.progress, *self._timed_step(batch))
            if self.progress.seconds - self._validated_seconds > self.settings.validate_minutes * 60:
                self._validate(report)
            elif self.progress.seconds - self._saved_seconds > self.settings.checkpoint_minutes * 60:
                self._save("last")
            if self._is_over():
                return

    def _batches(self, rng: np.random.Generator) -> Iterator[Batch]:
        for batch in self.pairs.batches(self.settings.data.weights, self.settings.batch_tokens, rng):
            yield batch.to(self.device)

    def _timed_step(self, batch: Batch) -> tuple[float, float]:
        started = time.monotonic()
        losses = self.step(batch)
        self.progress.seconds += time.monotonic() - started
        self.progress.steps += 1
        self.progress.tokens += batch.num_tokens
        return losses

    def step(self, batch: Batch) -> tuple[float, float]:
        """One update; returns the plain cross-entropy and the attention's, both per target token in nats."""
        settings, done = self.settings, self._share_done()
        with torch.autocast(self.device, torch.bfloat16, enabled=settings.precision == "bf16"):
            readouts, weights = self.model(batch.source, batch.lengths, batch.previous)
        sums = token_losses(self.model.decoder, readouts, batch.following, settings.label_smoothing)
        guided = guided_alignment(weights, batch.links)
        ((sums[0] + guided_weight(settings, done) * guided) / batch.num_tokens).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(settings, done)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(sums.detach()[1]) / batch.num_tokens, float(guided.detach()) / batch.num_tokens

    def _share_done(self) -> float:
        return share_done(self.settings, self.progress.seconds)

    def _is_over(self) -> bool:
        return self._share_done() >= 1 or self.progress.validations_without_gain >= self.settings.patience

    def _validate(self, report: Report) -> None:
        result = self.validation.measure(self.model)
        report.validation(self.progress, result)
        self._validated_seconds = self.progress.seconds
        if result.bleu >= self.progress.best_bleu:  # without held-out sentences, the latest is the best
            self.progress.best_bleu, self.progress.validations_without_gain = result.bleu, 0
            self._save("best")
        else:
            self.progress.validations_without_gain += 1
        self._save("last")

    def _save(self, name: str) -> None:
        checkpoint.save(self.folder / name, self.settings, self.model, self.optimizer, self.progress)
        self._saved_seconds = self.progress.seconds

    def _require_spread(self) -> None:
        batches = self._batches(np.random.default_rng(0))
        spread = score_spread(self.model, next(batch for batch in batches if batch.source.shape[1] > 1))
        tqdm.write(f"spread of the attention scores at the start: {spread:.3f}")
        if spread < MIN_SCORE_SPREAD:
            raise RuntimeError(f"attention scores differ by {spread:.1e} only: attention would never start")


def chosen_device(wanted: str) -> str:
    """The device to train on: `auto` means CUDA where there is any, everything else means itself."""
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


@torch.inference_mode()
def score_spread(model: Seq2SeqModel, batch: Batch) -> float:
    """Mean standard deviation of the first step's attention scores over the source positions, 2 or more."""
    state, memory = model.start(batch.source, batch.lengths)
    attention = model.decoder.attention
    return float(attention.scores(attention.W_Q(state.hidden), memory.keys).std(dim=1).mean())


if __name__ == "__main__":
    print(Trainer(read_settings(Path(sys.argv[1]))).run())
