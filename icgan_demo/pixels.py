"""The one boundary between pictures and tensors: the only file that knows both uint8 0..255 and float -1..1."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def to_images(pixels: Tensor) -> Tensor:  # uint8 0..255 -> float32 -1..1
    """Return ``pixels`` (any shape, uint8) as float32 in [-1, 1]; all 256 levels survive the way back."""
    return pixels.float().sub(127.5).div(127.5)


def to_pixels(images: Tensor) -> Tensor:  # float -1..1 -> uint8 0..255
    """Return ``images`` (any shape, float in [-1, 1]) as uint8, rounded to the nearest level and clamped."""
    return images.float().mul(127.5).add(127.5).round().clamp(0, 255).to(torch.uint8)


def to_pictures(images: Tensor) -> list[Image.Image]:
    """Return images of shape (N, 3, H, W), float in [-1, 1], as N RGB pictures."""
    pixels = to_pixels(images).permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [Image.fromarray(array) for array in pixels]


def from_pictures(pictures: Sequence[Image.Image]) -> Tensor:
    """Return RGB pictures of one size as a uint8 tensor of shape (N, 3, H, W)."""
    arrays = [np.asarray(picture.convert("RGB")) for picture in pictures]
    return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous()


def crop_to_square(picture: Image.Image, side: int) -> Image.Image:
    """Return the centre square of ``picture`` at ``side`` x ``side`` px, bilinear with antialiasing.

    Source: the official demo, predict.py: centre crop with offset round((length - crop) / 2), then PIL bilinear.
    """
    short = min(picture.size)
    left = round((picture.width - short) / 2)
    top = round((picture.height - short) / 2)
    box = (left, top, left + short, top + short)
    # Cropped first: resize(box=...) would let the pixels around the square into its edges.
    return picture.convert("RGB").crop(box).resize((side, side), Image.Resampling.BILINEAR)
