"""`python -m training.train CONFIG`: trains, validates, writes checkpoints, and goes on where it was killed."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from training import checkpoint
from training.batches import Batch, PreparedPairs
from training.checkpoint import Progress
from training.loss import SmoothedCrossEntropy, guided_alignment
from training.model import Seq2SeqModel
from training.prepare import prepare
from training.report import Report
from training.settings import TrainSettings, read_settings
from training.validate import Validation
from service.engine.tokenizer import PAD, Tokenizer

MIN_SCORE_SPREAD = 0.05  # below this, attention never starts


class Trainer:
    """One run: the model, its optimizer, and how far it is."""

    def __init__(self, settings: TrainSettings) -> None:
        torch.manual_seed(settings.seed)
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.folder = Path(settings.folder)
        data = Path(settings.data.folder)
        if not (data / "train.npz").exists():
            prepare(settings.data)
        self.pairs = PreparedPairs(data / "train.npz", settings.source, settings.target)
        num_source, num_target = (Tokenizer.load(data / f"{code}.spm").num_pieces for code in (settings.source, settings.target))
        self.model = Seq2SeqModel(num_source, num_target, settings.model).to(settings.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.0, betas=(0.9, 0.98), eps=1e-9, fused=True)
        self.progress = Progress()
        if found := checkpoint.find(self.folder / "last"):
            self.progress = checkpoint.resume(found, self.model, self.optimizer)
        self.validation = Validation(settings)

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
        validated = saved = time.monotonic()
        for batch in self.pairs.batches(self.settings.data.weights, self.settings.batch_tokens, rng):
            report.step(self.progress, *self._timed_step(batch))
            if time.monotonic() - saved > self.settings.checkpoint_minutes * 60:
                self._save("last")
                saved = time.monotonic()
            if time.monotonic() - validated > self.settings.validate_minutes * 60:
                self._validate(report)
                validated = time.monotonic()
            if self._is_over():
                return

    def _timed_step(self, batch: Batch) -> tuple[float, float]:
        started = time.monotonic()
        losses = self.step(batch.to(self.settings.device))
        self.progress.seconds += time.monotonic() - started
        self.progress.steps += 1
        self.progress.tokens += batch.num_tokens
        return losses

    def step(self, batch: Batch) -> tuple[float, float]:
        """One update; returns the plain cross-entropy and the attention's, both per target token in nats."""
        settings = self.settings
        with torch.autocast(settings.device, torch.bfloat16, enabled=settings.precision == "bf16"):
            readouts, weights = self.model(batch.source, batch.lengths, batch.previous)
        decoder, real = self.model.decoder, batch.following != PAD
        rows = decoder.scaled(readouts)[real]  # [N, R]
        sums = SmoothedCrossEntropy.apply(
            rows, decoder.embedding.weight, decoder.output_bias, batch.following[real], settings.label_smoothing
        )
        guided = guided_alignment(weights, batch.links)
        ((sums[0] + self.guided_weight() * guided) / batch.num_tokens).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(sums.detach()[1]) / batch.num_tokens, float(guided.detach()) / batch.num_tokens

    def rate(self) -> float:
        """The learning rate now: linear warm-up, then a cosine down to its final share."""
        done, warmup = self._share_done(), self.settings.warmup_share
        if done < warmup:
            return self.settings.peak_rate * max(done / warmup, 0.01)
        cosine = 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))
        return self.settings.peak_rate * (self.settings.final_share + (1 - self.settings.final_share) * cosine)

    def guided_weight(self) -> float:
        first, last = self.settings.guided_weight, self.settings.guided_final_weight
        return first if last is None else first + (last - first) * self._share_done()

    def _share_done(self) -> float:
        return min(self.progress.seconds / (self.settings.minutes * 60), 1.0)

    def _is_over(self) -> bool:
        return self._share_done() >= 1 or self.progress.validations_without_gain >= self.settings.patience

    def _validate(self, report: Report) -> None:
        result = self.validation.measure(self.model)
        report.validation(self.progress, result)
        if result.bleu > self.progress.best_bleu:
            self.progress.best_bleu, self.progress.validations_without_gain = result.bleu, 0
            self._save("best")
        else:
            self.progress.validations_without_gain += 1
        self._save("last")

    def _save(self, name: str) -> None:
        checkpoint.save(self.folder / name, self.settings, self.model, self.optimizer, self.progress)

    def _require_spread(self) -> None:
        spread = score_spread(self.model, next(self.pairs.batches(self.settings.data.weights, 1000, np.random.default_rng(0))))
        tqdm.write(f"spread of the attention scores at the start: {spread:.3f}")
        if spread < MIN_SCORE_SPREAD:
            raise RuntimeError(f"attention scores differ by {spread:.1e} only: attention would never start")


@torch.inference_mode()
def score_spread(model: Seq2SeqModel, batch: Batch) -> float:
    """Mean standard deviation of the first step's attention scores over the source positions."""
    state, memory = model.start(batch.source, batch.lengths)
    attention = model.decoder.attention
    return float(attention.scores(attention.W_Q(state.hidden), memory.keys).std(dim=1).mean())


if __name__ == "__main__":
    print(Trainer(read_settings(Path(sys.argv[1]))).run())
