"""ResNet-50 as an encoder: the features that the published IC-GAN models are conditioned on."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.encoders.encoder import Encoder, MissingEncoder, unit_length
from icgan_demo.errors import EncoderError
from icgan_demo.models.resnet50_network import build_resnet50
from icgan_demo.weights.cards import Card
from icgan_demo.weights.published.encoder_store import find_encoder
from icgan_demo.weights.tensor_files import load_module

INPUT_SIDE = 224
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class Resnet50Encoder(Encoder):
    """An ``Encoder`` of 2048 average-pooled features.

    The published models saw small pictures enlarged: a photo is first brought to the generator's resolution, and only
    then to 224 px, so the feature depends on the resolution.
    """

    feature_dim = 2048
    is_mirror_free = False

    def __init__(self, network: nn.Module, identity: str, *, align_corners: bool = True) -> None:
        """Wrap the network of ``build_resnet50``.

        Args:
            network: with its weights.
            identity: names the weights; the way of enlarging is added to it, since it changes the features.
            align_corners: True enlarges as the official demo does, False as its data preparation does.
        """
        self.identity = identity if align_corners else f"{identity}:unaligned"
        network = network.eval().requires_grad_(False)
        self._network: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._align_corners = align_corners
        self._mean = torch.tensor(MEAN).view(1, 3, 1, 1)
        self._std = torch.tensor(STD).view(1, 3, 1, 1)

    def embed(self, images: Tensor) -> Tensor:
        """Return features that can be derived; see ``Encoder.embed``.

        Source: the official demo (predict.py): ImageNet statistics, then bicubic to 224 px without antialiasing.
        """
        return unit_length(self._network(self.prepare(images)))

    def prepare(self, images: Tensor) -> Tensor:
        """Return what the network sees: (N, 3, 224, 224), normalised, of images (N, 3, R, R) in [-1, 1]."""
        normalised = (images * 0.5 + 0.5 - self._mean) / self._std
        enlarged = F.interpolate(
            normalised, (INPUT_SIDE, INPUT_SIDE), mode="bicubic", align_corners=self._align_corners
        )
        return enlarged.contiguous(memory_format=torch.channels_last)


def load_encoder(card: Card, folder: Path) -> Resnet50Encoder | MissingEncoder:
    """Return the converted encoder that a card names; see ``table.load_encoder``."""
    kind = str(card.encoder["kind"])
    try:
        path, record = find_encoder(kind, folder.parent)
    except EncoderError as error:
        return MissingEncoder(kind, Resnet50Encoder.feature_dim, error)
    with torch.device("meta"):
        network = build_resnet50()
    load_module(network, path, record.sha256)
    align_corners = card.encoder.get("align_corners", True) is not False
    return Resnet50Encoder(network, f"{kind}:{record.sha256[:16]}", align_corners=align_corners)


def check_encoder(card: Card, folder: Path) -> None:
    """Raise EncoderError if the converted encoder is not here; see ``table.check_encoder``."""
    find_encoder(str(card.encoder["kind"]), folder.parent)
