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

    A picture's neighbourhood is the ball that reaches its k-th nearest other picture of the same set.
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
    blocks = [torch.cdist(block, features).kthvalue(k + 1, dim=1).values for block in features.split(1024)]
    return torch.cat(blocks)
