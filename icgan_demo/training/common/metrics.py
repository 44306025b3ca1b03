"""Figures that compare drawn pictures with real ones, in the features of any encoder.

A figure is only worth its protocol: always report the encoder, the numbers of pictures, and what was compared.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Squared Fréchet distance between Gaussians fitted to two sets of features.

    Biased upwards for few pictures, so compare only figures of like counts.

    Args:
        first, second: rows (N, D) and (M, D).
    Source: Heusel et al. 2017, equation 6.
    """
    a, b = first.double(), second.double()
    cov_a, cov_b = a.T.cov(), b.T.cov()
    # trace of (cov_a cov_b)^(1/2): the product has the eigenvalues of a positive semi-definite matrix
    cross = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt().sum()
    return ((a.mean(0) - b.mean(0)).square().sum() + cov_a.trace() + cov_b.trace() - 2 * cross).item()


def kernel_distance(first: Tensor, second: Tensor) -> float:
    """Squared maximum mean discrepancy under the kernel (x y / D + 1)^3, unbiased for any number of pictures.

    Args:
        first, second: rows (N, D) and (M, D), N and M at least 2; scaled to a mean squared length of D in ``second``.
    Source: Binkowski et al. 2018, equation 4, on features of one scale, because encoders differ in theirs.
    """
    scale = second.double().square().mean().sqrt().clamp(min=1e-12)
    a, b = first.double() / scale, second.double() / scale

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x @ y.T / x.shape[1] + 1) ** 3

    def mean_of_others(x: Tensor) -> Tensor:
        values, count = kernel(x, x), len(x)
        return (values.sum() - values.trace()) / (count * (count - 1))

    return (mean_of_others(a) + mean_of_others(b) - 2 * kernel(a, b).mean()).item()


def class_agreement(drawn: Tensor, asked: Tensor, real: Tensor, classes: Tensor) -> float | None:
    """Return how often the real picture nearest to a drawn one is of the class that was asked for, 0..1.

    Args:
        drawn, asked: unit rows (M, D) and the classes asked for, int64 (M,), -1 for none.
        real, classes: unit rows (N, D) and their classes.
    Returns:
        None where no class was asked for, or only one is there to agree with.
    """
    meant = asked >= 0
    if not meant.any() or len(classes[classes >= 0].unique()) < 2:
        return None
    return (_nearest_class(drawn[meant], real, classes) == asked[meant]).float().mean().item()


def classes_covered(drawn: Tensor, real: Tensor, classes: Tensor) -> float | None:
    """Return the share of the classes of real pictures that are the class of the one nearest to some drawn one, 0..1.

    Args:
        drawn: unit rows (M, D).
        real, classes: unit rows (N, D) and their classes, int64 (N,), -1 for none; without two classes, None.
    """
    there = classes[classes >= 0].unique()
    return len(_nearest_class(drawn, real, classes).unique()) / len(there) if len(there) > 1 else None


def _nearest_class(drawn: Tensor, real: Tensor, classes: Tensor) -> Tensor:
    """The class of the real picture nearest to each drawn one, of those that have a class."""
    known = classes >= 0
    return classes[known][(drawn @ real[known].T).argmax(dim=1)]


@dataclass(frozen=True)
class Coverage:
    """How drawn pictures and real ones overlap."""

    precision: float
    """Share of drawn pictures that lie in some real picture's neighbourhood, 0..1."""
    recall: float
    """Share of real pictures that lie in some drawn picture's neighbourhood, 0..1."""
    density: float
    """Mean number of real neighbourhoods a drawn picture lies in, over k; may exceed 1."""
    coverage: float
    """Share of real pictures with a drawn one in their neighbourhood, 0..1."""


def coverage_of(real: Tensor, drawn: Tensor, k: int = 5) -> Coverage:
    """Return precision, recall, density and coverage of ``drawn`` (M, D) against ``real`` (N, D).

    A picture's neighbourhood is the ball that reaches its k-th nearest other picture of the same set; in a set of k
    pictures or fewer, its farthest.
    Source: Kynkäänniemi et al. 2019 (precision, recall), Naeem et al. 2020 (density, coverage).
    """
    real, drawn = real.float(), drawn.float()
    real_radius, drawn_radius = _radius(real, k), _radius(drawn, k)
    inside_real, inside_drawn, density, covered = [], [], [], []
    for block in drawn.split(1024):
        distance = torch.cdist(block, real)
        within = distance < real_radius
        inside_real.append(within.any(1))
        density.append(within.sum(1) / k)
    for block, radius in zip(real.split(1024), real_radius.split(1024), strict=True):
        distance = torch.cdist(block, drawn)
        inside_drawn.append((distance < drawn_radius).any(1))
        covered.append(distance.min(1).values < radius)
    means = [torch.cat(parts).float().mean().item() for parts in (inside_real, inside_drawn, density, covered)]
    return Coverage(*means)


def _radius(features: Tensor, k: int) -> Tensor:
    """Distance of each row to its k-th nearest other row."""
    k = min(k, len(features) - 1)
    blocks = [torch.cdist(block, features).kthvalue(k + 1, dim=1).values for block in features.split(1024)]
    return torch.cat(blocks)
