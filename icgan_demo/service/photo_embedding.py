"""Many photos at once: embedded in bounded memory, with those named that cannot be used."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from icgan_demo.errors import ImageError
from icgan_demo.guards.candidate import nothing_usable
from icgan_demo.index import find_neighbours
from icgan_demo.inference.instance_model import ENCODED_AT_ONCE, InstanceModel
from icgan_demo.pixels import crop_to_square
from icgan_demo.service.picture_sources import pictures_of
from icgan_demo.training.common.image_set import label_by_folder


class Embedder:
    """Embeds pictures a few at a time, so that memory does not grow with their number."""

    def __init__(self, model: InstanceModel) -> None:
        self._model = model
        self._waiting: list[Image.Image] = []
        self._done = [torch.empty(0, model.encoder.feature_dim)]

    def take(self, square: Image.Image) -> None:
        """Add a picture, a square of the model's side."""
        self._waiting.append(square)
        if len(self._waiting) == ENCODED_AT_ONCE:
            self._embed()

    def features(self) -> Tensor:
        """Return unit-length rows (N, D), float32, one for each picture."""
        self._embed()
        return torch.cat(self._done)

    def _embed(self) -> None:
        if self._waiting:
            self._done.append(self._model.encode(self._waiting))
            self._waiting = []


@dataclass(frozen=True)
class Embedded:
    """Features of photos."""

    features: Tensor
    """Unit-length rows (N, D), float32."""
    names: tuple[str, ...]
    """Names of the N photos."""
    skipped: tuple[tuple[str, str], ...]
    """(name, reason) of the photos that cannot be used."""


def embed_photos(
    model: InstanceModel, sources: Sequence[Path], report: Callable[[int], None] = lambda done: None
) -> Embedded:
    """Return the features of the pictures in ``sources``; unusable ones are skipped.

    Args:
        sources: see ``pictures_of``.
        report: told how many pictures are done.
    Raises:
        RequestError: if a source does not exist.
        ImageError: if not a single picture can be used.
    """
    embedder = Embedder(model)
    names: list[str] = []
    skipped: list[tuple[str, str]] = []
    for done, found in enumerate(pictures_of(sources), 1):
        candidate = found.candidate
        if candidate.picture is None:
            skipped.append((candidate.name, candidate.reason))
        else:
            embedder.take(crop_to_square(candidate.picture, model.resolution))
            names.append(candidate.name)
        report(done)
    if not names:
        raise ImageError(nothing_usable(skipped))
    return Embedded(embedder.features(), tuple(names), tuple(skipped))


def nearest_agreement(embedded: Embedded) -> float | None:
    """Return the share of photos whose nearest other is of the same class, 0..1; None without class folders."""
    labels, _ = label_by_folder(embedded.names)
    of_class = np.flatnonzero(labels >= 0)
    if len(of_class) < 2:
        return None
    labels = labels[of_class]
    nearest = find_neighbours(embedded.features[of_class], 1)[:, 0].numpy()
    return float((labels[nearest] == labels).mean())
