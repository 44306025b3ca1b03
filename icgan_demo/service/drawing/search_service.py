"""Guided search with the models of the store: requests turned into conditions, targets and objectives."""

import logging
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from icgan_demo.encoders.encoder import Encoder, encode_pictures
from icgan_demo.encoders.openclip import OpenClipEncoder, create_encoder
from icgan_demo.errors import EncoderError
from icgan_demo.guards.picture import read_picture
from icgan_demo.guards.weights_file import check_safetensors
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.noise_search import NoiseSpace, Objective, search_by_evolution, search_by_gradient
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.service.drawing.drawing_service import DrawingService, checked_feature
from icgan_demo.service.drawing.inversion import invert
from icgan_demo.service.drawing.inversion_requests import InversionRequest, InversionStep
from icgan_demo.service.drawing.search_requests import Guide, Method, SearchRequest, SearchStep
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.folders import user_models_folder
from icgan_demo.weights.published.encoder_store import ENCODERS

logger = logging.getLogger(__name__)

GUIDE_FOLDER = "openclip"
HOW_TO_GET = (
    "Put an OpenCLIP weights file, named after its architecture (for example ViT-B-32.safetensors), into the folder "
    f"{ENCODERS}/{GUIDE_FOLDER} of the model folder."
)


class SearchService:
    """Implements ``Search``; holds OpenCLIP once it was needed, nothing about a visitor."""

    def __init__(self, store: ModelStore, drawing: DrawingService) -> None:
        """Share the models of ``store``, and the conditions that ``drawing`` makes of blends."""
        self._store = store
        self._drawing = drawing

    def understands_words(self, model: str) -> bool:
        """See ``Search.understands_words``."""
        own = isinstance(self._store.get(model).encoder, OpenClipEncoder)
        return own or guide_file(user_models_folder()) is not None

    def run(self, request: SearchRequest) -> Iterator[SearchStep]:
        """See ``Search.run``."""
        model = self._store.get(request.model)
        encoder = self._encoder(model, request.guide)
        target = self._target(model, encoder, request)
        condition = self._drawing.condition(model, request.blend).clone()  # of a kind that gradients may pass through
        network = self._store.network(request.model)
        start = model.noise([request.seed], request.truncation)[0]
        space = NoiseSpace(start, network.live_noise(), request.truncation)
        drawn_for = condition, request.truncation, target
        if request.method is Method.GRADIENT:
            found = search_by_gradient(_differentiable(network, encoder, *drawn_for), space, request.rounds)
        else:
            objective = _quick(model, encoder, *drawn_for)
            found = search_by_evolution(objective, space, request.rounds, request.seed)
        started, done = time.monotonic(), 0
        try:
            for best in found:
                done = best.number
                yield SearchStep(best.number, best.noise.numpy(), best.cosine, best.evaluations)
        finally:
            elapsed = time.monotonic() - started
            logger.info("%s: search by %s, %d rounds, %.1f s", request.model, request.method.value, done, elapsed)

    def invert(self, request: InversionRequest) -> Iterator[InversionStep]:
        """See ``Search.invert``."""
        model = self._store.get(request.model)
        started = time.monotonic()
        found = invert(model, self._store.network(request.model), request)
        for step in found:
            yield step
        logger.info("%s: photo redrawn, %d rounds, %.1f s", request.model, step.number, time.monotonic() - started)

    def _encoder(self, model: InstanceModel, guide: Guide) -> Encoder:
        if guide is Guide.MODEL or isinstance(model.encoder, OpenClipEncoder):
            return model.encoder
        return _load_guide(guide_file(user_models_folder()))

    def _target(self, model: InstanceModel, encoder: Encoder, request: SearchRequest) -> Tensor:
        """Return the unit-length feature (D,) that the pictures' features shall come near to."""
        target = request.target
        if target.words:
            assert isinstance(encoder, OpenClipEncoder), request.guide
            return encoder.encode_text(target.words).clone()
        if encoder is model.encoder:
            assert target.feature is not None
            return checked_feature(model, target.feature)
        assert target.picture is not None
        return encode_pictures(encoder, [read_picture(target.picture).picture], model.resolution)[0].clone()


@cache
def _load_guide(file: Path | None) -> OpenClipEncoder:
    """Return the guide, loaded once for each file that takes its place."""
    return load_guide(user_models_folder())


def _differentiable(
    network: AnyGenerator, encoder: Encoder, condition: Tensor, truncation: float, target: Tensor
) -> Objective:
    def cosines(z: Tensor) -> Tensor:
        return encoder.embed(network(z, condition.expand(len(z), -1), truncation)) @ target

    return cosines


def _quick(model: InstanceModel, encoder: Encoder, condition: Tensor, truncation: float, target: Tensor) -> Objective:
    @torch.inference_mode()
    def cosines(z: Tensor) -> Tensor:
        return encoder.encode(model.generator(z, condition.expand(len(z), -1), truncation)) @ target

    return cosines


def guide_file(models: Path) -> Path | None:
    """Return the weights of the guide in a model folder, the first by name of several; None without."""
    return next(iter(sorted((models / ENCODERS / GUIDE_FOLDER).glob("*.safetensors"))), None)


def load_guide(models: Path) -> OpenClipEncoder:
    """Return the guide of a model folder; nothing is downloaded.

    Raises:
        EncoderError: if there is none, OpenCLIP cannot be imported, or it does not know the architecture.
        WeightsError: if the file is damaged.
    """
    path = guide_file(models)
    if path is None:
        raise EncoderError(f"Searching by words needs OpenCLIP weights. {HOW_TO_GET}")
    check_safetensors(path, None)
    return create_encoder(path.stem, str(path))
