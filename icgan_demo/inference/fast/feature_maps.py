"""Maps of one picture, (height, width, channels): borders, strips, norms."""

from collections.abc import Iterator

import torch
from torch import Tensor

from icgan_demo.inference.fast.scratch_memory import Scratch


def bordered(scratch: Scratch, height: int, width: int, channels: int) -> Tensor:
    """Return a map (height + 2, width + 2, channels) with zeros around an uninitialised inside."""
    x = scratch.take(height + 2, width + 2, channels)
    for border in (x[0], x[-1], x[:, 0], x[:, -1]):
        border.zero_()
    return x


def strips(height: int, width: int, pixels: int) -> Iterator[slice]:
    """Yield the rows 0 .. ``height`` of a map in runs of about ``pixels`` pixels."""
    step = max(1, pixels // width)
    for start in range(0, height, step):
        yield slice(start, min(start + step, height))


def norm_relu(x: Tensor, scale: Tensor, shift: Tensor, out: Tensor) -> None:
    """Write ``relu(x * scale + shift)`` into ``out``, a map like ``x``; scale and shift have shape (C,)."""
    torch.addcmul(shift, x, scale, out=out)
    out.relu_()
