"""From a name to a model that draws."""

import logging
from collections.abc import Sequence
from pathlib import Path

import torch

from icgan_demo.config import Precision
from icgan_demo.encoders.table import load_encoder
from icgan_demo.errors import EncoderError, RequestError, WeightsError
from icgan_demo.guards.weights_file import load_tensors
from icgan_demo.inference.fast.prepare import choose_precision, prepare
from icgan_demo.inference.instance_model import Bank, InstanceModel
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.weights.cards import INSTANCES, Card, FoundModel, find_cards, inspect_model
from icgan_demo.weights.folders import is_folder, model_folder_of, model_folders
from icgan_demo.weights.model_folder import load_generator

logger = logging.getLogger(__name__)


def load_model(
    name: str, folders: Sequence[Path] | None = None, precision: Precision = Precision.AUTO
) -> InstanceModel:
    """Return a model by its name in the model list, or by the path of its folder.

    Args:
        name: for example ``produce64``, or a folder: ``runs/mine/model``, or ``runs/mine``, a finished training run.
        folders: searched for models; None means the bundled ones, then the user's.
        precision: of the drawing; AUTO means what suits this processor.
    Raises:
        RequestError: if there is no such model or precision.
        WeightsError, EncoderError: if it cannot be loaded; the text says which file and what to do.
    """
    return open_model(find_model(name, folders), precision)


def find_model(name: str, folders: Sequence[Path] | None = None) -> FoundModel:
    """Return the model of that name, or in that folder; raises RequestError if there is none."""
    found = {model.name: model for model in find_cards(model_folders() if folders is None else folders)}
    if name in found:
        return found[name]
    if is_folder(name):
        return inspect_model(model_folder_of(Path(name)))
    known = f"Available: {', '.join(found)}." if found else "There are none; the weights folder is empty."
    raise RequestError(f"There is no model {name[:100]!r}. {known}")


def open_model(found: FoundModel, precision: Precision = Precision.AUTO) -> InstanceModel:
    """Return a found model with everything loaded and checked.

    Raises:
        WeightsError, EncoderError: if a part is missing or damaged.
    """
    card, folder = found.usable(), found.folder
    precision = choose_precision(precision)
    encoder = load_encoder(card, folder)  # first, because a model without its encoder is of no use
    if encoder.feature_dim != card.generator.feature_dim:
        raise EncoderError(
            f"The encoder of {card.title} makes {encoder.feature_dim} numbers per image, "
            f"its generator takes {card.generator.feature_dim}. Choose another model."
        )
    generator = prepare(load_network(card, folder), precision)  # from here on, its weights exist once
    logger.info("loaded %s, drawn in %s", card.name, precision)
    return InstanceModel(card, encoder, generator, load_bank(card, folder))


def load_network(card: Card, folder: Path) -> AnyGenerator:
    """Return the plain generator of a model's folder, evaluated: slower than the prepared one, but differentiable.

    Raises:
        WeightsError: if its file is missing or damaged.
    """
    return load_generator(card, folder).eval().requires_grad_(False)


def load_bank(card: Card, folder: Path) -> Bank | None:
    """Return the stored instances of a model, None if it has none; raises WeightsError if its file is damaged."""
    if INSTANCES not in card.files:
        return None
    tensors = load_tensors(folder / INSTANCES, None, card.files[INSTANCES].sha256)
    features, labels = tensors.get("features"), tensors.get("labels")
    config = card.generator
    fits = (
        features is not None
        and labels is not None
        and features.dtype == torch.float32
        and labels.dtype == torch.int64
        and features.shape == (len(labels), config.feature_dim)
        and bool(((labels >= -1) & (labels < max(config.num_classes, 1))).all())
        and bool((features.norm(dim=1) - 1).abs().lt(1e-3).all())
    )
    if not fits:
        raise WeightsError(
            f"{folder.name}/{INSTANCES} does not hold instances of this model. Download the model again."
        )
    assert features is not None
    assert labels is not None
    return Bank(features, labels)
