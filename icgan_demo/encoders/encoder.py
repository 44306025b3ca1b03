"""What an encoder promises: images in, unit-length features out."""

from collections.abc import Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from icgan_demo.errors import EncoderError
from icgan_demo.pixels import crop_to_square, from_pictures, to_images


class Encoder(Protocol):
    """Anything that turns images into features; generators, indexes and ranking rely on nothing else."""

    identity: str
    """Names the network and its weights; features of different identities must never be compared."""
    feature_dim: int
    """Length of a feature."""
    is_mirror_free: bool
    """Whether a picture and its mirror image have the same feature."""

    @torch.inference_mode()
    def encode(self, images: Tensor) -> Tensor:
        """Return unit-length float32 features, shape (N, feature_dim), of images (N, 3, R, R), float in [-1, 1].

        R is the resolution of the generator that the features condition; the encoder resizes to its own input size.
        """
        return self.embed(images)

    def embed(self, images: Tensor) -> Tensor:
        """Return what ``encode`` does, with gradients where the caller records them: for what follows a feature."""


class MissingEncoder:
    """Stands where a shared encoder is not on this machine: its model can draw from given features, not from photos."""

    is_mirror_free = True

    def __init__(self, kind: str, feature_dim: int, reason: EncoderError) -> None:
        self.identity, self.feature_dim = f"{kind}:missing", feature_dim
        self._reason = str(reason)

    def encode(self, images: Tensor) -> Tensor:
        """Raise the EncoderError that says how to get the encoder."""
        raise EncoderError(self._reason)

    embed = encode


def encode_pictures(encoder: Encoder, pictures: Sequence[Image.Image], resolution: int) -> Tensor:
    """Return features of pictures as the generator of ``resolution`` px sees them: centre square, resized, encoded.

    Returns:
        Unit-length float32 rows, shape (len(pictures), encoder.feature_dim).
    """
    squares = [crop_to_square(picture, resolution) for picture in pictures]
    return encoder.encode(to_images(from_pictures(squares)))


def unit_length(features: Tensor) -> Tensor:
    """Return rows scaled to unit length in float32; an all-zero row stays zero instead of turning into NaN."""
    return F.normalize(features.float(), dim=-1)
