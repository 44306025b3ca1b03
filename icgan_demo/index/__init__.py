"""Neighbours by cosine: exact among up to some hundred thousand rows, by cells above; callers see no difference."""

from icgan_demo.index.all_neighbours import find_neighbours
from icgan_demo.index.neighbour_index import NeighbourIndex

__all__ = ["NeighbourIndex", "find_neighbours"]
