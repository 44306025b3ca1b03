"""Sample sheets: the same instances and the same noise throughout a run, so that progress can be seen."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from icgan_demo.atomic_files import atomic_write
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.pixels import to_images, to_pictures
from icgan_demo.training.common.drawing import draw
from icgan_demo.training.pairs import Neighbourhoods
from icgan_demo.weights.learning import MAX_LEARNING_BYTES, Learning, Moment

ROWS, COLUMNS = 8, 8
TRUNCATION = 0.8
PADDING = 2
MOMENTS = 6
"""Rows of the picture of how a model learned, at most."""
MOMENT_SIDE = 96
"""Side of its images, at most."""


def sheet_rows(count: int) -> Tensor:
    """Return the instances of a sheet: at most ``ROWS`` of ``count`` rows, spread evenly."""
    return torch.linspace(0, count - 1, min(ROWS, count)).long()


def draw_sheet(generator: AnyGenerator, data: Neighbourhoods, path: Path) -> None:
    """Save a sheet of some instances (rows) by 8 seeds (columns) as PNG, each instance with its own class."""
    chosen = sheet_rows(len(data.features))
    rows = chosen.repeat_interleave(COLUMNS)
    seeds = list(range(COLUMNS)) * len(chosen)
    images = draw(generator, data.features[rows], data.classes[rows], seeds, TRUNCATION)
    _save(sheet_of(images, COLUMNS), path)


def real_sheet(data: Neighbourhoods, path: Path) -> None:
    """Save a sheet of the same instances (first column) with their nearest real neighbours."""
    chosen = sheet_rows(len(data.features))
    rows = torch.cat([chosen[:, None], data.neighbours[chosen][:, : COLUMNS - 1]], dim=1)
    pixels = torch.from_numpy(np.array(data.images.pixels[rows.flatten().numpy()]))
    _save(sheet_of(to_images(pixels.permute(0, 3, 1, 2)), rows.shape[1]), path)


class WorstSamples:
    """The samples farthest from every real picture, of as many as are added; at most ``COLUMNS``."""

    def __init__(self) -> None:
        self._images: Tensor | None = None
        self._rows, self._nearness = torch.empty(0, dtype=torch.int64), torch.empty(0)

    def add(self, images: Tensor, rows: Tensor, nearness: Tensor) -> None:
        """Take up samples (N, 3, R, R), the rows of their instances, and their cosines to the nearest real picture."""
        known = images if self._images is None else torch.cat([self._images, images])
        rows, nearness = torch.cat([self._rows, rows]), torch.cat([self._nearness, nearness])
        worst = nearness.argsort(stable=True)[:COLUMNS]
        self._images, self._rows, self._nearness = known[worst], rows[worst], nearness[worst]

    def save(self, data: Neighbourhoods, path: Path) -> None:
        """Save them as PNG, the worst one first, each below the photo that was its instance."""
        assert self._images is not None
        pixels = torch.from_numpy(np.array(data.images.pixels[self._rows.numpy()]))
        _save(sheet_of(torch.cat([to_images(pixels.permute(0, 3, 1, 2)), self._images]), len(self._rows)), path)


def sheet_of(images: Tensor, columns: int) -> Image.Image:
    """Return images (N, 3, R, R), float in [-1, 1], as one picture with ``columns`` columns and a thin white grid."""
    return to_pictures(make_grid(images.float().cpu(), nrow=columns, padding=PADDING, pad_value=1.0)[None])[0]


def learning_of(sheets: Mapping[int, Path], last: int, images_per_step: int) -> tuple[Learning, bytes] | None:
    """Return how a model learned, from a run's sheets: the record, and the picture as WebP; None for a single sheet.

    Args:
        sheets: files of ``draw_sheet`` by their step, in order.
        last: the model's step; later sheets are left out.
        images_per_step: training images that one update sees.
    """
    steps = [step for step in sheets if step <= last]
    if len(steps) < 2:
        return None
    end = len(steps) - 1
    # The most changes at first, so the moments lie closer there; of a few sheets all are shown.
    places = {min(end, max(row, round(end * (row / (MOMENTS - 1)) ** 2))) for row in range(MOMENTS)}
    chosen = [steps[place] for place in sorted(places)]
    rows = [_one_seed(sheets[step]) for step in chosen]
    picture = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    for place, row in enumerate(rows):
        picture.paste(row, (0, place * row.height))
    return Learning(tuple(Moment(step, step * images_per_step) for step in chosen)), _small_webp(picture)


def _one_seed(sheet: Path) -> Image.Image:
    """Return the first seed of every instance of a sheet, side by side."""
    with Image.open(sheet) as picture:
        side = (picture.width - PADDING) // COLUMNS - PADDING
        small = min(side, MOMENT_SIDE)
        tops = range(PADDING, picture.height, side + PADDING)
        row = Image.new("RGB", (small * len(tops), small))
        for place, top in enumerate(tops):
            tile = picture.crop((PADDING, top, PADDING + side, top + side))
            row.paste(tile.resize((small, small), Image.Resampling.LANCZOS), (place * small, 0))
    return row


def _small_webp(picture: Image.Image) -> bytes:
    """Return a picture as WebP of the best of some qualities that is small enough; of the last one, come what may."""
    for quality in (85, 70, 50, 25):
        content = io.BytesIO()
        picture.save(content, "WEBP", quality=quality)
        if content.tell() <= MAX_LEARNING_BYTES:
            break
    return content.getvalue()


def _save(picture: Image.Image, path: Path) -> None:
    with atomic_write(path) as scratch:
        picture.save(scratch, format="PNG")
