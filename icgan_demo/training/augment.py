"""Differentiable augmentation of what the discriminator sees, the same law for real and fake pictures.

Source: DiffAugment, Zhao et al. 2020, with reflection instead of zero padding in translation.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def augment(images: Tensor, policy: Sequence[str], source: torch.Generator) -> Tensor:
    """Return ``images`` (N, 3, R, R) changed by every operation of ``policy``; choices come from ``source`` alone."""
    for name in policy:
        images = OPERATIONS[name](images, source)
    return images


def _translate(images: Tensor, source: torch.Generator) -> Tensor:
    """Shift by up to an eighth of the side; what enters is the reflection of what is there."""
    side = images.shape[-1]
    reach = side // 8
    padded = F.pad(images, [reach] * 4, mode="reflect")
    offsets = torch.randint(0, 2 * reach + 1, (len(images), 2), generator=source).tolist()
    return torch.stack([image[:, y : y + side, x : x + side] for image, (y, x) in zip(padded, offsets, strict=True)])


def _cut_out(images: Tensor, source: torch.Generator) -> Tensor:
    """Blank a square of half the side, its centre anywhere."""
    side = images.shape[-1]
    centre = torch.randint(0, side, (len(images), 2), generator=source)
    near = (torch.arange(side) - centre[:, :, None]).abs() < side // 4  # (N, 2, side)
    hole = near[:, 0, :, None] & near[:, 1, None, :]
    return images * ~hole.to(images.device)[:, None]


def _shift_color(images: Tensor, source: torch.Generator) -> Tensor:
    """Brightness by +-0.5, saturation by 0..2, contrast by 0.5..1.5."""
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, generator=source).to(images.device)
    images = images + (brightness - 0.5)
    grey = images.mean(dim=1, keepdim=True)
    images = (images - grey) * (saturation * 2) + grey
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * (contrast + 0.5) + mean


def _vary_light(images: Tensor, source: torch.Generator) -> Tensor:
    """Brightness by +-0.2, contrast by 0.8..1.2: as much as light varies where colour tells things apart."""
    brightness, contrast = torch.rand(2, len(images), 1, 1, 1, generator=source).to(images.device)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (images - mean) * (0.8 + 0.4 * contrast) + mean + 0.4 * (brightness - 0.5)


OPERATIONS = {"translation": _translate, "cutout": _cut_out, "color": _shift_color, "light": _vary_light}
