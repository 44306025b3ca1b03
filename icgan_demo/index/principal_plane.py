"""The plane in which features vary most."""

import torch
from torch import Tensor


class PrincipalPlane:
    """The first two principal components; distances in the plane are never larger than those of the features."""

    def __init__(self, features: Tensor) -> None:
        """Fit it to ``features``, float (N, D); of a single row every place in the plane is the same."""
        rows = features.double()
        self._mean = rows.mean(0)
        centred = rows - self._mean
        dim = rows.shape[1]
        if len(rows) >= dim:
            values, vectors = torch.linalg.eigh(centred.T @ centred)  # (D, D): 10,000 rows cost no more memory
            axes = vectors[:, -2:].flip(1)
        else:
            values, vectors = torch.linalg.eigh(centred @ centred.T)  # (N, N)
            axes = torch.nn.functional.normalize(centred.T @ vectors[:, -2:].flip(1), dim=0)
        axes = torch.cat([axes, axes.new_zeros(dim, 2 - axes.shape[1])], dim=1)  # a single row has no plane
        strongest = axes.gather(0, axes.abs().argmax(0, keepdim=True))
        self._axes = axes * torch.where(strongest < 0, -1.0, 1.0)  # the sign is free: the same on every machine
        total = float(values.clamp(min=0).sum())
        self.kept: float | None = float(values[-2:].clamp(min=0).sum()) / total if total > 1e-12 else None
        """Share of the variance that the plane shows; None where nothing varies."""

    def places(self, features: Tensor) -> Tensor:
        """Return where ``features``, float (..., D), lie, float64 (..., 2); the mean of the fitted ones is at 0."""
        return (features.double() - self._mean) @ self._axes
