"""Decoding in PyTorch: beam search for validation and evaluation, and forced decoding for alignments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from service.engine.tokenizer import BOS, EOS, PAD, UNK
from training.model import Memory, Seq2SeqModel, State


@dataclass(frozen=True)
class Hypothesis:
    """A finished target without BOS and EOS; logprob is the sum over its tokens and EOS, in nats."""

    tokens: list[int]
    logprob: float


def max_target_tokens(num_source: int) -> int:
    """Where decoding gives up on EOS."""
    return 2 * num_source + 10


@torch.inference_mode()
def translate(
    model: Seq2SeqModel, sources: Sequence[Sequence[int]], *, beam_size: int = 1, length_penalty: float = 0.8, rows: int = 64
) -> list[list[int]]:
    """The best target of each source, found in batches of similar length."""
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    found: list[list[int]] = [[] for _ in sources]
    step = max(1, rows // beam_size)
    for start in range(0, len(order), step):
        chosen = order[start : start + step]
        for index, hypotheses in zip(chosen, _beam(model, [sources[i] for i in chosen], beam_size), strict=True):
            found[index] = max(hypotheses, key=lambda h: h.logprob / (len(h.tokens) + 1) ** length_penalty).tokens
    return found


def _beam(model: Seq2SeqModel, sources: Sequence[Sequence[int]], beam_size: int) -> list[list[Hypothesis]]:
    """Beam search; each sentence keeps `beam_size` rows until it has as many finished hypotheses."""
    device = model.decoder.output_bias.device
    source, lengths = padded(sources, device)
    state, memory = _repeated(*model.start(source, lengths), beam_size)
    num_rows = len(sources) * beam_size
    tokens = torch.full((num_rows, 1), BOS, device=device)
    totals = torch.full((len(sources), beam_size), -torch.inf, device=device)
    totals[:, 0] = 0.0
    finished: list[list[Hypothesis]] = [[] for _ in sources]
    limit = max_target_tokens(source.shape[1])
    step = model.decoder.unrolled(memory)
    for position in range(limit):
        state, _ = step(model.decoder.input_gates(tokens[:, -1]), state)
        logprobs = torch.log_softmax(model.decoder.logits(state.feed).float(), dim=-1)  # [B * beam, V]
        logprobs[:, [PAD, UNK, BOS]] = -torch.inf
        ended = totals + logprobs[:, EOS].view(len(sources), beam_size)
        last = position == limit - 1
        _collect(finished, tokens, totals if last else ended, beam_size)
        logprobs[:, EOS] = -torch.inf
        grown = (totals.view(-1, 1) + logprobs).view(len(sources), -1)
        totals, best = grown.topk(beam_size, dim=1)
        parents = (best // logprobs.shape[1] + torch.arange(len(sources), device=device).unsqueeze(1) * beam_size).view(-1)
        tokens = torch.cat([tokens[parents], (best % logprobs.shape[1]).view(-1, 1)], dim=1)
        state = State(*(part[parents] for part in state))
        for index, hypotheses in enumerate(finished):
            if len(hypotheses) >= 1 and _cannot_be_beaten(hypotheses, float(totals[index, 0]), position + 2, limit):
                totals[index] = -torch.inf
        if bool(torch.isinf(totals[:, 0]).all()):
            break
    return finished


def _collect(finished: list[list[Hypothesis]], tokens: Tensor, totals: Tensor, beam_size: int) -> None:
    for index, row in enumerate(totals.tolist()):
        for beam, total in enumerate(row):
            if total > -1e30:
                finished[index].append(Hypothesis(tokens[index * beam_size + beam, 1:].tolist(), total))


def _cannot_be_beaten(hypotheses: list[Hypothesis], running: float, length: int, limit: int, penalty: float = 0.8) -> bool:
    """Whether even at full length the best running hypothesis would stay behind the best finished one."""
    best = max(h.logprob / (len(h.tokens) + 1) ** penalty for h in hypotheses)
    return running / limit**penalty <= best and running / (length + 2) ** penalty <= best


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
