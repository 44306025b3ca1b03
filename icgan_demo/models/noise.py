"""The one definition of noise and truncation: a seed belongs to a picture, not to a batch."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from icgan_demo.config import MAX_TRUNCATION, MIN_TRUNCATION


def draw_noise(seeds: Sequence[int], dim: int, truncation: float, *, redraw: bool = True) -> Tensor:
    """Return normal noise cut at +-2 * truncation by redrawing, not rescaled; row k depends on ``seeds[k]`` alone.

    Values already inside keep their place when the truncation changes, so a slider moves pictures smoothly.
    Generators that truncate their style see the direction of the noise alone: theirs is cut at +-2 and scaled by the
    truncation, which keeps the direction and stays within the same bounds.

    Args:
        seeds: one non-negative integer for each row.
        dim: length of a row.
        truncation: 0.05 (all pictures alike) .. 1 (the widest variety).
        redraw: False to scale instead; ``truncates_noise`` of the generator's settings.
    Returns:
        float32 tensor of shape (len(seeds), dim), on the CPU whatever the model's device.
    Source: the law of the official IC-GAN demo (predict.py); scaled: that of its evaluation of StyleGAN2 (test.py).
    """
    assert MIN_TRUNCATION <= truncation <= MAX_TRUNCATION, truncation
    if not redraw:
        return truncation * draw_noise(seeds, dim, MAX_TRUNCATION)
    rows = []
    for seed in seeds:
        source = torch.Generator().manual_seed(seed)
        row = torch.randn(dim, generator=source)
        while (outside := row.abs() > 2 * truncation).any():
            row[outside] = torch.randn(int(outside.sum()), generator=source)
        rows.append(row)
    return torch.stack(rows) if rows else torch.empty(0, dim)


def noise_deviation(truncation: float, *, redraw: bool = True) -> float:
    """Return the standard deviation of each number of ``draw_noise``; arguments as there.

    Source: the variance of the normal law cut at +-a, 1 - 2 a phi(a) / (2 Phi(a) - 1).
    """
    if not redraw:
        return truncation * noise_deviation(MAX_TRUNCATION)
    cut = 2 * truncation
    density = math.exp(-cut * cut / 2) / math.sqrt(2 * math.pi)
    return math.sqrt(1 - 2 * cut * density / math.erf(cut / math.sqrt(2)))
