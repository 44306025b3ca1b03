"""Whole runs, from a folder of pictures to a model folder; the command line and the page call these."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from icgan_demo.config import EncoderConfig, EncoderTrainConfig, TrainConfig
from icgan_demo.encoders.base import Encoder
from icgan_demo.encoders.bundled import BundledEncoder
from icgan_demo.errors import TrainingError
from icgan_demo.index import find_neighbours
from icgan_demo.pixels import to_images
from icgan_demo.training.bank import choose_instances
from icgan_demo.training.contrastive import EpochReport, load_trained, train_encoder
from icgan_demo.training.data import ImageSet, load_image_folder
from icgan_demo.training.finish import refresh_statistics
from icgan_demo.training.loop import Neighbourhoods, Progress, Trainer, train
from icgan_demo.training.networks import small_networks
from icgan_demo.weights.bundle import write_model
from icgan_demo.weights.cards import Card, Licence

logger = logging.getLogger(__name__)

SPARE_SIDE = 1.5
"""Pictures for the encoder are kept this much larger than its views, which crop them."""
BANK = 100


@dataclass(frozen=True)
class Description:
    """What a model's card says about it."""

    name: str
    title: str
    description: str = "Trained with `python -m icgan_demo train`."
    data: str = "Pictures given by whoever trained it."
    licence: Licence = Licence("unknown", "", "The rights in these pictures are those of the training pictures.")  # noqa: RUF009


def run_encoder(
    data: Path, out: Path, encoder: EncoderConfig, train_config: EncoderTrainConfig, device: str = "cpu"
) -> Iterator[EpochReport]:
    """Train the bundled encoder on the pictures under ``data``; yields a report per epoch and can be resumed."""
    images = load_image_folder(data, int(train_config.view_side * SPARE_SIDE), cache_of(out))
    yield from train_encoder(images, encoder, train_config, out, device)


@dataclass(frozen=True)
class Prepared:
    """Everything a run needs before its first update."""

    data: Neighbourhoods
    network: nn.Module
    encoder_config: EncoderConfig

    @property
    def labels(self) -> Tensor:
        """Labels of the pictures, int64 (N,)."""
        return torch.from_numpy(np.array(self.data.images.labels))


def prepare_run(data: Path, encoder_run: Path, resolution: int, config: TrainConfig, cache: Path) -> Prepared:
    """Decode, embed and link the pictures of a run.

    Args:
        encoder_run: folder of a ``train-encoder`` run.
    Raises:
        TrainingError: if there are too few pictures for the neighbourhoods, or no encoder in the folder.
    """
    images = load_image_folder(data, resolution, cache)
    if len(images) <= config.neighbours:
        raise TrainingError(
            f"There are {len(images)} pictures; neighbourhoods of {config.neighbours} need more. "
            "Add pictures or choose fewer neighbours."
        )
    network, encoder_config = load_trained(encoder_run, images)
    features = embed(BundledEncoder(network, encoder_config, "this run"), images)
    neighbours = find_neighbours(features, config.neighbours)
    if config.include_self:
        neighbours = torch.cat([torch.arange(len(images))[:, None], neighbours], dim=1)
    return Prepared(Neighbourhoods(images, features, neighbours), network, encoder_config)


def run_generator(
    prepared: Prepared,
    resolution: int,
    config: TrainConfig,
    out: Path,
    describe: Description,
    device: str = "cpu",
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Progress]:
    """Train a generator and write ``out/model`` at the end; yields a report per update and can be resumed.

    Once ``stop`` says yes, the run is saved where it is and ends without a model.
    """
    generator, discriminator = small_networks(
        resolution,
        prepared.data.features.shape[1],
        len(prepared.data.images.class_names),
        spectral_norm=config.loss == "hinge",
    )
    trainer = Trainer(prepared.data, generator, discriminator, config, device)
    yield from train(trainer, out, stop)
    if trainer.step == config.steps:
        write_run(prepared, trainer, out / "model", describe)


def write_run(
    prepared: Prepared,
    trainer: Trainer,
    folder: Path,
    describe: Description,
    snapshot: Path | None = None,
    figures: dict[str, Any] | None = None,
) -> Card:
    """Write a run's averaged generator (or one of its snapshots) as a model folder; returns its card."""
    generator = trainer.averaged
    if snapshot is not None:
        generator.load_state_dict(load_file(snapshot))
    labels = prepared.labels
    refresh_statistics(generator, prepared.data.features, labels, bf16=trainer.bf16)
    bank = choose_instances(prepared.data.features, BANK)
    return write_model(
        folder,
        name=describe.name,
        title=describe.title,
        description=describe.description,
        data=describe.data,
        licence=describe.licence,
        generator=generator,
        discriminator=trainer.discriminator,
        encoder_network=prepared.network,
        encoder_config=prepared.encoder_config,
        features=prepared.data.features[bank],
        labels=labels[bank],
        class_names=prepared.data.images.class_names,
        settings=asdict(trainer.train) | {"steps_trained": trainer.step, "pictures": len(prepared.data.images)},
        figures=figures or {},
    )


def embed(encoder: Encoder, images: ImageSet, batch_size: int = 128) -> Tensor:
    """Return the unit-length features of all pictures, float32 (N, D)."""
    rows = []
    for first in range(0, len(images), batch_size):
        pixels = torch.from_numpy(np.array(images.pixels[first : first + batch_size]))
        rows.append(encoder.encode(to_images(pixels.permute(0, 3, 1, 2))))
    return torch.cat(rows).clone()  # a normal tensor: inference-mode ones cannot take part in training


def cache_of(out: Path) -> Path:
    """Where a run keeps its decoded pictures: beside its own folder, so that runs on the same pictures share them."""
    return out.parent / "cache"
