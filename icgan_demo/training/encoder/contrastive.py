"""Self-supervised training of the bundled encoder: SimCLR."""

import json
import logging
import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import EncoderConfig, EncoderTrainConfig
from icgan_demo.encoders.bundled import build_network
from icgan_demo.models.layers import channels_last
from icgan_demo.pixels import to_images
from icgan_demo.training.common.checkpoint import load_newest_checkpoint, newest_settings, save_checkpoint
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.common.precision import bf16_pays
from icgan_demo.training.common.randomness import generator_for
from icgan_demo.training.common.run_folder import LOG
from icgan_demo.training.encoder.views import random_views
from icgan_demo.weights.tensor_files import load_module, save_tensors

logger = logging.getLogger(__name__)

POOLED_AT_ONCE = 128


@dataclass(frozen=True)
class EpochReport:
    """What one pass over the pictures gave."""

    epoch: int
    loss: float
    seconds: float


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Mean loss of telling each view's partner from all other views of the batch.

    Args:
        first, second: projections of the two views, shape (N, D); row i of each shows picture i.
        temperature: divides the cosines.
    Source: SimCLR, Chen et al. 2020, equation 1.
    """
    views = F.normalize(torch.cat([first, second]).float(), dim=1)
    logits = views @ views.T / temperature
    logits.fill_diagonal_(-math.inf)
    partner = torch.arange(len(views), device=views.device).roll(len(first))
    return F.cross_entropy(logits, partner)


class ContrastiveNetwork(nn.Module):
    """The encoder's network with the projection that the loss sees."""

    def __init__(self, config: EncoderConfig, projection_dim: int) -> None:
        super().__init__()
        width = config.widths[-1]
        self.encoder = build_network(replace(config, whitened=False))  # whitening is fitted after training
        self.projection = nn.Sequential(
            nn.Linear(width, width, bias=False), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, projection_dim)
        )

    def forward(self, views: Tensor) -> Tensor:
        """Return projections (N, projection_dim) of views (N, 3, S, S)."""
        return self.projection(self.encoder(views))


def train_encoder(
    images: ImageSet, config: EncoderConfig, train: EncoderTrainConfig, folder: Path, device: str = "cpu"
) -> Iterator[EpochReport]:
    """Yield a report per epoch until ``train.epochs``; resumes from the newest checkpoint in ``folder``.

    ``load_trained`` then gives the finished network.
    """
    torch.manual_seed(train.seed)
    network = channels_last(ContrastiveNetwork(config, train.projection_dim), device)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    plain = [p for p in network.parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": train.weight_decay}, {"params": plain, "weight_decay": 0.0}], lr=train.lr
    )
    settings = {"encoder": asdict(config), "train": asdict(train)}
    folder.mkdir(parents=True, exist_ok=True)
    resumed = load_newest_checkpoint(folder, {"network": network}, {"optimizer": optimizer})
    first_epoch = resumed[0] if resumed else 0
    autocast = torch.autocast(device, torch.bfloat16, enabled=bf16_pays(network.encoder, train.view_side, device))
    batches = max(1, len(images) // train.batch_size)
    for epoch in range(first_epoch, train.epochs):
        start, total = time.monotonic(), 0.0
        order = torch.randperm(len(images), generator=generator_for(train.seed, epoch, "order"))
        network.train()
        for batch, rows in enumerate(order[: batches * train.batch_size].chunk(batches)):
            step = epoch * batches + batch
            _set_rate(optimizer, train.lr, step, train.epochs * batches)
            total += _update(network, optimizer, autocast, images, rows, step, config, train, device)
        report = EpochReport(epoch + 1, total / batches, time.monotonic() - start)
        if (epoch + 1) % train.checkpoint_every == 0 or epoch + 1 == train.epochs:
            save_checkpoint(folder, epoch + 1, {"network": network}, {"optimizer": optimizer}, settings)
        with (folder / LOG).open("a") as log:
            log.write(json.dumps(asdict(report)) + "\n")
        yield report


def _update(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    autocast: AbstractContextManager,
    images: ImageSet,
    rows: Tensor,
    step: int,
    config: EncoderConfig,
    train: EncoderTrainConfig,
    device: str,
) -> float:
    pixels = torch.from_numpy(np.asarray(images.pixels[rows.sort().values.numpy()]))
    batch = to_images(pixels.to(device).permute(0, 3, 1, 2))
    source = generator_for(train.seed, step, "views")
    views = torch.cat([random_views(batch, train.view_side, source, train.min_area) for _ in range(2)])
    with autocast:
        projections = network(views.contiguous(memory_format=torch.channels_last))
    first, second = projections.chunk(2)
    loss = nt_xent(first, second, train.temperature)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.item()


def _set_rate(optimizer: torch.optim.Optimizer, peak: float, step: int, total: int) -> None:
    warm = max(1, total // 20)
    progress = max(0.0, (step - warm) / max(1, total - warm))
    rate = peak * min(1.0, (step + 1) / warm) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    for group in optimizer.param_groups:
        group["lr"] = rate


def load_trained(folder: Path, images: ImageSet) -> tuple[nn.Module, EncoderConfig]:
    """Return the network of the newest checkpoint in ``folder`` and its settings, whitened on ``images``.

    The whitening is fitted at the first call and stored in ``folder``, one for each resolution.

    Args:
        images: the pictures it was trained on, at the resolution of the generator that will use it.
    Raises:
        TrainingError: if the folder holds no valid checkpoint.
    """
    settings = newest_settings(folder)
    config = EncoderConfig(**{key: _as_tuple(value) for key, value in settings["encoder"].items()})
    trained = ContrastiveNetwork(config, settings["train"]["projection_dim"])
    load_newest_checkpoint(folder, {"network": trained}, {})
    network = trained.encoder.eval()
    if config.whitened:
        # Fitted once and kept: a second fit may turn or mirror the directions, and a generator knows only one of them.
        path = folder / f"whitening_{images.pixels.shape[1]}.safetensors"
        if path.exists():
            network.fc = nn.Linear(config.widths[-1], config.widths[-1])
            load_module(network.fc, path, None)
        else:
            network.fc = whitening_layer(_pooled(network, images, config), settings["train"]["whitening_power"])
            save_tensors(network.fc.state_dict(), path)
    return network, config


def whitening_layer(features: Tensor, power: float) -> nn.Linear:
    """Return the linear layer that centres features and divides each principal direction by its deviation^power.

    Fewer pictures than numbers in a feature have no more directions than pictures; the rest of the layer is zero.

    Args:
        features: rows (N, D), float32, before whitening.
        power: 0 (only centres and rotates) .. 1 (every direction gets the same variance).
    """
    mean = features.mean(dim=0)
    _, singular, directions = torch.linalg.svd(features - mean, full_matrices=False)
    deviation = singular / math.sqrt(len(features)) + 1e-3
    layer = nn.Linear(features.shape[1], features.shape[1])
    with torch.no_grad():
        layer.weight.zero_()[: len(directions)] = directions * deviation.pow(-power)[:, None]
        layer.bias.copy_(-(layer.weight @ mean))
    return layer


@torch.no_grad()
def _pooled(network: nn.Module, images: ImageSet, config: EncoderConfig) -> Tensor:
    """Features of every picture before whitening, averaged over the mirror image."""
    rows = []
    for first in range(0, len(images), POOLED_AT_ONCE):
        pixels = torch.from_numpy(np.array(images.pixels[first : first + POOLED_AT_ONCE]))
        batch = to_images(pixels.permute(0, 3, 1, 2))
        side = config.input_side
        batch = F.interpolate(batch, (side, side), mode="bilinear", antialias=True, align_corners=False)
        rows.append((network(batch) + network(batch.flip(-1))) / 2)
    return torch.cat(rows)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
