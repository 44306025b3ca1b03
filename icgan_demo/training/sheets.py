"""Sample sheets: the same instances and the same noise throughout a run, so that progress can be seen."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.utils import make_grid

from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_pictures

ROWS, COLUMNS = 8, 8


def draw_sheet(generator: BigGanGenerator, features: Tensor, path: Path) -> None:
    """Save a sheet of 8 instances (rows, spread evenly over ``features``) by 8 seeds (columns) as PNG."""
    rows = torch.linspace(0, len(features) - 1, ROWS).long().repeat_interleave(COLUMNS)
    z = draw_noise(list(range(COLUMNS)) * ROWS, generator.config.noise_dim, 0.8)
    device = next(generator.parameters()).device
    was_training = generator.training
    generator.eval()
    with torch.inference_mode():
        images = generator(z.to(device), generator.condition(features[rows].to(device)))
    generator.train(was_training)
    sheet_of(images, COLUMNS).save(path)


def sheet_of(images: Tensor, columns: int) -> Image.Image:
    """Return images (N, 3, R, R), float in [-1, 1], as one picture with ``columns`` columns and a thin white grid."""
    return to_pictures(make_grid(images.float().cpu(), nrow=columns, padding=2, pad_value=1.0)[None])[0]
