"""What a generator of digits draws while nothing is learned: sets with equally many of each class, sheets, and how
many of them a classifier reads right."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from icgan_demo.models.cgan.conditional_gan import ConditionalGenerator, one_hot
from icgan_demo.models.cgan.digit_classifier import DigitClassifier
from icgan_demo.training.common.drawing import evaluated
from icgan_demo.training.common.randomness import generator_for

SHEET_COLUMNS = 12
READ_AT_ONCE = 1000
"""Pictures that the classifier reads in one pass."""
_BATCH = 500


@torch.no_grad()
def draw_balanced(generator: ConditionalGenerator, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return ``count`` pictures (count, 1, 28, 28) and their classes (count,), every class equally often.

    Batch norm uses its stored statistics; the dropout of the paper's generator is part of its noise.
    """
    labels = torch.arange(count) % generator.classes
    noise = generator.random_noise(count, generator_for(seed, 0, "balanced set"))
    with evaluated(generator):
        parts = [
            generator(noise[first : first + _BATCH], one_hot(labels[first : first + _BATCH], generator.classes))
            for first in range(0, count, _BATCH)
        ]
    return torch.cat(parts), labels


@torch.no_grad()
def draw_grid(generator: ConditionalGenerator, rows: int, columns: int) -> Tensor:
    """Return pictures (rows * columns, 1, 28, 28) row by row: a row for each class, a column for each seed."""
    labels = torch.arange(rows).repeat_interleave(columns)
    with evaluated(generator):
        return generator(generator.seeded_noise(range(columns)).repeat(rows, 1), one_hot(labels, generator.classes))


def save_sheet(generator: ConditionalGenerator, path: Path) -> None:
    """Save a sheet of all classes and twelve seeds as PNG."""
    pictures = draw_grid(generator, generator.classes, SHEET_COLUMNS)
    to_pil_image(make_grid(pictures, nrow=SHEET_COLUMNS, padding=2, pad_value=1.0)).save(path)


def share_right(judge: DigitClassifier, pictures: Tensor, labels: Tensor) -> float:
    """Return the share of pictures (N, 1, 28, 28) that the judge reads as ``labels`` (N,)."""
    with torch.no_grad():
        read = torch.cat([judge(block).argmax(dim=1) for block in pictures.split(READ_AT_ONCE)])
    return (read == labels).float().mean().item()
