"""Tiny networks and pictures on which whole runs take seconds."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from icgan_demo.config import DiscriminatorConfig, Discriminators, GeneratorConfig, ProjectedConfig, TrainConfig
from icgan_demo.index import find_neighbours
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.efficientnet_lite import EfficientNetLite0
from icgan_demo.models.projected_discriminator import ProjectedDiscriminator
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.pairs import Neighbourhoods
from icgan_demo.training.trainer import Trainer

COUNT = 30
CONFIG = TrainConfig(
    steps=6,
    batch_size=4,
    neighbours=3,
    r1_every=2,
    checkpoint_every=3,
    sheet_every=3,
    metrics_every=0,
    precision="float32",
)


def neighbourhoods(features_dim: int = 6) -> Neighbourhoods:
    """Return thirty pictures of noise in three classes with random features."""
    source = np.random.default_rng(0)
    pixels = source.integers(0, 256, (COUNT, 32, 32, 3), dtype=np.uint8)
    names = tuple(f"{row}.png" for row in range(COUNT))
    images = ImageSet(pixels, np.arange(COUNT, dtype=np.int64) % 3, ("a", "b", "c"), names)
    features = F.normalize(torch.randn(COUNT, features_dim, generator=torch.Generator().manual_seed(0)), dim=1)
    return Neighbourhoods(images, features, find_neighbours(features, CONFIG.neighbours))


def make(data: Neighbourhoods, config: TrainConfig = CONFIG) -> Trainer:
    """Return a trainer of networks with 8 channels."""
    hinge = config.loss == "hinge"
    torch.manual_seed(config.seed)
    shared = {"feature_dim": data.features.shape[1], "num_classes": 3, "no_label": True, "spectral_norm": hinge}
    generator = BigGanGenerator(GeneratorConfig(32, (8, 8, 8, 8), 4, feature_embed_dim=8, class_embed_dim=8, **shared))
    pixel, projected = None, None
    if config.discriminator != Discriminators.PROJECTED:
        pixel = BigGanDiscriminator(DiscriminatorConfig(32, (8, 8, 8, 8), minibatch_deviation=not hinge, **shared))
    if config.discriminator != Discriminators.PIXEL:
        projected = tiny_heads(feature_dim=data.features.shape[1], num_classes=3, no_label=True)
    return Trainer(data, generator, pixel, config, projected=projected)


def tiny_heads(**conditions: Any) -> ProjectedDiscriminator:
    """Return small heads on an untrained network, so that no package need hold a trained one."""
    eyes = EfficientNetLite0().requires_grad_(False).eval()
    return ProjectedDiscriminator(
        ProjectedConfig(input_side=64, widths=(8, 8, 8, 8), largest_width=8, outputs=8, **conditions), eyes
    )


def state_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Return every tensor of a trainer: networks, average, optimisers."""
    tensors = {
        f"{owner}/{key}": value for owner, net in trainer.modules.items() for key, value in net.state_dict().items()
    }
    for owner, optimizer in trainer.optimizers.items():
        for index, slots in optimizer.state_dict()["state"].items():
            tensors |= {f"{owner}/{index}/{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    return tensors


def write_pictures(folder: Path, count: int = 12, classes: tuple[str, ...] = ("red", "blue")) -> Path:
    """Write ``count`` small different pictures into class folders (or straight into ``folder``) and return it."""
    source = np.random.default_rng(0)
    for row in range(count):
        own = folder / classes[row % len(classes)] if classes else folder
        own.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(own / f"{row:02d}.png")
    return folder
