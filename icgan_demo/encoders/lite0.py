"""EfficientNet-Lite0 as an encoder: features that know a thousand kinds of things, the same for every bundled model."""

from pathlib import Path

import torch
import torch.nn.functional as F
from pydantic import JsonValue
from torch import Tensor

from icgan_demo.config import Lite0Config
from icgan_demo.encoders.encoder import Encoder, MissingEncoder, unit_length
from icgan_demo.errors import EncoderError, WeightsError
from icgan_demo.models.bfloat16 import has_bfloat16
from icgan_demo.models.efficientnet_lite import EfficientNetLite0
from icgan_demo.models.layers import channels_last
from icgan_demo.weights.cards import Card
from icgan_demo.weights.lite0_files import Lite0Projection, find_lite0, projection_folder, read_lite0, read_projection

KIND = "lite0"
AT_ONCE = 4
"""Pictures that the network sees at once: what it makes of more leaves the caches, and each takes twice the time."""


class Lite0Encoder(Encoder):
    """An ``Encoder`` of projected, flip-averaged values of EfficientNet-Lite0."""

    is_mirror_free = True

    def __init__(self, network: EfficientNetLite0, projection: Lite0Projection) -> None:
        """Wrap the network; the identity names the projection, which covers weights and settings."""
        self.config: Lite0Config = projection.config
        self.feature_dim = self.config.feature_dim
        self.identity = f"{KIND}:{projection.sha256[:16]}"
        self._network = channels_last(network)
        self._mean, self._matrix = projection.mean, projection.matrix
        self._is_half = has_bfloat16()

    @property
    def record(self) -> dict[str, JsonValue]:
        """What a card says about it."""
        return {"kind": KIND, "identity": self.identity}

    def embed(self, images: Tensor) -> Tensor:
        """Return features that can be derived; see ``Encoder.embed``."""
        return unit_length((self.pooled(images) - self._mean) @ self._matrix)

    def pooled(self, images: Tensor) -> Tensor:
        """Return the mean of the network's pooled values over each image and its mirror image, float32 (N, 1280)."""
        return torch.cat([self._pooled(few) for few in images.split(AT_ONCE)])

    def _pooled(self, images: Tensor) -> Tensor:
        seen = self.prepare(images)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._is_half):
            return (self._network(seen).float() + self._network(seen.flip(-1)).float()) / 2

    def prepare(self, images: Tensor) -> Tensor:
        """Return what the network sees of images (N, 3, R, R) in [-1, 1]: (N, 3, S, S), again in [-1, 1].

        The network was trained on x / 127.5 - 1, which images are already.
        """
        detail, side = self.config.detail_side, self.config.input_side
        if images.shape[-1] > detail:
            images = F.interpolate(images, (detail, detail), mode="bilinear", antialias=True, align_corners=False)
        enlarged = F.interpolate(images, (side, side), mode="bicubic", align_corners=False)
        return enlarged.clamp(-1, 1).contiguous(memory_format=torch.channels_last)  # bicubic overshoots at edges


def shared_encoder() -> Lite0Encoder:
    """Return the encoder that all bundled models share; raises EncoderError or WeightsError if it cannot be had."""
    return Lite0Encoder(read_lite0(), read_projection(projection_folder()))


def load_encoder(card: Card, folder: Path) -> Lite0Encoder | MissingEncoder:
    """Return the shared encoder; see ``table.load_encoder``.

    Raises:
        WeightsError: if the model was trained with another projection, or a file is damaged.
    """
    try:
        find_lite0()
    except EncoderError as error:
        return MissingEncoder(KIND, card.generator.feature_dim, error)
    encoder = shared_encoder()
    if card.encoder.get("identity") != encoder.identity:
        raise WeightsError(f"{card.name} was trained with other features than this program has. Download both again.")
    return encoder


def check_encoder(card: Card, folder: Path) -> None:
    """Raise EncoderError if the package is not installed; see ``table.check_encoder``."""
    find_lite0()
