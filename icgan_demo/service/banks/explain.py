"""How samples lie among real pictures: distances, fidelity, diversity, and whether one may be a copy."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from icgan_demo.index import NeighbourIndex
from icgan_demo.service.banks.bank_requests import NearestInstance

SURROUNDINGS = 50
"""Real pictures around a sample with which its distance to the nearest one is compared."""
COPY_SHARE = 0.5
"""A sample may be a copy if its nearest real picture is nearer than this share of the mean distance to those."""
MIN_SURROUNDINGS = 10
"""Fewer real pictures than that tell nothing about a copy."""


def distances_of(cosines: Tensor) -> Tensor:
    """Return Euclidean distances of unit features, 0..2, from cosines."""
    return (2 - 2 * cosines).clamp(min=0).sqrt()


def nearest_real(index: NeighbourIndex, samples: Tensor) -> list[tuple[int, float, bool]]:
    """Return for each sample (N, D) its nearest row, the distance, and whether it may be a copy of it.

    Source: Carlini et al. 2023, Extracting training data from diffusion models, the adaptive threshold of its section
    on untargeted extraction: nearest distance over half the mean distance to the 50 nearest.
    """
    rows, cosines = index.search(samples, min(SURROUNDINGS, len(index)))
    distances = distances_of(cosines)
    found = []
    for row, near in zip(rows[:, 0].tolist(), distances, strict=True):
        nearest = float(near[0])
        is_copy = len(near) >= MIN_SURROUNDINGS and nearest < COPY_SHARE * float(near.mean())
        found.append((row, nearest, is_copy))
    return found


def mean_pairwise_distance(features: Tensor) -> float:
    """Return the mean distance of two different rows (N, D), 0 for a single one."""
    count = len(features)
    if count < 2:
        return 0.0
    above = torch.triu_indices(count, count, 1)
    return float(distances_of((features[above[0]] * features[above[1]]).sum(1)).mean())


def real_neighbourhood(index: NeighbourIndex, feature: Tensor, count: int) -> tuple[float, float] | None:
    """Return mean cosine with an instance (D,) and mean pairwise distance of its ``count`` nearest real pictures.

    The instance itself does not count; None if fewer than two others are there.
    """
    rows, cosines = index.search(feature[None], min(count + 1, len(index)))
    is_other = cosines[0] < 1 - 1e-6
    others, near = rows[0][is_other][:count], cosines[0][is_other][:count]
    if len(others) < 2:
        return None
    return float(near.mean()), mean_pairwise_distance(index.take(others))


def as_near(found: list[tuple[int, float, bool]], labels: Sequence[str | None]) -> tuple[NearestInstance, ...]:
    """Return what ``nearest_real`` found with the class of each row."""
    assert all(math.isfinite(distance) for _, distance, _ in found), found
    return tuple(NearestInstance(row, labels[row], distance, is_copy) for row, distance, is_copy in found)
