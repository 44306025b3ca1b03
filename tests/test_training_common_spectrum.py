"""The penalty on grids: nothing for images like the real ones, more for every grid, and descent takes a grid away."""

import pytest
import torch

from icgan_demo.training.common.spectrum import grid_penalty, patches, power_spectrum


def noise(seed: int, count: int = 40, side: int = 64) -> torch.Tensor:
    """Return images of white noise."""
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed)) - 0.5


def grid_of(period: int, side: int = 64) -> torch.Tensor:
    """Return lines down an image."""
    lines = torch.zeros(side, side)
    lines[:, ::period] = 0.1
    return lines


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_grid_of_any_period_costs_and_images_like_the_real_ones_hardly_do(period):
    real = noise(0)
    like = grid_penalty(noise(1), real)
    assert 0 < like < 0.02
    assert grid_penalty(noise(1) + grid_of(period), real) > 5 * like


def test_too_little_power_costs_as_much_as_too_much():
    real = noise(0)
    assert grid_penalty(real * 0.5, real) == pytest.approx(float(grid_penalty(real, real * 0.5)), rel=1e-5)


def test_descent_takes_a_grid_away_and_leaves_the_rest():
    real, drawn = noise(0), noise(1) + grid_of(2)
    strength = torch.ones(1, requires_grad=True)
    optimizer = torch.optim.SGD([strength], 0.5)
    for _ in range(60):
        optimizer.zero_grad()
        grid_penalty(drawn - (1 - strength) * grid_of(2), real).backward()
        optimizer.step()
    assert abs(strength.item()) < 0.25


def test_images_of_a_single_colour_have_a_finite_gradient():
    flat = torch.zeros(4, 3, 32, 32, requires_grad=True)
    grid_penalty(flat, noise(0, 4, 32)).backward()
    assert torch.isfinite(flat.grad).all()


def test_patches_are_around_the_period_in_all_directions():
    power = torch.zeros(16, 16)
    for place in ((4, 0), (0, 4), (4, 4), (4, 12)):
        power[place] = 1
    found = patches(power, 4, 1)
    assert found.shape == (4, 3, 3)
    assert torch.equal(found[:, 1, 1], torch.ones(4))
    assert found.sum() == 4


def test_the_spectrum_does_not_depend_on_how_many_images_are_looked_at_together():
    images = noise(0, 300, 16)
    parts = torch.stack([power_spectrum(part) * len(part) for part in images.split(100)]).sum(dim=0) / 300
    assert torch.allclose(power_spectrum(images), parts)
