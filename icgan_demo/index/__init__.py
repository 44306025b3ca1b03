"""Neighbours by cosine: exact among up to some hundred thousand rows, by cells above; callers see no difference."""

from icgan_demo.index.linking import find_neighbours
from icgan_demo.index.neighbours import NeighbourIndex

__all__ = ["NeighbourIndex", "find_neighbours"]
