"""Thumbnails of an instance bank, drawn by the model itself: the photos behind the instances are not kept."""

import threading
from collections.abc import Collection
from weakref import WeakKeyDictionary

import torch
from PIL import Image

from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.pixels import to_pictures

SEED = 0
TRUNCATION = 0.5
AT_ONCE = 4
"""Thumbnails drawn before others get a chance to draw."""


class Thumbnails:
    """Draws each thumbnail once and keeps it as long as its model is loaded."""

    def __init__(self) -> None:
        self._drawn: WeakKeyDictionary[InstanceModel, dict[int, Image.Image]] = WeakKeyDictionary()
        self._lock = threading.Lock()
        """Guards the pictures; held only for moments."""
        self._drawing = threading.Lock()
        """Held while some are drawn, so that two who ask for the same wait for one drawing."""

    def drawn(self, model: InstanceModel) -> dict[int, Image.Image]:
        """Return the thumbnails drawn so far, by bank row."""
        with self._lock:
            return dict(self._drawn.get(model, {}))

    def draw(self, model: InstanceModel, rows: Collection[int]) -> dict[int, Image.Image]:
        """Return the thumbnails of ``rows``, drawing those that are missing."""
        wanted = sorted(set(rows))
        for start in range(0, len(wanted), AT_ONCE):
            with self._drawing:
                missing = [row for row in wanted[start : start + AT_ONCE] if row not in self.drawn(model)]
                if missing:
                    self._keep(model, missing, _draw(model, missing))
        drawn = self.drawn(model)
        return {row: drawn[row] for row in rows}

    def _keep(self, model: InstanceModel, rows: list[int], pictures: list[Image.Image]) -> None:
        with self._lock:
            self._drawn.setdefault(model, {}).update(zip(rows, pictures, strict=True))


def _draw(model: InstanceModel, rows: list[int]) -> list[Image.Image]:
    """Pictures of bank rows with their own label; one noise for all, so that only the instances differ."""
    assert model.bank is not None
    noise = model.noise([SEED], TRUNCATION).expand(len(rows), -1)
    chosen = torch.tensor(rows)
    return to_pictures(model.draw(noise, model.bank.features[chosen], model.bank.labels[chosen], TRUNCATION))
