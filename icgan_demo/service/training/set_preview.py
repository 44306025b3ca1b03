"""What a training set looks like before anything starts: crops, doubles, neighbours, outliers, and what to mend."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.training.looks import DOUBLE, differences, levels_of, mirrored
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet
from icgan_demo.service.values import distance_of

THUMBNAIL_SIDE = 112
COMPARED = 96
"""Pictures that take part in the preview of neighbours; encoding more would keep the visitor waiting."""
INSTANCES, NEIGHBOURS = 3, 5
DOUBLES, UNLIKE, CROPS = 6, 6, 6
"""Pairs, and pictures, that are shown of each kind."""
FEW = 50
"""Fewer pictures are learned by heart soon; the page says so."""
UNEVEN = 3
"""One class with so many times the pictures of another dominates; one picture so many times larger is of mixed size."""


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


@dataclass(frozen=True)
class Double:
    """Two pictures that look like one, perhaps mirrored."""

    position: int
    other: int
    is_mirrored: bool


@dataclass(frozen=True)
class Suggestion:
    """Something about a set that its owner may want to mend."""

    kind: str
    """``few``, ``uneven``, ``empty``, ``small`` or ``mixed``."""
    values: dict[str, str | int]
    """What its sentence names."""


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


def write_whole(picture: Path, target: Path) -> Path:
    """Write a stored picture, all of it, as a small file; returns ``target``."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(picture) as opened:
            opened.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
            opened.save(target, "PNG")
    return target


def sizes_of(files: Sequence[Path]) -> list[tuple[int, int]]:
    """Return width and height of each stored picture, px."""
    sizes = []
    for file in files:
        with Image.open(file) as opened:
            sizes.append(opened.size)
    return sizes


def most_cropped(sizes: Sequence[tuple[int, int]]) -> list[int]:
    """Return the positions of the pictures of which the centre square loses most, all that lose any, worst first."""
    aspects = {position: max(size) / min(size) for position, size in enumerate(sizes)}
    return sorted((position for position, aspect in aspects.items() if aspect > 1), key=lambda each: -aspects[each])


def doubles(pictures: Sequence[StoredPicture]) -> list[Double]:
    """Return pairs of pictures that look the same, or like each other's mirror image, each picture in one pair."""
    known = [position for position, picture in enumerate(pictures) if picture.look]
    if len(known) < 2:
        return []
    levels = levels_of([pictures[position].look for position in known])
    straight, turned = differences(levels, levels), differences(mirrored(levels), levels)
    nearest = np.minimum(straight, turned)
    found: list[Double] = []
    taken: set[int] = set()
    for row, column in np.argwhere(np.triu(nearest < DOUBLE, 1)):
        if not taken & {row, column}:
            taken |= {int(row), int(column)}
            is_mirrored = bool(turned[row, column] < straight[row, column])
            found.append(Double(known[row], known[column], is_mirrored))
    return found


def suggestions(found: TrainingSet, sizes: Sequence[tuple[int, int]], side: int) -> list[Suggestion]:
    """Return what the owner of a set may want to mend, the most important first.

    Args:
        found: the set.
        sizes: of its pictures, px.
        side: of the pictures that the model draws, px.
    """
    said = []
    if 0 < len(found.pictures) < FEW:
        said.append(Suggestion("few", {"count": len(found.pictures)}))
    counts = sorted(found.classes.items(), key=lambda item: item[1])
    if len(counts) > 1 and counts[-1][1] >= UNEVEN * counts[0][1]:
        (least, few), (most, many) = counts[0], counts[-1]
        said.append(Suggestion("uneven", {"most": most, "many": many, "least": least, "few": few}))
    if empty := [label for label, held in found.boxes.items() if not held]:
        said.append(Suggestion("empty", {"names": ", ".join(empty)}))
    short = [min(size) for size in sizes]
    if small := sum(length < side for length in short):
        said.append(Suggestion("small", {"count": small, "side": side}))
    elif short and max(short) >= UNEVEN * min(short):
        said.append(Suggestion("mixed", {"least": min(short), "most": max(short)}))
    return said


def neighbourhoods(
    sampling: Sampling, model: str, files: Sequence[Path]
) -> tuple[list[Neighbourhood], list[NearPicture]]:
    """Return what a model's encoder takes for neighbours, for a few pictures spread over a set, and for outliers.

    Args:
        files: the set's pictures; of a large set an even selection takes part.

    Returns:
        Neighbourhoods; and the pictures farthest from their nearest neighbour, at its distance, farthest first.
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
    cosine_to_nearest = cosines.max(1)
    lonely = np.argsort(cosine_to_nearest, kind="stable")[:UNLIKE]
    return found, [NearPicture(chosen[row], distance_of(float(cosine_to_nearest[row]))) for row in lonely]
