"""The encoder this project trains itself: a small ResNet, self-supervised, 256-dim features."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import torch
import torch.nn.functional as F
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from icgan_demo.config import EncoderConfig
from icgan_demo.encoders.encoder import Encoder, unit_length
from icgan_demo.errors import WeightsError
from icgan_demo.models.basic_resnet import BasicResNet
from icgan_demo.models.layers import channels_last
from icgan_demo.models.uninitialised import uninitialised
from icgan_demo.weights.cards import ENCODER, Card
from icgan_demo.weights.tensor_files import load_module


def build_network(config: EncoderConfig) -> nn.Module:
    """Return the untrained ResNet that ``config`` describes; images (N, 3, S, S) to features (N, widths[-1])."""
    network = BasicResNet(config.widths, config.layers, config.stem_pool)
    if config.whitened:
        network.fc = nn.Linear(config.widths[-1], config.widths[-1])
    return network


def untrained_encoder() -> "BundledEncoder":
    """Return a bundled encoder whose weights are random: a second opinion that no training has shaped.

    Source: random networks as feature extractors, Naeem et al. 2020, section 4.
    """
    config = EncoderConfig(whitened=False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = build_network(config)
    return BundledEncoder(network, config, "untrained:0")


class BundledEncoder(Encoder):
    """An ``Encoder`` around the network of ``build_network``."""

    def __init__(self, network: nn.Module, config: EncoderConfig, identity: str) -> None:
        self.identity = identity
        self.feature_dim = config.widths[-1]
        self.is_mirror_free = config.flip_averaged
        self.config = config
        self.network = channels_last(network.eval().requires_grad_(False))

    def embed(self, images: Tensor) -> Tensor:
        """Return features that can be derived; see ``Encoder.embed``.

        With ``flip_averaged`` the feature is the mean over the image and its mirror image, so that it does not
        depend on left and right (training may then flip pictures freely without changing their feature).
        """
        detail = self.config.detail_side
        if 0 < detail < images.shape[-1]:
            images = _resized(images, detail)
        if images.shape[-1] != self.config.input_side:
            images = _resized(images, self.config.input_side)
        images = images.contiguous(memory_format=torch.channels_last)
        features = self.network(images)
        if self.config.flip_averaged:
            features = features + self.network(images.flip(-1))
        return unit_length(features)


def _resized(images: Tensor, side: int) -> Tensor:
    return F.interpolate(images, (side, side), mode="bilinear", antialias=True, align_corners=False)


def load_encoder(card: Card, folder: Path) -> BundledEncoder:
    """Return the encoder in ``folder``; its identity covers weights and settings.

    Raises:
        WeightsError: if the card does not describe it, or its file is missing or damaged.
    """
    try:
        settings = card.encoder["settings"]
        config = TypeAdapter(EncoderConfig).validate_python(settings)
        assert isinstance(settings, dict)  # what else would have been validated
        if unknown := settings.keys() - asdict(config):
            raise KeyError(*unknown)
        file = str(card.encoder.get("file", ENCODER))
        record = card.files[file]
    except (ValidationError, KeyError) as error:
        raise WeightsError(
            f"The card of {card.name} does not describe its encoder. Download the model again."
        ) from error
    with uninitialised():
        network = build_network(config)
    load_module(network, folder / file, record.sha256)
    # What a picture is reduced to first is left out: a grown model's features are those of the model it was grown from.
    told = {name: value for name, value in asdict(config).items() if name != "detail_side"}
    described = f"{record.sha256} {json.dumps(told, sort_keys=True)}"
    return BundledEncoder(network, config, f"bundled:{hashlib.sha256(described.encode()).hexdigest()[:16]}")
