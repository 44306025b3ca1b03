"""A seed belongs to a picture, and truncation is a cut that is not rescaled."""

import pytest
import torch

from icgan_demo.models.noise import draw_noise, noise_deviation


def test_row_depends_only_on_its_own_seed():
    together = draw_noise([3, 4, 5, 6], 120, 0.7)
    for row, seed in enumerate([3, 4, 5, 6]):
        assert torch.equal(together[row], draw_noise([seed], 120, 0.7)[0])


def test_noise_does_not_touch_the_global_generator():
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    draw_noise([9], 50, 0.5)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("truncation", [0.05, 0.3, 1.0])
def test_noise_stays_inside_the_cut(truncation):
    assert draw_noise(range(20), 200, truncation).abs().max() <= 2 * truncation


@pytest.mark.parametrize(("truncation", "deviation"), [(0.3, 0.338), (0.7, 0.707), (1.0, 0.880)])
def test_deviation_is_that_of_the_official_demo(truncation, deviation):
    assert draw_noise(range(400), 250, truncation).std().item() == pytest.approx(deviation, abs=0.006)


def test_values_inside_the_cut_keep_their_place_when_it_widens():
    narrow, wide = draw_noise([7], 500, 0.4), draw_noise([7], 500, 0.8)
    inside = wide.abs() <= 2 * 0.4
    first = torch.randn(500, generator=torch.Generator().manual_seed(7))
    kept = inside[0] & (first.abs() <= 2 * 0.4)
    assert kept.float().mean() > 0.4
    assert torch.equal(narrow[0][kept], wide[0][kept])


def test_scaled_noise_keeps_its_direction_and_the_bounds():
    narrow, wide = draw_noise([7, 8], 500, 0.3, redraw=False), draw_noise([7, 8], 500, 1.0)
    assert torch.allclose(narrow / 0.3, wide, atol=1e-6)
    assert narrow.abs().max() <= 0.6


@pytest.mark.parametrize("redraw", [True, False])
@pytest.mark.parametrize("truncation", [0.1, 0.5, 1.0])
def test_the_deviation_is_that_of_many_numbers(truncation, redraw):
    drawn = draw_noise([4], 200_000, truncation, redraw=redraw)
    assert noise_deviation(truncation, redraw=redraw) == pytest.approx(float(drawn.std()), rel=0.01)
