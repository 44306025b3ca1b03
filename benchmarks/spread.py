"""How far pictures of one instance lie apart."""

import torch
import torch.nn.functional as F
from torch import Tensor

NEIGHBOURS = 8
"""Photos nearest to an instance that its pictures are compared with."""


def distance_within(groups: Tensor) -> float:
    """Return the mean distance between two features of a group at unit length, over all groups (G, N, D), N > 1."""
    unit = F.normalize(groups.float(), dim=-1)
    count = unit.shape[1]
    distances = torch.cdist(unit, unit, compute_mode="donot_use_mm_for_euclid_dist")
    return (distances.sum(dim=(1, 2)) / (count * (count - 1))).mean().item()


def by_instance(features: Tensor, instances: int) -> Tensor:
    """Return features (N, D) of pictures drawn for ``instances`` in turn as groups (instances, N // instances, D)."""
    each = len(features) // instances
    return features[: each * instances].view(each, instances, -1).transpose(0, 1)
