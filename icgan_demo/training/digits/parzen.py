"""The log-likelihood of real pictures under a Parzen window on drawn ones, by the protocol of Goodfellow et al. 2014.

The figure depends strongly on the bandwidth and the number of samples and says little about how pictures look (Theis,
van den Oord and Bethge 2016, A note on the evaluation of generative models): report sigma and both counts with it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

SIGMAS = tuple(10 ** (-1 + step / 9) for step in range(10))
"""Ten bandwidths, evenly spaced in their logarithm from 0.1 to 1."""
VALIDATION_POINTS = 1000
_BLOCK = 500


@dataclass(frozen=True)
class ParzenFigure:
    """One estimate with everything needed to compare it."""

    mean: float
    """Mean log-likelihood of the points, nats."""
    standard_error: float
    """Standard deviation over the points, divided by the root of their number, nats."""
    sigma: float
    """Bandwidth, chosen on validation pictures; pixels are in [0, 1]."""
    samples: int
    points: int


def log_likelihoods(samples: Tensor, points: Tensor, sigma: float) -> Tensor:
    """Return log p(x) of each point under equal Gaussians of variance sigma^2 around the samples, in nats.

    Args:
        samples: float rows (S, D) in [0, 1].
        points: float rows (N, D).
    Returns:
        float64 (N,).
    Source: Goodfellow et al. 2014, section 5: log mean_s exp(-|x - s|^2 / (2 sigma^2)) - D log(sigma sqrt(2 pi)).
    """
    return torch.cat([_of_distances(block, sigma, points.shape[1]) for block in _squared_distances(samples, points)])


def choose_sigma(samples: Tensor, validation: Tensor) -> tuple[float, float]:
    """Return the bandwidth with the largest mean log-likelihood of the first 1000 validation rows, and that mean."""
    points = validation[:VALIDATION_POINTS]
    blocks = list(_squared_distances(samples, points))
    means = {
        sigma: torch.cat([_of_distances(block, sigma, points.shape[1]) for block in blocks]).mean().item()
        for sigma in SIGMAS
    }
    best = max(means, key=lambda sigma: means[sigma])
    return best, means[best]


def parzen_figure(samples: Tensor, validation: Tensor, test: Tensor) -> ParzenFigure:
    """Return the estimate for test rows (N, D), with the bandwidth chosen on validation rows."""
    sigma, _ = choose_sigma(samples, validation)
    values = log_likelihoods(samples, test, sigma)
    error = (values.std(correction=0) / math.sqrt(len(values))).item()
    return ParzenFigure(values.mean().item(), error, sigma, len(samples), len(values))


def _squared_distances(samples: Tensor, points: Tensor) -> Iterator[Tensor]:
    """Yield (n, S) float32 squared distances of successive points; centred first, which keeps their digits."""
    centre = samples.mean(dim=0)
    samples = samples - centre
    lengths = samples.square().sum(dim=1)
    for block in (points - centre).split(_BLOCK):
        cross = torch.addmm(lengths, block, samples.T, alpha=-2)  # |s|^2 - 2 x.s
        yield cross.add_(block.square().sum(dim=1, keepdim=True)).clamp_(min=0)


def _of_distances(squared: Tensor, sigma: float, dim: int) -> Tensor:
    exponents = squared * (-0.5 / sigma**2)
    mean = exponents.logsumexp(dim=1).double() - math.log(squared.shape[1])
    return mean - dim * math.log(sigma * math.sqrt(2 * math.pi))
