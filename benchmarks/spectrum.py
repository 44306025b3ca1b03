"""Grids in drawn pictures: their power spectrum at the periods of the generator's upsampling, beside that of photos."""

import torch
from torch import Tensor

from icgan_demo.training.common.spectrum import NEAR, PERIODS, patches, power_spectrum

__all__ = ["around", "grid", "power_spectrum"]
FAR = 3
"""Frequencies beyond those of a period, up to so many steps away, are its surroundings."""


def around(power: Tensor, period: int) -> tuple[float, float]:
    """Return the mean power at ``period`` px, across, down and along both diagonals, and that of its surroundings."""
    found = patches(power, period, FAR)
    steps = torch.arange(-FAR, FAR + 1).abs()
    is_near = (steps[:, None] <= NEAR) & (steps <= NEAR)
    return found[:, is_near].mean().item(), found[:, ~is_near].mean().item()


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
