"""What a generator of digits draws while nothing is learned: sets with equally many of each class, and sheets."""

from pathlib import Path

import torch
from torch import Tensor
from torchvision.transforms.functional import to_pil_image
from torchvision.utils import make_grid

from icgan_demo.models.cgan.conditional_gan import ConditionalGenerator, one_hot
from icgan_demo.training.common.randomness import generator_for

SHEET_COLUMNS = 12
_BATCH = 500


@torch.no_grad()
def draw_balanced(generator: ConditionalGenerator, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return ``count`` pictures (count, 1, 28, 28) and their classes (count,), every class equally often.

    Batch norm uses its stored statistics; the dropout of the paper's generator is part of its noise.
    """
    labels = torch.arange(count) % generator.classes
    noise = generator.random_noise(count, generator_for(seed, 0, "balanced set"))
    was_training = generator.training
    generator.eval()
    parts = [
        generator(noise[first : first + _BATCH], one_hot(labels[first : first + _BATCH], generator.classes))
        for first in range(0, count, _BATCH)
    ]
    generator.train(was_training)
    return torch.cat(parts), labels


@torch.no_grad()
def save_sheet(generator: ConditionalGenerator, path: Path) -> None:
    """Save a sheet as PNG: a row for each class, a column for each of twelve seeds."""
    labels = torch.arange(generator.classes).repeat_interleave(SHEET_COLUMNS)
    noise = generator.seeded_noise(range(SHEET_COLUMNS)).repeat(generator.classes, 1)
    was_training = generator.training
    generator.eval()
    pictures = generator(noise, one_hot(labels, generator.classes))
    generator.train(was_training)
    to_pil_image(make_grid(pictures, nrow=SHEET_COLUMNS, padding=2, pad_value=1.0)).save(path)
