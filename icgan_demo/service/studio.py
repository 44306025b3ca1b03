"""The studio's drawing: requests of ``studio_requests`` turned into conditions, and those into pictures."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from icgan_demo.errors import RequestError
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.blend import Blender, Strengths, crossed, mean_on_sphere, path_positions, slerp
from icgan_demo.inference.sample import InstanceModel
from icgan_demo.pixels import to_pictures
from icgan_demo.service.requests import Sample
from icgan_demo.service.store import ModelStore
from icgan_demo.service.studio_requests import NO_LABEL, Blend, BlendRequest, Measured, TravelRequest, Weighted

logger = logging.getLogger(__name__)

VOTERS = 5
"""Bank entries that decide the class of a photo."""
SAME_INSTANCE = 0.9999
"""Cosine from which a feature counts as a bank entry itself."""
FRAMES_AT_ONCE = 4

IndexOf = Callable[[InstanceModel], NeighbourIndex | None]


class StudioService:
    """Implements ``Studio``; holds what is prepared for a model, nothing about a visitor."""

    def __init__(self, store: ModelStore, index_of: IndexOf) -> None:
        """Share the models of ``store`` and the bank indexes of the drawing service."""
        self._store = store
        self._index_of = index_of
        self._blenders: WeakKeyDictionary[InstanceModel, Blender] = WeakKeyDictionary()
        self._seconds: WeakKeyDictionary[InstanceModel, float] = WeakKeyDictionary()
        """Time of one picture, smoothed."""

    def own_class(self, model: str, feature: np.ndarray) -> str | None:
        """See ``Studio.own_class``."""
        loaded = self._store.get(model)
        index = self._index_of(loaded)
        if index is None or not loaded.card.class_names or loaded.bank is None:
            return None
        rows, cosines = index.search(checked_feature(loaded, feature)[None], min(VOTERS, len(index)))
        labels = loaded.bank.labels[rows[0]].tolist()
        if float(cosines[0, 0]) >= SAME_INSTANCE:
            labels = labels[:1]
        named = Counter(label for label in labels if label >= 0).most_common(1)  # of equal ones, the nearest
        return loaded.card.class_names[named[0][0]] if named else None

    @torch.inference_mode()
    def draw(self, request: BlendRequest) -> list[Image.Image]:
        """See ``Studio.draw``."""
        model = self._store.get(request.model)
        config = model.generator.config
        z = _noise(model, request)
        condition = self.condition(model, request.blend)
        fine = condition if request.fine is None else self.condition(model, request.fine)
        conditions = crossed(condition, fine, request.fine_from, config.blocks)
        start = time.perf_counter()
        pictures = [
            picture
            for noise in z.split(FRAMES_AT_ONCE)
            for picture in _drawn(model, noise, [c.expand(len(noise), -1) for c in conditions], request.truncation)
        ]
        self._remember(model, (time.perf_counter() - start) / len(pictures))
        return pictures

    def measure(self, request: BlendRequest, pictures: Sequence[Image.Image]) -> Measured:
        """See ``Studio.measure``."""
        model = self._store.get(request.model)
        instance = mixed_feature(model, request.blend)
        features = model.encode(pictures)
        cosines = (features @ instance).clamp(-1, 1).tolist()
        index = self._index_of(model)
        nearest: Sequence[int | None] = [None] * len(pictures)
        nearest_cosines: list[float] = []
        if index is not None:
            rows, found = index.search(features, 1)
            nearest, nearest_cosines = rows[:, 0].tolist(), found[:, 0].tolist()
        samples = [
            Sample(picture, seed, cosine, row)
            for picture, seed, cosine, row in zip(pictures, request.seeds, cosines, nearest, strict=True)
        ]
        return Measured(samples, nearest_cosines)

    def affordable(self, model: str, seconds: float, count: int) -> int:
        """See ``Studio.affordable``."""
        of_one = self._seconds.get(self._store.get(model), 0.0)
        return count if of_one * count <= seconds else max(1, int(seconds / of_one))

    @torch.inference_mode()
    def travel(self, request: TravelRequest) -> Iterator[Image.Image]:
        """See ``Studio.travel``."""
        model = self._store.get(request.model)
        blender = self._blender(model)
        z = model.noise([stop.seed for stop in request.stops], request.truncation)
        features = [mixed_feature(model, stop.blend) for stop in request.stops]
        strengths = [Strengths.of_balance(stop.blend.balance) for stop in request.stops]
        classes = [
            blender.class_part(_rows(model, stop.blend.swap.classes()), strength.class_part)
            for stop, strength in zip(request.stops, strengths, strict=True)
        ]
        positions = path_positions(len(request.stops), request.frames_per_leg, loop=request.loop, smooth=request.smooth)
        for first in range(0, len(positions), FRAMES_AT_ONCE):
            noises, conditions = [], []
            for a, b, t in positions[first : first + FRAMES_AT_ONCE]:
                instance_part = strengths[a].instance_part * (1 - t) + strengths[b].instance_part * t
                class_part = torch.lerp(classes[a], classes[b], t)
                conditions.append(blender.condition(class_part, slerp(features[a], features[b], t), instance_part))
                noises.append(slerp(z[a], z[b], t))
            yield from _drawn(model, torch.stack(noises), torch.stack(conditions), request.truncation)

    def condition(self, model: InstanceModel, blend: Blend) -> Tensor:
        """Return the condition (condition_dim,) of a blend."""
        blender, strengths = self._blender(model), Strengths.of_balance(blend.balance)
        class_part = blender.class_part(_rows(model, blend.swap.classes()), strengths.class_part)
        return blender.condition(class_part, mixed_feature(model, blend), strengths.instance_part)

    def _blender(self, model: InstanceModel) -> Blender:
        if model not in self._blenders:
            bank = model.bank
            mean = bank.features.mean(0) if bank is not None and len(bank.features) else None
            with torch.inference_mode():
                self._blenders[model] = Blender(model.generator, mean)
        return self._blenders[model]

    def _remember(self, model: InstanceModel, seconds: float) -> None:
        known = self._seconds.get(model, seconds)
        self._seconds[model] = 0.7 * known + 0.3 * seconds


def checked_feature(model: InstanceModel, feature: np.ndarray) -> Tensor:
    """Return a feature that came from outside as a tensor (D,); it must fit the model and have unit length."""
    length = model.card.generator.feature_dim
    if feature.shape != (length,) or not 0.99 < np.linalg.norm(feature.astype(np.float64)) < 1.01:
        raise RequestError(f"The instance does not belong to {model.card.title}. Upload the photo again.")
    return torch.from_numpy(np.asarray(feature, dtype=np.float32))


def mixed_feature(model: InstanceModel, blend: Blend) -> Tensor:
    """Return the one instance that a blend makes of several, of unit length (D,); raises RequestError."""
    features = torch.stack([checked_feature(model, feature) for feature in blend.features])
    return mean_on_sphere(features, blend.weights)


def _noise(model: InstanceModel, request: BlendRequest) -> Tensor:
    """Return the noise (N, noise_dim): of the seeds, or what a search found."""
    length = model.generator.config.noise_dim
    if request.noise is None:
        return model.noise(request.seeds, request.truncation)
    if request.noise.shape != (length,):
        raise RequestError(f"The found noise does not belong to {model.card.title}, which takes {length} numbers.")
    return torch.from_numpy(np.array(request.noise, dtype=np.float32))[None]


def _rows(model: InstanceModel, classes: Weighted) -> list[tuple[int, float]]:
    """Return class rows with weights; raises RequestError for a class that the model does not know."""
    return [(-1 if name == NO_LABEL else model.label_row(name), weight) for name, weight in classes]


def _drawn(
    model: InstanceModel, z: Tensor, conditions: Tensor | Sequence[Tensor], truncation: float
) -> list[Image.Image]:
    return to_pictures(model.generator(z, conditions, truncation))
