"""Many photos at once: list them, embed them in bounded memory, say which ones cannot be used."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from icgan_demo.errors import ImageError, RequestError
from icgan_demo.guards.picture import read_picture
from icgan_demo.index import find_neighbours
from icgan_demo.inference.instance_model import ENCODED_AT_ONCE, InstanceModel
from icgan_demo.pixels import crop_to_square
from icgan_demo.training.common.image_set import label_by_folder, pictures_under

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Photo:
    """A file to be embedded."""

    path: Path
    name: str
    """Path below the folder it was listed from, with forward slashes; for a single file, its name."""


@dataclass(frozen=True)
class Embedded:
    """Features of photos."""

    features: Tensor
    """Unit-length rows (N, D), float32."""
    names: tuple[str, ...]
    """Names of the N photos."""
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of the photos that cannot be used."""


def list_photos(sources: Iterable[Path]) -> list[Photo]:
    """Return the files named, and all pictures below the folders named, at any depth, in the order of their names.

    Raises:
        RequestError: if a source does not exist, or there is no picture.
    """
    photos = []
    for source in sources:
        if source.is_dir():
            photos += [Photo(path, path.relative_to(source).as_posix()) for path in pictures_under(source)]
        elif source.exists():
            photos.append(Photo(source, source.name))
        else:
            raise RequestError(f"There is no file or folder named {source.name!r}.")
    if not photos:
        raise RequestError("There is no JPEG, PNG, WebP, GIF or BMP image there.")
    return photos


def embed_photos(
    model: InstanceModel, photos: Sequence[Photo], report: Callable[[int], None] = lambda done: None
) -> Embedded:
    """Return the features of ``photos``, a few pictures in memory at a time; unusable ones are skipped.

    Args:
        report: told how many photos are done.
    Raises:
        ImageError: if not a single photo can be used.
    """
    features: list[Tensor] = []
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    for start in range(0, len(photos), ENCODED_AT_ONCE):
        squares: list[Image.Image] = []
        for photo in photos[start : start + ENCODED_AT_ONCE]:
            try:
                squares.append(crop_to_square(read_picture(photo.path).picture, model.resolution))
                names.append(photo.name)
            except ImageError as error:
                skipped.append((photo.name, str(error)))
        if squares:
            features.append(model.encode(squares))
        report(min(start + ENCODED_AT_ONCE, len(photos)))
    if not names:
        raise ImageError(f"None of the {len(photos)} images can be used; the first: {skipped[0][1]}")
    return Embedded(torch.cat(features), tuple(names), tuple(skipped))


def nearest_agreement(embedded: Embedded) -> float | None:
    """Return the share of photos whose nearest other is of the same class, 0..1; None without class folders."""
    labels, _ = label_by_folder(embedded.names)
    of_class = np.flatnonzero(labels >= 0)
    if len(of_class) < 2:
        return None
    labels = labels[of_class]
    nearest = find_neighbours(embedded.features[of_class], 1)[:, 0].numpy()
    return float((labels[nearest] == labels).mean())
