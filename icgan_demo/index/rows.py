"""What can be searched: unit-length rows, in memory or wherever else they lie."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor


class Rows(Protocol):
    """Unit-length features that need not fit into memory."""

    @property
    def dim(self) -> int:
        """Length of a feature."""

    @property
    def key(self) -> str:
        """Name of their content: hex digits, equal for equal rows."""

    def __len__(self) -> int:
        """Return how many there are."""

    def take(self, rows: Tensor) -> Tensor:
        """Return the rows of some numbers (N,), float32 (N, D)."""

    def blocks(self, size: int) -> Iterator[tuple[int, Tensor]]:
        """Yield all rows in order, at most ``size`` at a time: the number of the first, and float32 (N, D)."""


class MemoryRows:
    """Implements ``Rows`` for a tensor."""

    def __init__(self, features: Tensor) -> None:
        """Share ``features`` (N, D), unit-length float32."""
        assert features.ndim == 2, features.shape
        assert features.dtype == torch.float32, features.dtype
        self.features = features.contiguous()

    @property
    def dim(self) -> int:
        """See ``Rows.dim``."""
        return self.features.shape[1]

    @property
    def key(self) -> str:
        """See ``Rows.key``."""
        return hashlib.sha256(self.features.numpy().data).hexdigest()

    def __len__(self) -> int:
        return len(self.features)

    def take(self, rows: Tensor) -> Tensor:
        """See ``Rows.take``."""
        return self.features[rows]

    def blocks(self, size: int) -> Iterator[tuple[int, Tensor]]:
        """See ``Rows.blocks``."""
        for start in range(0, len(self), size):
            yield start, self.features[start : start + size]
