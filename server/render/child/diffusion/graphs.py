"""Calls of fixed shapes, recorded once and replayed: launching a UNet's thousand kernels costs more than they do.

The recorder is given from outside, so that what is around it is tested without a card.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

import torch

from server.render.child.diffusion.conditioning import Conditioning

Tensor = Any
Function = Callable[..., Tensor]
Recorder = Callable[[Function, Sequence[Tensor]], tuple[Callable[[], None], Tensor]]
"""A function and its inputs, whose addresses stay: to what replays it, and the output that is filled each time."""
_MOST: Final = 24
_TRIAL_RUNS: Final = 3


class Replayed:
    """A function of tensors, recorded for each set of shapes. It returns copies: the original is overwritten."""

    def __init__(self, function: Function, recorder: Recorder, alive: Callable[[], None] = lambda: None) -> None:
        self._function, self._recorder, self._alive = function, recorder, alive
        self._kept: OrderedDict[tuple[Any, ...], tuple[list[Tensor], Callable[[], None], Tensor]] = OrderedDict()

    def __call__(self, *inputs: Tensor) -> Tensor:
        """The function's output for inputs of any shapes; the first time for these it takes long."""
        key = tuple((tuple(each.shape), each.dtype) for each in inputs)
        if key not in self._kept:
            self._alive()
            # Inputs may be views that repeat memory; what is written to must not.
            own = [each.detach().clone(memory_format=torch.contiguous_format) for each in inputs]
            self._kept[key] = (own, *self._recorder(self._function, own))
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        own, replay, output = self._kept[key]
        for mine, given in zip(own, inputs, strict=True):
            mine.copy_(given)
        replay()
        return output.clone()


class ReplayedDenoiser:
    """A denoiser whose calls are replayed; conditioning travels as plain tensors."""

    def __init__(self, denoiser: Callable[[Tensor, Tensor, Conditioning], Tensor], recorder: Recorder,
                 alive: Callable[[], None] = lambda: None) -> None:
        def call(latents: Tensor, times: Tensor, tokens: Tensor, *more: Tensor) -> Tensor:
            return denoiser(latents, times, Conditioning(tokens, *more))

        self._call = Replayed(call, recorder, alive)

    def __call__(self, latents: Tensor, times: Tensor, conditioning: Conditioning) -> Tensor:
        """See `sampling.Denoiser`."""
        more = (conditioning.pooled, conditioning.times)
        return self._call(latents, times, conditioning.tokens, *(each for each in more if each is not None))


def record_on_card(function: Function, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Tensor]:
    """Record a CUDA graph, after trial runs on a stream of their own in which kernels are chosen and compiled."""
    trial = torch.cuda.Stream()
    trial.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(trial):
        for _ in range(_TRIAL_RUNS):
            function(*inputs)
    torch.cuda.current_stream().wait_stream(trial)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output = function(*inputs)
    return graph.replay, output
