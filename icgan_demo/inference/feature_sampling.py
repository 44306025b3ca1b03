"""New instances without a photo: points between neighbouring features of a bank, on the sphere."""

import numpy as np
import torch
from torch import Tensor

from icgan_demo.inference.conditions import mean_on_sphere

NEAREST = 6
"""Neighbours of a stored instance among which a new one may lie."""


def sampled_feature(features: Tensor, source: np.random.Generator) -> Tensor:
    """Return a feature that is none of ``features`` and lies where they lie: unit length (D,), float32.

    A stored instance is chosen, and with it three of its nearest; the new one is their mean on the sphere with random
    weights, so every class is met as often as it is stored, and nothing is drawn far from all photos.

    Args:
        features: unit-length rows (K, D), K at least 1.
        source: of the random choices.
    Source: interpolation between neighbours, after SMOTE (Chawla et al. 2002), with Dirichlet weights.
    """
    row = int(source.integers(len(features)))
    nearest = (features @ features[row]).topk(min(NEAREST + 1, len(features))).indices.tolist()
    others = [each for each in nearest if each != row]
    chosen = [row, *source.permutation(others)[:3].tolist()]
    weights = source.dirichlet(np.ones(len(chosen)))
    return mean_on_sphere(features[torch.tensor(chosen)], weights.tolist())
