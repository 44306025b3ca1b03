"""The same path drawn by another model: what of its stops that model understands, and what stands in for the rest."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from icgan_demo.service.drawing.drawing_requests import NO_LABEL, Blend, DrawRequest, Swap, TravelStop
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.values import ModelInfo
from icgan_demo.weights.encoder_fingerprint import encoder_fingerprint

TYPICAL = 0.5
"""Truncation of the image that stands in for an instance without a photo."""


@dataclass(frozen=True)
class CarriedStops:
    """The stops of a path for another model."""

    stops: tuple[TravelStop, ...]
    lost_classes: tuple[str, ...] = ()
    """Classes of the path that the other model does not know: their shares go to "no label"."""
    are_seen_again: bool = False
    """Whether its instances are photos or images as another encoder sees them, and not the features themselves."""


def carried_over(
    stops: Sequence[TravelStop], source: ModelInfo, target: ModelInfo, sampling: Sampling, photos: Mapping[int, Path]
) -> CarriedStops:
    """Return stops for another model: the same times and seeds, classes by their names.

    Models of one encoder share instances. Else the other encoder sees the photo of a stop, where it is known, and
    without one the image that the first model generates of the instance.

    Args:
        stops: of a path of ``source``.
        source: the model that they were made for.
        target: the model that is to draw them.
        sampling: draws and encodes with both.
        photos: of stops with one instance, by their places.
    Raises:
        DemoError: if one of the models cannot be loaded, or a photo cannot be used.
    """
    carrying = _Carrying(source, target, sampling)
    carried = tuple(carrying.stop(stop, photos.get(place)) for place, stop in enumerate(stops))
    lost = tuple(dict.fromkeys(carrying.lost))
    return CarriedStops(carried, lost, not carrying.is_same_encoder)


class _Carrying:
    """Carries stops, each instance once."""

    def __init__(self, source: ModelInfo, target: ModelInfo, sampling: Sampling) -> None:
        self._source, self._target, self._sampling = source, target, sampling
        self._known = {name.casefold(): name for name in target.class_names}
        self._seen: dict[bytes, np.ndarray] = {}
        self.is_same_encoder = source.name == target.name or _fingerprint(source) == _fingerprint(target) is not None
        self.lost: list[str] = []

    def stop(self, stop: TravelStop, photo: Path | None) -> TravelStop:
        blend = stop.blend
        if not self.is_same_encoder:
            one = photo if len(blend.features) == 1 else None
            blend = replace(blend, features=tuple(self._feature(feature, one) for feature in blend.features))
        return replace(stop, blend=replace(blend, swap=self._swap(blend)))

    def _feature(self, feature: np.ndarray, photo: Path | None) -> np.ndarray:
        key = feature.tobytes()
        if key not in self._seen:
            picture = self._drawn(feature) if photo is None else photo
            self._seen[key] = self._sampling.encode(self._target.name, picture).feature
        return self._seen[key]

    def _drawn(self, feature: np.ndarray) -> bytes:
        drawing, buffer = self._sampling.drawing, io.BytesIO()
        swap = Swap.to(drawing.own_class(self._source.name, feature))
        (drawn,) = drawing.draw(DrawRequest(self._source.name, Blend((feature,), swap=swap), (0,), TYPICAL))
        drawn.picture.save(buffer, "PNG")
        return buffer.getvalue()

    def _swap(self, blend: Blend) -> Swap:
        """Return the classes of a stop that the other model knows; one of its own where it cannot do without."""
        swap = blend.swap
        self.lost += [name for name, _ in swap.classes() if name != NO_LABEL and name.casefold() not in self._known]
        own = self._known.get((swap.own or "").casefold())
        targets = tuple((self._known[name.casefold()], weight) for name, weight in swap.targets
                        if name.casefold() in self._known)  # fmt: skip
        carried = Swap(own, targets, swap.position)
        if self._target.needs_class and any(name == NO_LABEL for name, _ in carried.classes()):
            nearest = self._sampling.drawing.own_class(self._target.name, blend.features[0])
            return Swap.to(nearest or self._target.class_names[0])
        return carried


def _fingerprint(info: ModelInfo) -> str | None:
    return encoder_fingerprint(info.card) if info.card and "encoder" in info.card else None
