"""Maxout: a unit's value is the largest of several linear pieces."""

import torch.nn.functional as F
from torch import Tensor, nn


class Maxout(nn.Module):
    """A layer of maxout units, each the largest of ``pieces`` affine functions of the input.

    Source: Goodfellow et al. 2013, Maxout Networks, section 2; the discriminators of Mirza and Osindero 2014.
    """

    def __init__(self, in_width: int, units: int, pieces: int) -> None:
        """Make the layer.

        Args:
            in_width: length of an input row.
            units: length of an output row.
            pieces: affine functions of each unit; rows ``unit * pieces`` to ``unit * pieces + pieces - 1`` of
                ``linear`` belong to one unit.
        """
        super().__init__()
        assert pieces >= 1, pieces
        self.units, self.pieces = units, pieces
        self.linear = nn.Linear(in_width, units * pieces)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the units' values, shape (N, units), for rows of shape (N, in_width)."""
        # Pooling picks a maximum's place once and so is several times quicker than max() with its gradient.
        return F.max_pool1d(self.linear(rows)[:, None], self.pieces)[:, 0]  # (N, 1, units * pieces) -> (N, units)
