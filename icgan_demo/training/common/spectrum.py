"""The power spectrum of images, and a penalty on the grid that upsampling leaves in drawn ones."""

import torch
from torch import Tensor

PERIODS = (2, 4, 8)
"""Of the generator's last upsamplings, in pixels."""
NEAR = 1
"""Frequencies up to so many steps away belong to a period: the fading towards the edges spreads it that far."""
TINY = 1e-6
"""An image of a single colour has no power, and nothing has no logarithm."""


def power_spectrum(images: Tensor) -> Tensor:
    """Return the mean power of images (N, 3, R, R) at each frequency, float64 (R, R), frequency 0 first.

    Each picture is faded out towards its edges (Hann), because the jump from one edge to the opposite one would spread
    over all frequencies.
    """
    side = images.shape[-1]
    window = torch.hann_window(side, device=images.device)
    powers = []
    for part in images.split(256):
        faded = (part - part.mean(dim=(2, 3), keepdim=True)) * window[:, None] * window
        powers.append(torch.view_as_real(torch.fft.fft2(faded)).square().sum(dim=-1).mean(dim=1))
    return torch.cat(powers).double().mean(dim=0)


def patches(power: Tensor, period: int, reach: int) -> Tensor:
    """Return the power around ``period`` px: across, down and along both diagonals, (4, 2 * reach + 1, 2 * reach + 1).

    Args:
        power: a spectrum (R, R), frequency 0 first.
        period: pixels; R is a multiple.
        reach: steps of frequency to each side.
    """
    side = len(power)
    k = side // period
    steps = torch.arange(-reach, reach + 1, device=power.device)
    places = ((k, 0), (0, k), (k, k), (k, -k))
    return torch.stack([power[(row + steps) % side][:, (column + steps) % side] for row, column in places])


def grid_penalty(drawn: Tensor, real: Tensor) -> Tensor:
    """Return how unlike drawn and real images are at the periods of upsampling: 0 where their power is the same.

    Networks that upsample leave a fine grid, because even and odd pixels come from different weights, and
    discriminators that downsample hardly see it. The mean squared logarithm of the ratio of powers over periods and
    directions; Durall et al. 2020 compare the whole spectrum, whose thousands of sound frequencies drown the few.

    Args:
        drawn, real: images (N, 3, R, R) and (M, 3, R, R) in [-1, 1], R a multiple of 8; float32.
    """
    both = [power_spectrum(images) for images in (drawn, real)]
    near = [torch.stack([patches(power, period, NEAR).mean(dim=(1, 2)) for period in PERIODS]) for power in both]
    return (near[0].clamp_min(TINY).log() - near[1].clamp_min(TINY).log()).square().mean().float()
