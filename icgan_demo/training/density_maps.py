"""Where images fall among photos: both laid out in one plane, and counted in its cells.

A kind of photo that a model leaves out is an empty place, a model that has collapsed a few dark cells.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import torch
from torch import Tensor

from icgan_demo.index import PrincipalPlane

SIDE = 24
"""Cells along each side of the plane."""
CELL = 10
"""Side of a cell in a plot, px."""
COLOUR = "#0072b2"


class DensityGrid:
    """Cells of the plane in which photos vary most; its frame holds all of them."""

    def __init__(self, photos: Tensor) -> None:
        """Lay it out for features of photos, float32 (N, D)."""
        self._plane = PrincipalPlane(photos)
        places = self._plane.places(photos)
        self._low, self._high = places.amin(0), places.amax(0)

    def counts(self, features: Tensor) -> list[list[int]]:
        """Return how many of ``features``, float32 (N, D), fall into each cell, from the top left, row by row.

        What lies outside the photos' frame is counted at its edge.
        """
        shares = (self._plane.places(features) - self._low) / (self._high - self._low).clamp(min=1e-9)
        column, row = (shares * SIDE).long().clamp(0, SIDE - 1).T
        cells = torch.bincount((SIDE - 1 - row) * SIDE + column, minlength=SIDE * SIDE)
        return [[int(count) for count in line] for line in cells.reshape(SIDE, SIDE)]


def density_maps(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the densities of a comparison as SVGs by name, the photos first; nothing where none were counted.

    All share one scale, on which a cell's darkness grows with the square root of its share.
    """
    counted: Mapping[str, Sequence[Sequence[int]]] = content.get("densities", {})
    shares = {name: _shares(cells) for name, cells in counted.items()}
    darkest = max((share for lines in shares.values() for line in lines for share in line), default=0.0)
    return [(name, _map(lines, darkest, name)) for name, lines in shares.items()] if darkest else []


def _shares(cells: Sequence[Sequence[int]]) -> list[list[float]]:
    total = max(1, sum(map(sum, cells)))
    return [[count / total for count in line] for line in cells]


def _map(lines: Sequence[Sequence[float]], darkest: float, name: str) -> str:
    squares = "".join(
        f'<rect x="{column * CELL}" y="{row * CELL}" width="{CELL}" height="{CELL}" '
        f'fill-opacity="{(share / darkest) ** 0.5:.2f}"/>'
        for row, line in enumerate(lines)
        for column, share in enumerate(line)
        if share
    )
    side = SIDE * CELL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" aria-label="{escape(name)}">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><g fill="{COLOUR}">{squares}</g></svg>\n'
    )
