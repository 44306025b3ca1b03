"""Grids in drawn pictures: their power spectrum at the periods of the generator's upsampling, beside that of photos."""

import torch
from torch import Tensor

PERIODS = (2, 4, 8)
"""Pixels; a picture of 64 px or more has them all."""
NEAR, FAR = 1, 3
"""Frequencies up to ``NEAR`` steps away belong to a period; those beyond, up to ``FAR``, are its surroundings."""


def power_spectrum(images: Tensor) -> Tensor:
    """Return the mean power of images (N, 3, R, R) at each frequency, (R, R), frequency 0 first.

    Each picture is faded out towards its edges (Hann), because the jump from one edge to the opposite one would spread
    over all frequencies.
    """
    side = images.shape[-1]
    window = torch.hann_window(side)
    faded = [
        torch.fft.fft2((part - part.mean(dim=(2, 3), keepdim=True)) * window[:, None] * window).abs().square()
        for part in images.split(256)
    ]
    return torch.cat([part.mean(dim=1) for part in faded]).double().mean(dim=0)


def around(power: Tensor, period: int) -> tuple[float, float]:
    """Return the mean power at ``period`` px, across, down and along both diagonals, and that of its surroundings."""
    side = len(power)
    k = side // period
    steps = torch.arange(-FAR, FAR + 1)
    is_near = (steps.abs()[:, None] <= NEAR) & (steps.abs() <= NEAR)
    near, far = [], []
    for row, column in ((k, 0), (0, k), (k, k), (k, -k)):
        patch = power[(row + steps) % side][:, (column + steps) % side]
        near.append(patch[is_near])
        far.append(patch[~is_near])
    return torch.cat(near).mean().item(), torch.cat(far).mean().item()


def grid(drawn: Tensor, real: Tensor) -> dict[str, dict[str, float]]:
    """Return, for each period, how drawn pictures differ from photos, given both spectra (R, R).

    ``power`` is the ratio of their power at the period: below 1 where they are less sharp than photos, above 1 where
    they are sharper or have a grid. ``peak`` divides it by the ratio in the surroundings: above 1 only for a grid.
    """
    figures = {}
    for period in PERIODS:
        (near, far), (real_near, real_far) = around(drawn, period), around(real, period)
        figures[str(period)] = {"power": near / real_near, "peak": near / real_near / (far / real_far)}
    return figures
