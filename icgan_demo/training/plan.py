"""From what was asked for to everything a run needs before its first update."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from icgan_demo.config import (
    NOT_TRAINABLE,
    Conditioning,
    Discriminators,
    GeneratorConfig,
    Limits,
    Losses,
    TrainConfig,
)
from icgan_demo.encoders.bundled import BundledEncoder
from icgan_demo.encoders.encoder import Encoder
from icgan_demo.encoders.lite0 import shared_encoder
from icgan_demo.errors import RequestError, TrainingError
from icgan_demo.index import find_neighbours
from icgan_demo.setting import checked
from icgan_demo.training.common.image_set import ImageSet, load_image_folder
from icgan_demo.training.defaults import default_batch, default_clusters, default_neighbours
from icgan_demo.training.encoder.contrastive import load_trained
from icgan_demo.training.evaluate import MAX_SAMPLES, SAMPLES, Evaluator, Judge
from icgan_demo.training.feature_cache import features_of
from icgan_demo.training.held_out import HeldOut, held_out_rows
from icgan_demo.training.instance_bank import cluster_centres
from icgan_demo.training.pairs import Neighbourhoods
from icgan_demo.training.start.grow import grown_generator
from icgan_demo.training.start.networks import (
    Networks,
    Refit,
    bundled_model,
    clusters_of,
    encoder_of,
    fresh_networks,
    networks_of,
    second_encoder,
)
from icgan_demo.training.trainer import Trainer
from icgan_demo.weights.cards import GENERATOR, FoundModel

logger = logging.getLogger(__name__)

MIN_PICTURES = Limits.min_pictures
FINE_TUNE: dict[str, Any] = {
    "steps": 500,
    "lr_generator": 2e-4,
    "lr_discriminator": 2e-4,
    "ema_decay": 0.99,
    "freeze": 1,
    "augment": ("translation", "cutout"),
}
"""What differs from ``TrainConfig`` when a trained model learns a few dozen new pictures."""
WARM_UP = 100
"""Updates of a fresh discriminator alone, beside a trained generator."""
Tell = Callable[[], None]


@dataclass(frozen=True)
class Order:
    """What a run was asked to do; what is None is chosen by what the pictures and the base are."""

    data: Path
    """Folder or zip of pictures."""
    base: FoundModel | None = None
    """Model to continue from."""
    encoder_run: Path | None = None
    """Folder of a ``train-encoder`` run, for a model from nothing."""
    shares_encoder: bool = False
    """Whether features are those that the bundled models share, also where the base has others."""
    resolution: int | None = None
    """Side of the pictures, px; with a base its own, or twice that to grow it."""
    device: str = "cpu"

    def __post_init__(self) -> None:
        card = self.base.card if self.base else None
        if card is not None and not card.generator.is_trainable:
            raise RequestError(NOT_TRAINABLE.format(title=card.title))

    @property
    def base_record(self) -> dict[str, str] | None:
        """Name and hash of the base model, as JSON values."""
        if self.base is None or self.base.card is None:
            return None
        return {"name": self.base.card.name, "sha256": self.base.card.files[GENERATOR].sha256}

    @property
    def loss(self) -> Losses:
        """The loss a run has unless another is asked for: the one its base's discriminator was made for."""
        discriminator = self.base.card.discriminator if self.base and self.base.card else None
        return Losses.HINGE if discriminator is not None and discriminator.spectral_norm else TrainConfig.loss

    @property
    def discriminator(self) -> Discriminators:
        """The discriminators a run has unless others are asked for: those of its base."""
        card = self.base.card if self.base else None
        if card is None or card.projected is None:
            return Discriminators.PIXEL
        return Discriminators.PROJECTED if card.discriminator is None else Discriminators.BOTH

    @property
    def conditioning(self) -> Conditioning:
        """What the networks are told unless something else is asked for: what those of its base are told."""
        known = self._conditioned
        return known.conditioning if known else TrainConfig.conditioning

    @property
    def clusters(self) -> int:
        """Clusters of its base's partition; 0 for none."""
        known = self._conditioned
        return known.clusters if known and known.conditioning is Conditioning.PARTITION else 0

    @property
    def _conditioned(self) -> GeneratorConfig | None:
        known = self.base.card.generator if self.base and self.base.card else None
        return known if isinstance(known, GeneratorConfig) else None

    @property
    def side(self) -> int:
        """Side of the pictures, px; raises RequestError if base and resolution contradict each other."""
        if self.base is None or self.base.card is None:
            return self.resolution or 64
        own = self.base.card.generator.resolution
        if self.resolution not in (None, own, 2 * own):
            raise RequestError(f"{self.base.card.title} generates at {own} px; leave the resolution out or give {own}.")
        return self.resolution or own

    @property
    def grows(self) -> bool:
        """Whether the base's networks are made to draw pictures of twice their side."""
        card = self.base.card if self.base else None
        return card is not None and card.generator.resolution != self.side


@dataclass(frozen=True)
class Plan:
    """Everything a run needs before its first update."""

    order: Order
    config: TrainConfig
    data: Neighbourhoods
    networks: Networks
    encoder: Encoder
    encoder_record: Any
    """For the card: settings of the bundled encoder, or the record of an encoder with weights of its own."""
    evaluator: Evaluator
    images: ImageSet
    """All pictures, those held out among them; ``data`` has those that it learns from."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a visitor should know, one sentence each."""
        return self.networks.notes

    def trainer(self) -> Trainer:
        """Return a trainer with these networks; takes them over, so ask once."""
        nets = self.networks
        return Trainer(self.data, nets.generator, nets.discriminator, self.config, self.order.device, nets.projected)


def resolve(given: Mapping[str, Any], order: Order, count: int) -> TrainConfig:
    """Return the settings of a run: those given, the others by base and number of pictures.

    Raises:
        RequestError: if a value is out of range.
    """
    is_fine_tune = order.base is not None and not order.grows
    steps = given.get("steps") or (FINE_TUNE["steps"] if is_fine_tune else TrainConfig.steps)
    chosen: dict[str, Any] = dict(FINE_TUNE) if is_fine_tune else {}
    chosen["loss"] = given.get("loss") or order.loss
    chosen["discriminator"] = order.discriminator
    if chosen["loss"] == Losses.HINGE:
        chosen["r1_gamma"] = 0.0  # as published: spectral norm alone
    chosen["conditioning"] = order.conditioning
    chosen["clusters"] = order.clusters or default_clusters(count)
    chosen["neighbours"] = default_neighbours(count)
    if is_fine_tune:
        chosen["batch_size"] = default_batch(count)
    every = max(10, min(250, steps // 10))
    chosen |= {"checkpoint_every": every, "sheet_every": every, "metrics_every": max(25, min(500, steps // 5))}
    chosen |= {name: value for name, value in given.items() if value is not None}
    config = checked(TrainConfig(), **chosen)
    _check_conditioning(config, order, count)
    return config


def _check_conditioning(config: TrainConfig, order: Order, count: int) -> None:
    card = order.base.card if order.base else None
    if card is not None and config.conditioning is not order.conditioning:
        raise RequestError(
            f"{card.title} was trained with the conditioning {order.conditioning}; leave it out, or start from nothing."
        )
    if config.conditioning is not Conditioning.PARTITION:
        return
    if order.clusters not in (0, config.clusters):
        raise RequestError(f"The base model has {order.clusters} clusters, which cannot change; leave them out.")
    if order.base is None and config.clusters >= count:
        raise RequestError(f"{count} images can have fewer clusters than that, got {config.clusters}.")


def load_pictures(order: Order, cache: Path, tell: Tell = lambda: None) -> ImageSet:
    """Return the pictures of a run without doubles; raises TrainingError if they are too few."""
    images = load_image_folder(order.data, order.side, cache, drop_duplicates=True, tell=tell)
    if len(images) < MIN_PICTURES:
        left_out = f" ({len(images.duplicates)} duplicates, {len(images.skipped)} unusable)" if images.hashes else ""
        raise TrainingError(
            f"Need at least {MIN_PICTURES} different images; found {len(images)}{left_out}. Add more images."
        )
    return images


def make_plan(
    order: Order, config: TrainConfig, images: ImageSet, tell: Tell = lambda: None, cache: Path | None = None
) -> Plan:
    """Encode and link the pictures and load or make the networks.

    Args:
        cache: folder of the decoded pictures, which keeps their features and neighbours too.
    Raises:
        RequestError: if settings do not fit pictures or base.
        TrainingError, WeightsError, EncoderError: if a part is missing or damaged.
    """
    encoder, record, name = _encoder(order, images)
    whole, everything = images, features_of(encoder, images, cache, tell=tell)
    rows = held_out_rows(whole, config.held_out)
    kept = torch.from_numpy(np.delete(np.arange(len(whole)), rows))

    def seen_by(judge: Encoder, *, mirrored: bool = False) -> Tensor:
        return features_of(judge, whole, cache, mirrored=mirrored, tell=tell)[kept]

    images = whole.only(kept.numpy()) if len(rows) else whole
    features = everything[kept]
    mirrored = None if encoder.is_mirror_free else seen_by(encoder, mirrored=True)
    neighbours = find_neighbours(features, config.neighbours, cache, report=lambda *_: tell())
    own_labels = torch.from_numpy(images.labels.copy())
    if order.base is not None:
        refit = None
        if order.shares_encoder and (before := encoder_of(order.base)).identity != encoder.identity:
            refit = Refit(seen_by(before), features)
        grow = (lambda small, labels: grown_generator(small, features, labels, tell=tell)) if order.grows else None
        nets = networks_of(order.base, images.class_names, own_labels, config, grow=grow, refit=refit)
        if features.shape[1] != nets.generator.config.feature_dim:
            raise RequestError("This encoder does not fit the base model.")
    else:
        nets = _fresh(order, images, features, config)
    if nets.is_fresh_discriminator:
        config = replace(config, discriminator_first=config.discriminator_first or WARM_UP, freeze=0)
    blocks = len(nets.discriminator.blocks) if nets.discriminator else config.freeze + 1
    if config.freeze >= blocks:
        raise RequestError(f"freeze must be below {blocks}, the discriminator's blocks.")
    linked = neighbours
    if config.include_self:
        linked = torch.cat([torch.arange(len(images))[:, None], neighbours], dim=1)
    clusters = clusters_of(nets.generator, features)
    if clusters is not None:
        mirrored = None  # what is known is the cluster of the picture, whichever way it is shown
    data = Neighbourhoods(images, features, linked, mirrored, nets.labels, clusters)
    other_name, other = second_encoder(encoder)
    judges = (Judge(name, encoder, features), Judge(other_name, other, seen_by(other)))
    held = _held_out(whole.only(rows), everything[torch.from_numpy(rows)], data) if len(rows) else None
    evaluator = make_evaluator(judges, own_labels, neighbours, told=nets.labels, held=held)
    return Plan(order, config, data, nets, encoder, record, evaluator, whole)


def make_evaluator(
    judges: tuple[Judge, Judge],
    classes: Tensor,
    neighbours: Tensor,
    samples: int | None = None,
    truncation: float = 1.0,
    *,
    told: Tensor,
    held: HeldOut | None = None,
) -> Evaluator:
    """Return what compares drawn pictures with the real ones that ``judges`` have seen.

    Args:
        classes: of the real pictures, by any numbering, int64 (N,), -1 for none.
        told: the same by the model's numbering, which is what it is told of them.
        held: pictures that are held out, if any are.
    """
    count = samples or min(MAX_SAMPLES, max(SAMPLES, len(classes)))
    return Evaluator(judges, judges[0].features, classes, neighbours, count, truncation, told, held=held)


def _held_out(images: ImageSet, features: Tensor, data: Neighbourhoods) -> HeldOut:
    """Return the pictures held out, with the classes and the nearest neighbours that ``data`` gives them."""
    told = dict(zip(data.images.labels.tolist(), data.classes.tolist(), strict=True))
    labels = torch.tensor([told.get(label, -1) for label in images.labels.tolist()])
    return HeldOut(images, features, labels, (features @ data.features.T).argmax(1))


def _fresh(order: Order, images: ImageSet, features: Tensor, config: TrainConfig) -> Networks:
    """Return untrained networks that are told what ``config`` says; raises RequestError if the pictures lack it."""
    conditioning, names = config.conditioning, images.class_names
    labels = torch.from_numpy(images.labels.copy())
    if conditioning is Conditioning.CLASS and not names:
        raise RequestError("Conditioning on a class needs classes. Sort the images into one folder for each class.")
    if not conditioning.uses_class:
        names, labels = (), torch.full_like(labels, -1)
    clusters = conditioning.clusters(config.clusters)
    centroids = cluster_centres(features, clusters) if clusters else None
    return fresh_networks(order.side, features.shape[1], names, labels, config, centroids)


def _encoder(order: Order, images: ImageSet) -> tuple[Encoder, Any, str]:
    """The encoder of a run, what the card says about it, and its name."""
    if order.encoder_run is not None:
        if order.base is not None:
            raise RequestError("A base model brings its own encoder; leave --encoder out, or name lite0.")
        network, config = load_trained(order.encoder_run, images)
        return BundledEncoder(network, config, "this run"), config, "its encoder"
    if order.shares_encoder:
        shared = shared_encoder()
        return shared, shared.record, "the bundled models"
    found = order.base or bundled_model()
    encoder = encoder_of(found)
    assert found.card is not None
    if not isinstance(encoder, BundledEncoder):
        return encoder, found.card.encoder, found.card.name
    if order.grows and not encoder.config.detail_side:
        seen = replace(encoder.config, detail_side=found.card.generator.resolution)
        encoder = BundledEncoder(encoder.network, seen, encoder.identity)
    return encoder, encoder.config, found.card.name


def config_as_json(config: TrainConfig) -> dict[str, Any]:
    """Return settings as JSON values."""
    return asdict(config) | {"augment": list(config.augment)}


def config_from_json(values: Mapping[str, Any]) -> TrainConfig:
    """Return settings from ``config_as_json``; raises RequestError if they are of another version."""
    try:
        # A run of the time before pictures could be held out learns from all of them.
        return TrainConfig(**{"held_out": 0.0, **values, "augment": tuple(values["augment"])})
    except (TypeError, KeyError, ValueError) as error:
        raise RequestError("The run's settings are of another version. Start a new run in another folder.") from error
