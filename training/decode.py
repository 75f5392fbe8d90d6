"""Decoding in PyTorch: beam search for validation and evaluation, and forced decoding for alignments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from service.engine.tokenizer import BOS, EOS, PAD, UNK
from training.decoder import Memory, State
from training.model import Seq2SeqModel


class Hypothesis(NamedTuple):
    """A target without BOS and EOS; score is sum of log-probabilities / `length_divisor`."""

    tokens: list[int]
    score: float


def length_divisor(length: int, length_penalty: float) -> float:
    """lp(Y) = (5 + |Y|) ** α / (5 + 1) ** α of Wu et al. (2016, arXiv 1609.08144, section 7).

    The length |Y| counts EOS where it was reached.
    """
    return float(((5 + length) / 6) ** length_penalty)


def max_target_tokens(num_source: int) -> int:
    """Where decoding gives up on EOS."""
    return 2 * num_source + 10


@torch.inference_mode()
def translate(
    model: Seq2SeqModel,
    sources: Sequence[Sequence[int]],
    *,
    beam_size: int = 1,
    length_penalty: float = 0.8,
    rows: int = 64,
    copies: range = range(0),
) -> list[list[int]]:
    """The best target of each source, found in batches of similar length.

    `length_penalty` is α of `length_divisor`, at least 0. A token of `copies` is written only where the
    source holds it.
    """
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    found: list[list[int]] = [[] for _ in sources]
    num_sources = max(1, rows // beam_size)
    for start in range(0, len(order), num_sources):
        chosen = order[start : start + num_sources]
        beam = Beam(model, [sources[index] for index in chosen], beam_size, length_penalty, copies)
        for index, hypothesis in zip(chosen, beam.run(), strict=True):
            found[index] = hypothesis.tokens
    return found


class Beam:
    """The K best unfinished targets of each of B sources, and the best finished one.

    EOS takes no place in the beam: at every step each row is scored as if it ended there, and goes on.
    A sentence stops when none of its rows can still win, or at its own limit, where rows end without EOS.
    """

    def __init__(
        self,
        model: Seq2SeqModel,
        sources: Sequence[Sequence[int]],
        beam_size: int,
        length_penalty: float,
        copies: range,
    ) -> None:
        device = model.decoder.output_bias.device
        source, lengths = padded(sources, device)
        self._state, memory = _repeated(*model.start(source, lengths), beam_size)
        self._decoder, self._step = model.decoder, model.decoder.unrolled(memory)
        self._length_penalty = length_penalty
        self._is_banned = _banned(sources, model.decoder.output_bias.numel(), copies).to(device)  # [B, 1, V]
        self._tokens = torch.full((len(sources) * beam_size, 1), BOS, device=device)  # [B * K, 1 + T]
        self._totals = torch.full((len(sources), beam_size), -torch.inf, device=device)  # [B, K], descending
        self._totals[:, 0] = 0.0
        self._limits = [max_target_tokens(len(source)) for source in sources]
        self._best = [Hypothesis([], -torch.inf) for _ in sources]

    def run(self) -> list[Hypothesis]:
        """The best hypothesis of each source."""
        for length in range(1, max(self._limits) + 1):
            logprobs = self._next_logprobs()  # [B, K, V]
            self._offer(self._totals + logprobs[:, :, EOS], length)
            logprobs[:, :, EOS] = -torch.inf
            self._grow(logprobs)
            self._stop(length)
            if bool(torch.isinf(self._totals[:, 0]).all()):
                break
        return self._best

    def _next_logprobs(self) -> Tensor:
        self._state, _ = self._step(self._decoder.input_gates(self._tokens[:, -1]), self._state)
        logprobs = torch.log_softmax(self._decoder.logits(self._state.feed).float(), dim=-1)  # [B * K, V]
        return logprobs.view(*self._totals.shape, -1).masked_fill_(self._is_banned, -torch.inf)

    def _offer(self, totals: Tensor, length: int) -> None:
        """Keeps the best of totals [B, K] that may end here with `length` tokens, EOS among them or not."""
        best, rows = totals.max(dim=1)  # 2 x [B]
        for index, (total, row) in enumerate(zip(best.tolist(), rows.tolist(), strict=True)):
            score = total / length_divisor(length, self._length_penalty)
            if score > self._best[index].score:
                tokens = self._tokens[index * totals.shape[1] + row, 1:].tolist()
                self._best[index] = Hypothesis(tokens, score)

    def _grow(self, logprobs: Tensor) -> None:
        """Every row goes on with the K best tokens of its sentence, by log-probabilities [B, K, V]."""
        num_sources, beam_size, num_pieces = logprobs.shape
        totals = (self._totals.unsqueeze(2) + logprobs).flatten(1)  # [B, K * V]
        self._totals, chosen = totals.topk(beam_size, dim=1)  # 2 x [B, K]
        first_rows = torch.arange(0, num_sources * beam_size, beam_size, device=chosen.device)  # [B]
        parents = (chosen // num_pieces + first_rows.unsqueeze(1)).flatten()  # [B * K]
        self._tokens = torch.cat([self._tokens[parents], (chosen % num_pieces).view(-1, 1)], dim=1)
        self._state = State(*(part[parents] for part in self._state))

    def _stop(self, length: int) -> None:
        """Takes out the sentences that are at their limit or cannot get better; rows have `length` tokens."""
        at_limit = torch.tensor([limit == length for limit in self._limits], device=self._totals.device)
        self._offer(self._totals.masked_fill(~at_limit.unsqueeze(1), -torch.inf), length)
        highest = self._totals[:, 0].tolist()
        for index, (total, limit, best) in enumerate(zip(highest, self._limits, self._best, strict=True)):
            if length == limit or best_possible(total, limit, self._length_penalty) <= best.score:
                self._totals[index] = -torch.inf


def _banned(sources: Sequence[Sequence[int]], num_pieces: int, copies: range) -> Tensor:
    """What each source's target must not hold: [B, 1, V] of truth values."""
    is_banned = torch.zeros(len(sources), 1, num_pieces, dtype=torch.bool)
    is_banned[:, :, [PAD, UNK, BOS, *copies]] = True
    for row, source in enumerate(sources):
        is_banned[row, 0, [token for token in source if token in copies]] = False
    return is_banned


def best_possible(total: float, limit: int, length_penalty: float) -> float:
    """What no continuation can exceed: the sum only falls, and the limit divides it by most."""
    return total / length_divisor(limit, length_penalty)


def _repeated(state: State, memory: Memory, times: int) -> tuple[State, Memory]:
    if times == 1:
        return state, memory
    state = State(*(part.repeat_interleave(times, dim=0) for part in state))
    mask = None if memory.mask is None else memory.mask.repeat_interleave(times, dim=0)
    keys, values = (part.repeat_interleave(times, dim=0) for part in (memory.keys, memory.values))
    return state, Memory(keys, values, mask)


def padded(sources: Sequence[Sequence[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Sources as one tensor [B, S] padded with PAD, and their lengths [B]."""
    lengths = [len(source) for source in sources]
    rows = [[*source, *[PAD] * (max(lengths) - len(source))] for source in sources]
    return torch.tensor(rows, device=device), torch.tensor(lengths)


@torch.inference_mode()
def force(model: Seq2SeqModel, source: Sequence[int], target: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Log-probabilities [T + 1] of a given target and EOS, and attention weights [T + 1, S]."""
    sources, lengths = padded([source], model.decoder.output_bias.device)
    readouts, weights = model(sources, lengths, sources.new_tensor([[BOS, *target]]))
    logprobs = torch.log_softmax(model.decoder.logits(readouts).float(), dim=-1)  # [1, T + 1, V]
    chosen = sources.new_tensor([*target, EOS]).view(1, -1, 1)
    return logprobs.gather(2, chosen).view(-1), weights[0]
