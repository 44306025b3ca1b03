"""How alike a drawn picture and a photo look: what is where, seen through a trained network, and colours besides."""

import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.models.efficientnet_lite import EfficientNetLite0

SEEN_SIDE = 128
"""Side at which the network sees both, px."""
COLOUR_SIDE = 32
"""Side at which colours are compared, px."""
COLOURS = 1.0
"""Weight of the colours beside that of the maps."""


class Likeness:
    """Compares pictures with one photo."""

    def __init__(self, eyes: EfficientNetLite0 | None, photo: Tensor) -> None:
        """Look at the photo.

        Args:
            eyes: frozen; None where it is not on this machine: then colours alone are compared.
            photo: float32 (3, R, R) in [-1, 1].
        """
        self._eyes = eyes
        self._maps = self._seen(photo[None])
        self._colours = _reduced(photo[None])

    def distance(self, images: Tensor) -> Tensor:
        """Return how far images (N, 3, R, R) in [-1, 1] are from the photo (N,): 0 is the same; differentiable.

        The mean of 1 - cosine over the positions of each of the four maps, and over the maps, and besides the root of
        the mean squared difference of the colours, 0..1, at ``COLOUR_SIDE``.
        Source: perceptual losses for inversion (Abdal et al. 2019), with a trained network that is here anyway.
        """
        squares = (_reduced(images) - self._colours).div(2).square().mean(dim=(1, 2, 3))
        distance = COLOURS * (squares + 1e-8).sqrt()
        maps = self._seen(images)
        for seen, known in zip(maps, self._maps, strict=True):
            distance = distance + (1 - (seen * known).sum(1)).mean(dim=(1, 2)) / len(maps)
        return distance

    def _seen(self, images: Tensor) -> list[Tensor]:
        """Return the maps with unit length at every position."""
        if self._eyes is None:
            return []
        is_larger = images.shape[-1] > SEEN_SIDE
        seen = F.interpolate(images, (SEEN_SIDE, SEEN_SIDE), mode="bilinear", antialias=is_larger, align_corners=False)
        maps = self._eyes.maps(seen.contiguous(memory_format=torch.channels_last))
        return [F.normalize(each, dim=1) for each in maps]


def _reduced(images: Tensor) -> Tensor:
    return F.interpolate(images, (COLOUR_SIDE, COLOUR_SIDE), mode="area")
