"""What a training set looks like before anything starts: thumbnails, and what the encoder takes for neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from icgan_demo.service.drawing.sampling_requests import Sampling
from icgan_demo.service.requests import distance_of

THUMBNAIL_SIDE = 112
SHOWN = 24
COMPARED = 96
"""Pictures that take part in the preview of neighbours; encoding more would keep the visitor waiting."""
INSTANCES, NEIGHBOURS = 3, 5


@dataclass(frozen=True)
class NearPicture:
    """A picture near an instance."""

    position: int
    """In the set."""
    distance: float
    """Of the unit features, 0..2."""


@dataclass(frozen=True)
class Neighbourhood:
    """An instance and the pictures nearest to it."""

    position: int
    near: tuple[NearPicture, ...]


def evenly(count: int, wanted: int) -> list[int]:
    """Return at most ``wanted`` positions below ``count``, spread evenly, in order."""
    return sorted({int(position) for position in np.linspace(0, count - 1, min(count, wanted)).round()})


def write_thumbnail(picture: Path, target: Path) -> Path:
    """Write the centre square of a stored picture as a small file; returns ``target``."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(picture) as opened:
            ImageOps.fit(opened, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR).save(target, "PNG")
    return target


def neighbourhoods(sampling: Sampling, model: str, files: Sequence[Path]) -> list[Neighbourhood]:
    """Return what a model's encoder takes for neighbours, for a few pictures spread over a set.

    Args:
        files: the set's pictures; of a large set an even selection takes part.
    """
    chosen = evenly(len(files), COMPARED)
    features = np.stack([sampling.encode(model, files[position]).feature for position in chosen])
    cosines = features @ features.T
    np.fill_diagonal(cosines, -np.inf)  # an instance is not its own neighbour
    found = []
    for row in evenly(len(chosen), INSTANCES + 2)[1:-1]:
        nearest = np.argsort(-cosines[row], kind="stable")[: min(NEIGHBOURS, len(chosen) - 1)]
        near = (NearPicture(chosen[column], distance_of(float(cosines[row, column]))) for column in nearest)
        found.append(Neighbourhood(chosen[row], tuple(near)))
    return found
