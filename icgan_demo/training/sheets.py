"""Sample sheets: the same instances and the same noise throughout a run, so that progress can be seen."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from icgan_demo.aside import written_aside
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.pixels import to_images, to_pictures
from icgan_demo.training.common.drawing import draw
from icgan_demo.training.pairs import Neighbourhoods

ROWS, COLUMNS = 8, 8
TRUNCATION = 0.8


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


def sheet_of(images: Tensor, columns: int) -> Image.Image:
    """Return images (N, 3, R, R), float in [-1, 1], as one picture with ``columns`` columns and a thin white grid."""
    return to_pictures(make_grid(images.float().cpu(), nrow=columns, padding=2, pad_value=1.0)[None])[0]


def _save(picture: Image.Image, path: Path) -> None:
    with written_aside(path) as scratch:
        picture.save(scratch, format="PNG")
