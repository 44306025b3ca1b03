"""Where a run starts from: fresh networks, or those of a model, fitted to the labels of the new pictures."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from icgan_demo.config import NOT_TRAINABLE, Discriminators, Losses, ProjectedConfig, TrainConfig
from icgan_demo.encoders.bundled import untrained_encoder
from icgan_demo.encoders.encoder import Encoder
from icgan_demo.encoders.table import check_encoder, load_encoder
from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.layers import ClusterEmbedding
from icgan_demo.models.projected_discriminator import ProjectedDiscriminator
from icgan_demo.training.start.grow import grown_discriminator
from icgan_demo.training.start.network_sizes import small_networks
from icgan_demo.training.start.refit import refitted
from icgan_demo.weights.cards import DISCRIMINATOR, PROJECTED, FoundModel, find_cards
from icgan_demo.weights.folders import bundled_models_folder, model_folders, place_in_list
from icgan_demo.weights.lite0_files import read_lite0
from icgan_demo.weights.model_folder import load_generator
from icgan_demo.weights.tensor_files import load_module

logger = logging.getLogger(__name__)

NEW_ROW_NOISE = 0.05
"""Deviation of a new class's row about the one it starts from, relative to that of the whole table."""
Grow = Callable[[BigGanGenerator, Tensor], BigGanGenerator]
"""From a generator and the labels by its classes, int64 (N,), to one of twice the side."""


Network = TypeVar("Network", BigGanGenerator, BigGanDiscriminator)


@dataclass(frozen=True)
class Refit:
    """Features of the run's pictures by the base's encoder and by the one that takes its place."""

    old: Tensor
    new: Tensor

    def of(self, network: Network) -> Network:
        """Return a generator or discriminator for the new features."""
        return refitted(network, self.old, self.new)


Judging = TypeVar("Judging", BigGanDiscriminator, ProjectedDiscriminator)


@dataclass(frozen=True)
class Networks:
    """What a run trains, and the classes it knows."""

    generator: BigGanGenerator
    discriminator: BigGanDiscriminator | None
    """That of pixels."""
    class_names: tuple[str, ...]
    labels: Tensor
    """Classes of the pictures by ``class_names``, int64 (N,), -1 for none."""
    is_fresh_discriminator: bool
    notes: tuple[str, ...] = ()
    """What a visitor should know, one sentence each."""
    projected: ProjectedDiscriminator | None = None
    """Heads on a trained network."""


def encoder_of(found: FoundModel) -> Encoder:
    """Return the encoder of a model; raises EncoderError or WeightsError if it cannot be had."""
    card = found.usable()
    check_encoder(card, found.folder)
    return load_encoder(card, found.folder)


def generator_of(found: FoundModel) -> AnyGenerator:
    """Return the generator of a model, to be measured; raises WeightsError if it cannot be had."""
    return load_generator(found.usable(), found.folder)


def trainable_generator_of(found: FoundModel) -> BigGanGenerator:
    """Return the generator of a model, to be trained on.

    Raises:
        RequestError: if this program cannot train such a network.
        WeightsError: if it cannot be had.
    """
    generator = generator_of(found)
    if not isinstance(generator, BigGanGenerator):
        raise RequestError(NOT_TRAINABLE.format(title=found.usable().title))
    return generator


def bundled_model() -> FoundModel:
    """Return the first bundled model, whose encoder is used where no other is named."""
    models = [model for model in find_cards([bundled_models_folder()]) if not model.message]
    found = min(models, key=lambda model: place_in_list(model.name), default=None)
    if found is None:
        raise RequestError("There is no bundled model to take an encoder from. Name one with --base or --encoder.")
    return found


def second_encoder(first: Encoder) -> tuple[str, Encoder]:
    """Return another small encoder for a second opinion: of another trained model, else an untrained one."""
    for found in find_cards(model_folders()):
        if found.card is not None and not found.message and found.card.encoder["kind"] == "bundled":
            encoder = load_encoder(found.card, found.folder)
            if encoder.identity != first.identity:
                return found.card.name, encoder
    return "untrained", untrained_encoder()


def fresh_networks(
    resolution: int,
    feature_dim: int,
    class_names: Sequence[str],
    labels: Tensor,
    train: TrainConfig,
    centroids: Tensor | None = None,
) -> Networks:
    """Return untrained networks that fit pictures and features; the seed alone decides their weights.

    Args:
        class_names, labels: what is told of classes; empty, and -1 everywhere, for nothing.
        centroids: of the clusters that take the place of the instances, unit rows (K, D); None for the instances.
    """
    is_spectral = train.loss is Losses.HINGE
    clusters = 0 if centroids is None else len(centroids)
    sizes = small_networks(resolution, feature_dim, len(class_names), clusters=clusters, spectral_norm=is_spectral)
    torch.manual_seed(train.seed)
    generator = BigGanGenerator(sizes[0])
    if centroids is not None:
        _set_centroids(generator.shared_feat, centroids)
    discriminator = None
    if train.discriminator is not Discriminators.PROJECTED:
        discriminator = _with_clusters_of(generator, BigGanDiscriminator(sizes[1]))
    projected = fresh_heads(generator) if train.discriminator is not Discriminators.PIXEL else None
    return Networks(
        generator, discriminator, tuple(class_names), labels, is_fresh_discriminator=False, projected=projected
    )


def fresh_heads(generator: BigGanGenerator) -> ProjectedDiscriminator:
    """Return an untrained projected discriminator for the conditions of ``generator``.

    Raises:
        EncoderError, WeightsError: if the trained network that it looks through cannot be had.
    """
    config = generator.config
    heads = ProjectedConfig(config.feature_dim, config.num_classes, config.no_label, clusters=config.clusters)
    return _with_clusters_of(generator, ProjectedDiscriminator(heads, read_lite0()))


def _with_clusters_of(generator: BigGanGenerator, judge: Judging) -> Judging:
    """Return a fresh discriminator with the clusters of ``generator``, where it has some."""
    if isinstance(generator.shared_feat, ClusterEmbedding):
        _set_centroids(judge.linear_feat, generator.shared_feat.centroids)
    return judge


def clusters_of(generator: BigGanGenerator, features: Tensor) -> Tensor | None:
    """Return the clusters that features (N, D) fall into, int64 (N,); None where they are embedded themselves."""
    layer = generator.shared_feat
    return layer.cluster_of(features) if isinstance(layer, ClusterEmbedding) else None


def _set_centroids(layer: nn.Module, centroids: Tensor) -> None:
    assert isinstance(layer, ClusterEmbedding)
    layer.centroids.copy_(centroids)


def networks_of(
    found: FoundModel,
    class_names: Sequence[str],
    labels: Tensor,
    train: TrainConfig,
    *,
    grow: Grow | None = None,
    refit: Refit | None = None,
) -> Networks:
    """Return the networks of a model, fitted to the labels of new pictures.

    Classes whose names the model knows keep their rows in its tables; new ones start from its "no label" row, or the
    mean of all rows. Without labels, the model keeps its classes. Without a discriminator, a fresh one is made.

    Args:
        class_names: of the new pictures; empty for unlabelled ones.
        labels: by ``class_names``, int64 (N,), -1 for none.
        train: says which discriminators there are, their loss, and the seed of what is new.
        grow: makes a generator of twice the side out of the model's; the discriminator then grows, too.
        refit: makes ready for the features of another encoder; heads of the model are then replaced by fresh ones.
    Raises:
        RequestError: if the model needs classes and the pictures have none, or if its networks cannot be grown.
        WeightsError: if a file is missing or damaged.
    """
    card = found.usable()
    torch.manual_seed(train.seed)
    notes = []
    old = card.class_names
    if old and not class_names and not card.generator.no_label:
        raise RequestError(f"{card.title} needs classes. Sort the images into one folder for each class.")
    if class_names and not old:
        notes.append("The base model has no classes; folder names are not used.")
        labels = torch.full_like(labels, -1)
    names = tuple(class_names) if class_names and old else old
    generator = trainable_generator_of(found)
    sources = rows_of(old, names)
    new_rows = sources if names != old else None
    if new_rows is not None:
        generator = _relabelled(generator, "shared", new_rows)
    if refit is not None:
        generator = refit.of(generator)
    if grow is not None:
        generator = grow(generator, labels)
    discriminator, projected, fresh = None, None, []
    if train.discriminator is not Discriminators.PROJECTED:
        discriminator = _discriminator_of(found, refit, new_rows, grows=grow is not None)
        if discriminator is None:
            discriminator = _fresh_discriminator(generator, train.loss)
            fresh.append("discriminator")
    if train.discriminator is not Discriminators.PIXEL:
        projected = _heads_of(found, new_rows) if refit is None else None
        if projected is None:
            projected = fresh_heads(generator)
            fresh.append("projected discriminator" if refit is None else "projected discriminator for this encoder")
    for what in fresh:
        notes.append(f"The base model has no {what}: a new one is trained first, with the generator frozen.")
    if old and class_names:
        known = sum(place is not None for place in sources)
        notes.append(f"The base model knows {known} of the {len(names)} classes.")
    return Networks(generator, discriminator, names, labels, bool(fresh), tuple(notes), projected)


NewRows = Sequence[int | None] | None
"""See ``rows_of``; None where a class table stays as it is."""


def _discriminator_of(
    found: FoundModel, refit: Refit | None, rows: NewRows, *, grows: bool
) -> BigGanDiscriminator | None:
    """Return the pixel discriminator of a model, for other features, classes or side if asked; None without one."""
    card = found.usable()
    if card.discriminator is None or DISCRIMINATOR not in card.files:
        return None
    with torch.device("meta"):
        discriminator = BigGanDiscriminator(card.discriminator)
    load_module(discriminator, found.folder / DISCRIMINATOR, card.files[DISCRIMINATOR].sha256)
    if refit is not None:
        discriminator = refit.of(discriminator)
    if grows:
        discriminator = grown_discriminator(discriminator)
    return discriminator if rows is None else _relabelled(discriminator, "embed", rows)


def _fresh_discriminator(generator: BigGanGenerator, loss: Losses) -> BigGanDiscriminator:
    """Return an untrained pixel discriminator for the conditions of ``generator``."""
    known = generator.config
    config = small_networks(known.resolution, known.feature_dim, known.num_classes, clusters=known.clusters)[1]
    if loss is Losses.HINGE:
        config = replace(config, spectral_norm=True, minibatch_deviation=False, pool="sum", leaky_slope=0.0)
    config = replace(config, no_label=known.no_label and known.num_classes > 0)
    return _with_clusters_of(generator, BigGanDiscriminator(config))


def _heads_of(found: FoundModel, rows: NewRows) -> ProjectedDiscriminator | None:
    """Return the projected discriminator of a model, for other classes if asked; None without one."""
    card = found.usable()
    if card.projected is None or PROJECTED not in card.files:
        return None
    heads = ProjectedDiscriminator(card.projected, read_lite0())
    load_module(heads, found.folder / PROJECTED, card.files[PROJECTED].sha256)
    return heads if rows is None else _relabelled_heads(heads, rows)


def rows_of(old: Sequence[str], new: Sequence[str]) -> list[int | None]:
    """Return for each new class the row of the old one of that name, whatever its case; None where there is none."""
    place = {name.casefold(): row for row, name in enumerate(old)}
    return [place.get(name.casefold()) for name in new]


def _relabelled(network: Network, table: str, sources: Sequence[int | None]) -> Network:
    """Return ``network`` with the rows ``sources`` as class table; new classes start near "no label" or the mean."""
    tensors = network.state_dict()
    tensors[f"{table}.weight"] = _rows(tensors[f"{table}.weight"], sources, no_label=network.config.no_label)
    if f"{table}.u0" in tensors:  # the power iteration of spectral norm has one number for each row
        tensors[f"{table}.u0"] = torch.randn(1, len(tensors[f"{table}.weight"]))
    with torch.device("meta"):
        resized = type(network)(replace(network.config, num_classes=len(sources)))
    resized.load_state_dict(tensors, assign=True)
    return resized


def _relabelled_heads(heads: ProjectedDiscriminator, sources: Sequence[int | None]) -> ProjectedDiscriminator:
    """Return ``heads`` with the rows ``sources`` as class table; see ``_relabelled``."""
    tensors = heads.state_dict()
    tensors["embed.weight"] = _rows(tensors["embed.weight"], sources, no_label=heads.config.no_label)
    resized = ProjectedDiscriminator(replace(heads.config, num_classes=len(sources)), read_lite0())
    resized.load_state_dict(tensors)
    return resized


def _rows(weight: Tensor, sources: Sequence[int | None], *, no_label: bool) -> Tensor:
    """Return a class table (rows, D) of known and new classes, and the "no label" row at its end where there is one."""
    start = weight[-1] if no_label else weight.mean(dim=0)
    noise = NEW_ROW_NOISE * weight.std() * torch.randn(len(sources), weight.shape[1])
    rows: list[Tensor] = [start + noise[i] if row is None else weight[row] for i, row in enumerate(sources)]
    return torch.stack([*rows, weight[-1]] if no_label else rows)
