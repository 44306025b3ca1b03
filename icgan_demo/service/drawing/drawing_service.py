"""Drawing: requests of ``drawing_requests`` turned into conditions, and those into pictures."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, repeat
from weakref import WeakKeyDictionary

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from icgan_demo.config import MAX_SEED, Limits
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_number
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.conditions import Blender, Strengths, crossed, mean_on_sphere, slerp
from icgan_demo.inference.feature_sampling import sampled_feature
from icgan_demo.inference.instance_model import Generator, InstanceModel
from icgan_demo.pixels import to_pictures
from icgan_demo.service.drawing.children import NEAR, Parent, crossed_parents, varied
from icgan_demo.service.drawing.children_requests import ChildrenRequest
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest, Kind, Move
from icgan_demo.service.drawing.drawing_requests import (
    NO_LABEL,
    Blend,
    Drawn,
    DrawRequest,
    Request,
    Sample,
    Swap,
    TravelRequest,
    Weighted,
)
from icgan_demo.service.drawing.found_directions import found_directions, moved_conditions, moved_feature, moved_noise
from icgan_demo.service.drawing.good_range import GoodRanges
from icgan_demo.service.drawing.grid_requests import Drawable, GridRequest
from icgan_demo.service.drawing.modes import Centres, truncated
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.values import SAME_INSTANCE

logger = logging.getLogger(__name__)

VOTERS = 5
"""Bank entries that decide the class of a photo."""
PORTIONS = (1, 15)
"""Pictures drawn between two looks at whether the visitor is still there, the last number again and again: one at
first, for the shortest wait, then many, since an answer costs a browser more than a picture costs the model."""
PORTION_S, LEAST = 0.5, 4
"""How long a larger portion may take, s, though none gets smaller than ``LEAST`` for that."""

IndexOf = Callable[[InstanceModel], NeighbourIndex | None]


class DrawingService:
    """Implements ``Drawing``; holds what is prepared for a model, nothing about a visitor."""

    def __init__(self, store: ModelStore, index_of: IndexOf, limits: Limits) -> None:
        """Share the models of ``store`` and the bank indexes of the drawing service; draw no more than ``limits``."""
        self._store = store
        self._limits = limits
        self._index_of = index_of
        self._blenders: WeakKeyDictionary[InstanceModel, Blender] = WeakKeyDictionary()
        self._seconds: WeakKeyDictionary[InstanceModel, float] = WeakKeyDictionary()
        """Time of drawing one picture, smoothed."""
        self._measuring_s: WeakKeyDictionary[InstanceModel, float] = WeakKeyDictionary()
        """Time of its figures, the last."""
        self._centres = Centres()
        self._directions: WeakKeyDictionary[InstanceModel, dict[tuple[Kind, int | None, int], list[Direction]]]
        self._directions = WeakKeyDictionary()
        """Those found before, but for differences."""
        self._good_ranges = GoodRanges(self.draw)

    def own_class(self, model: str, feature: np.ndarray) -> str | None:
        """See ``Drawing.own_class``."""
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

    def draw(self, request: Drawable) -> Iterator[Drawn]:
        """See ``Drawing.draw``."""
        if isinstance(request, GridRequest):
            self._check_limit(request)
            yield from chain.from_iterable(map(self.draw, request.parts()))
        elif isinstance(request, TravelRequest):
            stay = (count for _, count in request.stretches())
            distinct = (picture for few in self._pictures(request) for picture in few)
            for picture, count in zip(distinct, stay, strict=True):
                yield from repeat(Drawn(picture), count)
        elif (request.best_of or 1) > 1:
            *_, kept = self.samples(request)
            yield from kept
        else:
            pictures = (picture for few in self._pictures(request) for picture in few)
            yield from map(Drawn, pictures, request.seeds)

    def samples(self, request: DrawRequest) -> Iterator[list[Sample]]:
        """See ``Drawing.samples``."""
        samples: list[Sample] = []
        is_ranked = (request.best_of or 1) > 1
        start = time.monotonic()
        try:
            for pictures in self._pictures(request):
                seeds = request.seeds[len(samples) : len(samples) + len(pictures)]
                drawn = [Sample(*each) for each in zip(pictures, seeds, strict=True)]
                samples += self.measure(request, drawn) if is_ranked else drawn
                yield list(samples)
            if is_ranked:
                kept = keep_nearest([sample.cosine or 0.0 for sample in samples], request.count)
                yield [samples[position] for position in kept]
        finally:
            elapsed_ms = 1000 * (time.monotonic() - start)
            found = (request.model, request.seeds[0], len(samples), len(request.seeds), elapsed_ms)
            logger.info("%s: seed %d, %d of %d images, %.0f ms", *found)

    def measure(self, request: DrawRequest, drawn: Sequence[Drawn]) -> list[Sample]:
        """See ``Drawing.measure``."""
        model = self._store.get(request.model)
        start = time.perf_counter()
        features = model.encode([one.picture for one in drawn])
        self._measuring_s[model] = (time.perf_counter() - start) / max(1, len(drawn))
        cosines = (features @ mixed_feature(model, request.blend)).clamp(-1, 1).tolist()
        index = self._index_of(model)
        nearest = [None] * len(drawn) if index is None else index.search(features, 1)[0][:, 0].tolist()
        return [
            Sample(one.picture, one.seed, cosine, row) for one, cosine, row in zip(drawn, cosines, nearest, strict=True)
        ]

    @torch.inference_mode()
    def children(self, asked: ChildrenRequest) -> list[DrawRequest]:
        """See ``Drawing.children``."""
        model = self._store.get(asked.model)
        parents = [self._parent(model, request) for request in asked.parents]
        if len(parents) == 2:
            return list(crossed_parents(parents[0], parents[1], model, asked))
        return list(varied(parents[0], model, self._near(model, parents[0].feature), asked))

    def centred(self, request: DrawRequest) -> DrawRequest:
        """See ``Drawing.centred``."""
        model = self._store.get(request.model)
        return replace(request, centre=self._centres.nearest(model, mixed_feature(model, request.blend)).numpy())

    @torch.inference_mode()
    def surprise(self, model: str, seed: int) -> DrawRequest:
        """See ``Drawing.surprise``."""
        loaded = self._store.get(model)
        if loaded.bank is None or not len(loaded.bank.features):
            raise RequestError(f"{loaded.card.title} has no stored instances to start from. Drop a photo instead.")
        feature = sampled_feature(loaded.bank.features, np.random.default_rng(seed)).numpy()
        own = None if loaded.card.generator.no_label else self.own_class(model, feature)
        return DrawRequest(model, Blend((feature,), swap=Swap.to(own)), (seed,))

    @torch.inference_mode()
    def directions(self, asked: DirectionsRequest) -> list[Direction]:
        """See ``Drawing.directions``."""
        model = self._store.get(asked.model)
        ends = [torch.stack([checked_feature(model, each) for each in side]) for side in asked.ends]
        known = {} if ends else self._directions.setdefault(model, {})
        key = (asked.kind, asked.side, asked.count)
        if key not in known:
            known[key] = found_directions(model, lambda: self._store.network(asked.model), asked, ends)
        return list(known[key])

    def good_range(self, model: str, direction: Direction) -> Direction:
        """See ``Drawing.good_range``."""
        return self._good_ranges.measured(self._store.get(model), direction)

    def expected_s(self, request: Drawable) -> float:
        """See ``Drawing.expected_s``."""
        if isinstance(request, GridRequest):
            return sum(map(self.expected_s, request.parts()))
        model = self._store.get(request.model)
        is_ranked = isinstance(request, DrawRequest) and (request.best_of or 1) > 1
        measuring = self._measuring_s.get(model, 0.0) if is_ranked else 0.0
        count = len(request.stretches()) if isinstance(request, TravelRequest) else _total(request)
        return count * (self._seconds.get(model, 0.0) + measuring)

    def affordable(self, model: str, seconds: float, count: int) -> int:
        """See ``Drawing.affordable``."""
        of_one = self._seconds.get(self._store.get(model), 0.0)
        return count if of_one * count <= seconds else max(1, int(seconds / of_one))

    @torch.inference_mode()
    def _pictures(self, request: Request) -> Iterator[list[Image.Image]]:
        """Yield one picture, then a few at a time, in the order of the request's seeds or frames.

        A set of neighbours is made as ``InstanceModel.sample`` makes it, a blend with a condition for each block: the
        products that earlier versions formed, since others round differently and recipes promise the same pictures.
        """
        self._check_limit(request)
        model = self._store.get(request.model)
        if isinstance(request, TravelRequest):
            few = self._travelled(model, request)
        elif request.best_of is not None:
            few = self._neighbours(model, request)
        else:
            few = self._blended(model, request)
        start = time.perf_counter()
        for pictures in few:
            self._remember(model, (time.perf_counter() - start) / len(pictures))
            yield pictures
            start = time.perf_counter()

    def _check_limit(self, request: Drawable) -> None:
        if _total(request) > self._limits.drawn_at_once:
            raise RequestError(
                f"This page generates at most {self._limits.drawn_at_once} images at a time, candidates and frames of "
                f"a film included; these would be {_total(request)}. Ask for fewer, or use your own machine."
            )

    def _neighbours(self, model: InstanceModel, request: DrawRequest) -> Iterator[list[Image.Image]]:
        feature, towards = _truncated(model, request)
        for part in self._portions(model, len(request.seeds)):
            yield model.sample(feature, request.seeds[part], request.truncation, request.label, towards)

    def _blended(self, model: InstanceModel, request: DrawRequest) -> Iterator[list[Image.Image]]:
        z = moved_noise(model, _noise(model, request), request.truncation, request.moves)
        feature, towards = _truncated(model, request)
        drawn = (
            request.blend
            if request.centre is None
            else replace(request.blend, features=(feature.numpy(),), weights=(1.0,))
        )
        coarse = self.condition(model, drawn, request.moves)
        fine = coarse if request.fine is None else self.condition(model, request.fine, request.moves)
        conditions = crossed(coarse, fine, request.fine_from, model.generator.config.blocks)
        conditions = moved_conditions(model, conditions, request.moves)
        for part in self._portions(model, len(z)):
            noise = z[part]
            of_each = [c.expand(len(noise), -1) for c in conditions]
            yield to_pictures(model.generator(noise, of_each, request.truncation, towards))

    def _travelled(self, model: InstanceModel, request: TravelRequest) -> Iterator[list[Image.Image]]:
        blender = self._blender(model)
        z = model.noise([stop.seed for stop in request.stops], request.truncation)
        features = [mixed_feature(model, stop.blend) for stop in request.stops]
        strengths = [Strengths.of_balance(stop.blend.balance) for stop in request.stops]
        classes = [
            blender.class_part(_rows(model, stop.blend.swap.classes()), strength.class_part)
            for stop, strength in zip(request.stops, strengths, strict=True)
        ]
        positions = [position for position, _ in request.stretches()]
        for part in self._portions(model, len(positions)):
            noises, conditions = [], []
            for a, b, t in positions[part]:
                instance_part = strengths[a].instance_part * (1 - t) + strengths[b].instance_part * t
                class_part = torch.lerp(classes[a], classes[b], t)
                conditions.append(blender.condition(class_part, slerp(features[a], features[b], t), instance_part))
                noises.append(slerp(z[a], z[b], t))
            yield to_pictures(model.generator(torch.stack(noises), torch.stack(conditions), request.truncation))

    def condition(self, model: InstanceModel, blend: Blend, moves: Sequence[Move] = ()) -> Tensor:
        """Return the condition (condition_dim,) of a blend, whose instance takes the steps of ``moves``."""
        return _condition(self._blender(model), model, blend)(moved_feature(model, mixed_feature(model, blend), moves))

    @torch.inference_mode()
    def towards_seed(self, found: DrawRequest, seed: int, share: float) -> DrawRequest:
        """See ``Drawing.towards_seed``."""
        check_integer("The seed", seed, 0, MAX_SEED)
        check_number("The way to the seed", share, 0, 1)
        model = self._store.get(found.model)
        noise = slerp(_noise(model, found)[0], model.noise([seed], found.truncation)[0], share)
        limit = 2 * found.truncation
        return replace(found, seeds=found.seeds[:1], noise=noise.clamp(-limit, limit).numpy())

    def _parent(self, model: InstanceModel, request: DrawRequest) -> Parent:
        one = replace(request, seeds=request.seeds[:1], best_of=None)
        return Parent(one, mixed_feature(model, one.blend), _noise(model, one)[0])

    def _near(self, model: InstanceModel, feature: Tensor) -> np.ndarray:
        """Return the rows of the nearest stored instances, the nearest first; none without a bank."""
        index = self._index_of(model)
        if index is None:
            return np.empty(0, np.int64)
        return index.search(feature[None], min(NEAR, len(index)))[0][0].numpy()

    def _blender(self, model: InstanceModel) -> Blender:
        if model not in self._blenders:
            with torch.inference_mode():
                self._blenders[model] = _blender_of(model, model.generator)
        return self._blenders[model]

    def _portions(self, model: InstanceModel, count: int) -> Iterator[slice]:
        """Yield the places of the portions, which are asked for one after the other: the first tells the speed."""
        start = 0
        for most in chain(PORTIONS, repeat(PORTIONS[-1])):
            if start >= count:
                return
            affordable = int(PORTION_S / self._seconds[model]) if model in self._seconds else most
            size = min(most, max(LEAST, affordable))
            yield slice(start, start + size)
            start += size

    def _remember(self, model: InstanceModel, seconds: float) -> None:
        known = self._seconds.get(model, seconds)
        self._seconds[model] = 0.7 * known + 0.3 * seconds


def _total(request: Drawable) -> int:
    """Return how many pictures are drawn for a request: of ranked ones all candidates."""
    if isinstance(request, GridRequest):
        return request.count
    return request.frames if isinstance(request, TravelRequest) else len(request.seeds)


def checked_feature(model: InstanceModel, feature: np.ndarray) -> Tensor:
    """Return a feature that came from outside as a tensor (D,); it must fit the model and have unit length."""
    length = model.card.generator.feature_dim
    if feature.shape != (length,) or not 0.99 < np.linalg.norm(feature.astype(np.float64)) < 1.01:
        raise RequestError(f"The instance does not belong to {model.card.title}. Choose the photo again.")
    return torch.from_numpy(np.asarray(feature, dtype=np.float32))


def mixed_feature(model: InstanceModel, blend: Blend) -> Tensor:
    """Return the one instance that a blend makes of several, of unit length (D,); raises RequestError."""
    features = torch.stack([checked_feature(model, feature) for feature in blend.features])
    return mean_on_sphere(features, blend.weights)


def _truncated(model: InstanceModel, request: DrawRequest) -> tuple[Tensor, Tensor | None]:
    """Return the instance that is drawn, and the style that truncation pulls to; see ``truncated``."""
    centre = None if request.centre is None else checked_feature(model, request.centre)
    return truncated(model, mixed_feature(model, request.blend), request.truncation, centre)


def conditioner(model: InstanceModel, generator: Generator, blend: Blend) -> Callable[[Tensor], Tensor]:
    """Return what turns features (N, D) in place of a blend's instance into conditions (N, condition_dim).

    Gradients pass through it where they pass through ``generator``, which is the model's, plain or prepared.
    """
    condition = _condition(_blender_of(model, generator), model, blend)
    return lambda features: torch.stack([condition(feature) for feature in features])


def keep_nearest(cosines: Sequence[float], count: int) -> list[int]:
    """Return the positions of the ``count`` largest cosines, largest first; of equal ones, the earlier.

    Source: the ranking of the official IC-GAN demo; between unit features, cosine and Euclidean order agree.
    """
    return sorted(range(len(cosines)), key=lambda position: -cosines[position])[:count]


def _blender_of(model: InstanceModel, generator: Generator) -> Blender:
    bank = model.bank
    return Blender(generator, bank.features.mean(0) if bank is not None and len(bank.features) else None)


def _condition(blender: Blender, model: InstanceModel, blend: Blend) -> Callable[[Tensor], Tensor]:
    """Return what turns a feature (D,) in place of a blend's instance into a condition (condition_dim,)."""
    strengths = Strengths.of_balance(blend.balance)
    class_part = blender.class_part(_rows(model, blend.swap.classes()), strengths.class_part)
    return lambda feature: blender.condition(class_part, feature, strengths.instance_part)


def _noise(model: InstanceModel, request: DrawRequest) -> Tensor:
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
