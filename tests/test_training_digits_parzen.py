"""The Parzen estimate against a direct sum, and its protocol."""

import math
from itertools import pairwise

import pytest
import torch

from icgan_demo.training.digits.parzen import SIGMAS, choose_sigma, log_likelihoods, parzen_figure


def directly(samples, points, sigma):
    """The formula as it is written, one point and one sample at a time, in double precision."""
    values = []
    for point in points.double():
        total = 0.0
        for sample in samples.double():
            distance = (point - sample).square().sum().item()
            total += math.exp(-distance / (2 * sigma**2))
        values.append(math.log(total / len(samples)) - len(point) * math.log(sigma * math.sqrt(2 * math.pi)))
    return torch.tensor(values, dtype=torch.float64)


@pytest.fixture
def rows():
    source = torch.Generator().manual_seed(0)
    return torch.rand(40, 12, generator=source), torch.rand(30, 12, generator=source)


@pytest.mark.parametrize("sigma", [0.1, 0.3, 1.0])
def test_log_likelihoods_equal_the_direct_sum(rows, sigma):
    samples, points = rows
    torch.testing.assert_close(
        log_likelihoods(samples, points, sigma), directly(samples, points, sigma), rtol=1e-5, atol=1e-4
    )


def test_pictures_of_full_size_keep_their_digits():
    source = torch.Generator().manual_seed(1)
    samples = torch.rand(20, 784, generator=source)
    points = samples[:5] + 0.01 * torch.randn(5, 784, generator=source)
    torch.testing.assert_close(
        log_likelihoods(samples, points, 0.15), directly(samples, points, 0.15), rtol=1e-5, atol=5e-3
    )


def test_one_sample_gives_the_gaussian_itself():
    point = torch.tensor([[0.5, 0.0]])
    [value] = log_likelihoods(torch.zeros(1, 2), point, 0.5)
    expected = -0.25 / (2 * 0.25) - 2 * math.log(0.5 * math.sqrt(2 * math.pi))
    assert value.item() == pytest.approx(expected, abs=1e-6)


def test_the_ten_bandwidths_are_those_of_the_protocol():
    assert len(SIGMAS) == 10
    assert SIGMAS[0] == pytest.approx(0.1)
    assert SIGMAS[-1] == pytest.approx(1.0)
    ratios = {round(b / a, 9) for a, b in pairwise(SIGMAS)}
    assert len(ratios) == 1


def test_the_bandwidth_is_the_best_of_the_first_thousand_validation_rows(rows):
    samples, points = rows
    sigma, mean = choose_sigma(samples, points)
    means = [directly(samples, points, candidate).mean().item() for candidate in SIGMAS]
    assert sigma == SIGMAS[means.index(max(means))]
    assert mean == pytest.approx(max(means), abs=1e-3)


def test_validation_rows_after_the_first_thousand_do_not_count():
    source = torch.Generator().manual_seed(0)
    samples, validation = torch.rand(50, 4, generator=source), torch.rand(1000, 4, generator=source)
    far = torch.full((500, 4), 9.0)
    assert choose_sigma(samples, torch.cat([validation, far])) == choose_sigma(samples, validation)


def test_the_figure_states_everything_and_never_chooses_by_the_test_set(rows):
    samples, points = rows
    figure = parzen_figure(samples, points, points[:10] + 5)
    assert figure.sigma == choose_sigma(samples, points)[0]
    values = log_likelihoods(samples, points[:10] + 5, figure.sigma)
    assert figure.mean == pytest.approx(values.mean().item())
    assert figure.standard_error == pytest.approx(values.numpy().std() / math.sqrt(10))
    assert (figure.samples, figure.points) == (40, 10)
