"""A whole model folder, card and tensors: written so that it appears complete or not at all; its generator read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from icgan_demo.atomic_files import atomic_write
from icgan_demo.config import EncoderConfig
from icgan_demo.errors import WeightsError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.generators import AnyGenerator, unfilled_generator
from icgan_demo.models.projected_discriminator import ProjectedDiscriminator
from icgan_demo.weights.cards import (
    DISCRIMINATOR,
    ENCODER,
    GENERATOR,
    INSTANCES,
    PROJECTED,
    Card,
    read_card,
    write_card,
)
from icgan_demo.weights.learning import LEARNING, Learning
from icgan_demo.weights.tensor_files import FileRecord, halved, load_module, save_tensors, write_file


def write_model(
    folder: Path,
    *,
    generator: AnyGenerator,
    discriminator: BigGanDiscriminator | None = None,
    projected: ProjectedDiscriminator | None = None,
    encoder_network: nn.Module | None = None,
    encoder_config: EncoderConfig | Mapping[str, Any],
    features: Tensor | None = None,
    labels: Tensor | None = None,
    learning: tuple[Learning, bytes] | None = None,
    half: bool = False,
    **of_card: Any,
) -> Card:
    """Write a model into ``folder``, in place of what was there, and return its card.

    Args:
        folder: the model's own folder, for example ``weights/produce64``.
        generator: the averaged generator, the one that draws.
        discriminator, projected: kept for fine-tuning.
        encoder_network: the bundled encoder's network, which ``encoder_config`` (an ``EncoderConfig``) describes;
            None for an encoder with weights of its own, whose record for the card is then ``encoder_config``.
        features: unit rows (K, D), float32: the instance bank; None for a model without one.
        labels: int64 (K,), -1 for none; None means -1 for every row.
        learning: how it learned, and the picture of it as WebP.
        half: whether the networks are stored in float16.
        of_card: the other fields of ``Card``, such as its name, title and licence.
    Raises:
        WeightsError: if a tensor is not finite, the disk fails, or the generator read back differs; nothing is lost.
        ValueError: if the parts contradict each other.
    """
    with _replacing(folder) as scratch:
        networks = {GENERATOR: generator, DISCRIMINATOR: discriminator, PROJECTED: projected}
        stored = {file: network.state_dict() for file, network in networks.items() if network is not None}
        if half:
            stored = {file: halved(tensors) for file, tensors in stored.items()}
        files = {file: save_tensors(tensors, scratch / file) for file, tensors in stored.items()}
        if isinstance(encoder_config, EncoderConfig):
            assert encoder_network is not None
            files[ENCODER] = save_tensors(encoder_network.state_dict(), scratch / ENCODER)
            encoder: dict[str, Any] = {"kind": "bundled", "file": ENCODER, "settings": asdict(encoder_config)}
        else:
            encoder = dict(encoder_config)
        if features is not None:
            files[INSTANCES] = _save_instances(features, labels, generator, scratch / INSTANCES)
        if learning is not None:
            files[LEARNING] = write_file(learning[1], scratch / LEARNING)
        card = Card(
            files=files,
            generator=generator.config,
            discriminator=discriminator.config if discriminator is not None else None,
            projected=projected.config if projected is not None else None,
            encoder=encoder,
            learning=learning and learning[0],
            **of_card,
        )
        write_card(card, scratch)
        card = read_card(scratch)  # one that cannot be read back must not replace a model
        _check_copy(stored[GENERATOR], card, scratch)
    return card


def load_generator(card: Card, folder: Path) -> AnyGenerator:
    """Return the generator of a model's folder as it was trained; raises WeightsError if its file is damaged."""
    return load_module(unfilled_generator(card.generator), folder / GENERATOR, card.files[GENERATOR].sha256)


def _check_copy(stored: Mapping[str, Tensor], card: Card, folder: Path) -> None:
    """Raise WeightsError unless ``folder`` holds exactly the generator's tensors."""
    written = load_generator(card, folder).state_dict()
    for key, value in stored.items():
        if not torch.equal(written[key], value.cpu().to(written[key].dtype)):
            raise WeightsError(f"{key} did not survive being written. Is the disk failing? Try again.")


def _save_instances(features: Tensor, labels: Tensor | None, generator: AnyGenerator, path: Path) -> FileRecord:
    config = generator.config
    if labels is None:
        labels = torch.full((len(features),), -1)
    if features.shape != (len(labels), config.feature_dim):
        raise ValueError(f"features must be (K, {config.feature_dim}) for K labels, got {tuple(features.shape)}")
    if len(labels) and not -1 <= int(labels.min()) <= int(labels.max()) < max(config.num_classes, 1):
        raise ValueError(f"labels must be -1 or name one of {config.num_classes} classes")
    return save_tensors({"features": features.float(), "labels": labels.long()}, path)


@contextmanager
def _replacing(folder: Path) -> Iterator[Path]:
    try:
        with atomic_write(folder, durable=True) as scratch:
            scratch.mkdir()
            yield scratch
    except OSError as error:
        raise WeightsError(f"{folder.name} could not be written. Is the disk full or read-only?") from error
