"""Neighbours by cosine, exact or by cells as the number of rows asks for, and the plane to show features in."""

from icgan_demo.index.all_neighbours import find_neighbours
from icgan_demo.index.neighbour_index import NeighbourIndex
from icgan_demo.index.principal_plane import PrincipalPlane

__all__ = ["NeighbourIndex", "PrincipalPlane", "find_neighbours"]
