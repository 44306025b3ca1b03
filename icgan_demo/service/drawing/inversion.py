"""A photo redrawn: the noise and the small move of the instance that come nearest to it, by the search of the noise."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import EncoderError
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.likeness import Likeness
from icgan_demo.inference.noise_search import PORTION, InstanceSpace, NoiseSpace, Objective, search_by_gradient
from icgan_demo.models.efficientnet_lite import EfficientNetLite0
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.pixels import crop_to_square, from_pictures, to_images
from icgan_demo.service.drawing.drawing_service import checked_feature, conditioner
from icgan_demo.service.drawing.inversion_requests import STARTS, InversionRequest, InversionStep
from icgan_demo.weights.lite0_files import read_lite0


def invert(model: InstanceModel, network: AnyGenerator, request: InversionRequest) -> Iterator[InversionStep]:
    """Yield the best of the seeds, then the nearest after each round; see ``Search.invert``.

    Args:
        model: that draws.
        network: its plain generator, for gradients.
        request: what is redrawn.
    """
    feature = checked_feature(model, request.blend.features[0])
    crop = crop_to_square(request.photo, model.resolution)
    likeness = Likeness(_eyes(), to_images(from_pictures([crop]))[0])
    objective = _objective(model, network, request, likeness)
    seeds = [(request.seed + place) % (MAX_SEED + 1) for place in range(STARTS)]
    noise = model.noise(seeds, request.truncation)
    rows = torch.cat([noise, feature.expand(len(noise), -1)], dim=1)
    with torch.no_grad():
        resemblances = torch.cat([objective(few) for few in rows.split(PORTION)])
    best = int(resemblances.argmax())
    space = InstanceSpace(
        NoiseSpace(noise[best], network.live_noise(), request.truncation), feature, math.acos(request.reach)
    )
    length = noise.shape[1]
    for found in search_by_gradient(objective, space, request.rounds):
        yield InversionStep(
            found.number,
            seeds[best],
            found.noise[:length].numpy(),
            found.noise[length:].numpy(),
            1 - found.cosine,
            STARTS + found.evaluations,
        )


def _objective(model: InstanceModel, network: AnyGenerator, request: InversionRequest, likeness: Likeness) -> Objective:
    conditions = conditioner(model, network, request.blend)
    length = network.config.noise_dim

    def resemblances(rows: Tensor) -> Tensor:
        images = network(rows[:, :length], conditions(rows[:, length:]), request.truncation)
        return 1 - likeness.distance(images)

    return resemblances


def _eyes() -> EfficientNetLite0 | None:
    """Return the trained network; None where its package is not installed."""
    try:
        return read_lite0()
    except EncoderError:
        return None
