"""The figures of a model's card as measures that can be shown: what was measured of samples, and the same of photos.

Cards carry figures in one of two layouts: those of ``benchmarks.model_figures``, measured with evaluation photos, and
those of a run's own evaluation, measured with its training pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icgan_demo.guards.numbers import finite_number, is_whole
from icgan_demo.training.common.run_folder import BY_CLASS

UNLABELLED, LABELLED = "no label", "labelled"
"""Kinds of samples: the class left to the instance, or given."""
PHOTOS = "photos"


@dataclass(frozen=True)
class Measure:
    """One quantity of a model."""

    name: str
    """One of ``NAMES``."""
    of_samples: dict[str, float]
    """Values by kind of samples."""
    of_photos: float | None
    """The same quantity of real photos, which a perfect model would reach; None where it was not measured."""

    @property
    def is_share(self) -> bool:
        """Whether it lies in 0..1; distances have no upper end."""
        return self.name not in ("frechet", "fid", "spread")

    @property
    def largest(self) -> float:
        """The largest value there is, and 1 at least for a share."""
        values = [*self.of_samples.values(), self.of_photos or 0.0]
        return max([*values, 1.0] if self.is_share else values)


@dataclass(frozen=True)
class Recognised:
    """How often images of one class were recognised as such: generated ones, and real photos."""

    name: str
    drawn: int
    drawn_recognised: int
    photos: int
    photos_recognised: int

    @property
    def of_drawn(self) -> float:
        """Share of the generated images, 0..1."""
        return self.drawn_recognised / self.drawn

    @property
    def of_photos(self) -> float:
        """Share of the photos, 0..1."""
        return self.photos_recognised / self.photos


@dataclass(frozen=True)
class ByClass:
    """What a trainer found out about the classes of its model, by a classifier that had no part in the training."""

    reason: str = ""
    """Why there is nothing to show: one of ``REASONS``; empty where there is something."""
    classes: tuple[Recognised, ...] = ()
    """The class that is recognised least comes first."""
    encoder: str = ""
    """Of the classifier."""
    told: bool = False
    """Whether the model was given the class, or the instance alone."""
    left_out: int = 0
    """Classes with too few images, or beyond the largest ones."""

    @property
    def of_drawn(self) -> float:
        """Share of generated images that are recognised, all classes alike, 0..1."""
        return sum(each.of_drawn for each in self.classes) / len(self.classes)

    @property
    def of_photos(self) -> float:
        """The same share of photos."""
        return sum(each.of_photos for each in self.classes) / len(self.classes)


REASONS = ("no_classes", "few_photos", "nothing_told")
MAX_COUNT, MAX_CLASSES, MAX_NAME = 10**6, 1000, 200

_EVALUATED: dict[str, Sequence[str]] = {
    "fid": ("inception", "to_evaluation", "fid"),
    "frechet": ("judge", "to_evaluation", "frechet"),
    "precision": ("judge", "to_evaluation", "precision"),
    "recall": ("judge", "to_evaluation", "recall"),
    "coverage": ("judge", "to_evaluation", "coverage"),
    "accuracy": ("accuracy",),
    "cosine": ("cosine",),
    "spread": ("spread", "judge"),
}
"""Where ``benchmarks.model_figures`` puts them, in the order in which they are shown."""
_TRAINED = {
    "frechet": ("fd", None),
    "precision": ("precision", None),
    "recall": ("recall", None),
    "coverage": ("coverage", None),
    "accuracy": ("agreement", None),
    "cosine": ("similarity", "real_similarity"),
}
"""What a run calls them, of samples and of photos."""
NAMES = tuple(_EVALUATED)


def measures(figures: Mapping[str, Any]) -> list[Measure]:
    """Return the measures that a card's figures hold; what is missing or no finite number is left out."""
    trained = figures.get("training")
    if isinstance(trained, Mapping):
        found = [
            Measure(name, _given(UNLABELLED, trained.get(key)), _number(trained.get(of_photos)))
            for name, (key, of_photos) in _TRAINED.items()
        ]
    else:
        found = [
            Measure(
                name,
                _given(UNLABELLED, _at(figures, UNLABELLED, *path)) | _given(LABELLED, _at(figures, LABELLED, *path)),
                _number(_at(figures, PHOTOS, *path)),
            )
            for name, path in _EVALUATED.items()
        ]
    return [measure for measure in found if measure.of_samples]


def by_class(figures: object) -> ByClass | None:
    """Return how often images were recognised as their class; None where a card's figures, from anywhere, lack it."""
    values = _at(figures, BY_CLASS)
    if not isinstance(values, Mapping):
        return None
    if values.get("reason") in REASONS:
        return ByClass(reason=values["reason"])
    classes, left_out = values.get("classes"), values.get("left_out")
    if not isinstance(classes, Mapping) or not 1 < len(classes) <= MAX_CLASSES or not is_whole(left_out, 0, MAX_COUNT):
        return None
    found = [_recognised(str(name)[:MAX_NAME], each) for name, each in classes.items()]
    rows = sorted((row for row in found if row is not None), key=lambda row: (row.of_drawn, row.name))
    if len(rows) < len(found):
        return None
    encoder = str(values.get("encoder", ""))[:MAX_NAME]
    return ByClass("", tuple(rows), encoder, values.get("told") is True, left_out)


def _recognised(name: str, values: object) -> Recognised | None:
    counts = [_at(values, key) for key in ("drawn", "drawn_recognised", "photos", "photos_recognised")]
    drawn, photos = counts[0], counts[2]
    if not is_whole(drawn, 1, MAX_COUNT) or not is_whole(photos, 1, MAX_COUNT):
        return None
    return Recognised(name, *counts) if is_whole(counts[1], 0, drawn) and is_whole(counts[3], 0, photos) else None


def _at(values: Any, *path: str) -> Any:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _given(kind: str, value: Any) -> dict[str, float]:
    number = _number(value)
    return {} if number is None else {kind: number}


def _number(value: Any) -> float | None:
    """A card comes from anywhere: only a finite number that is not below zero can be the length of a bar."""
    number = finite_number(value)
    return None if number is None or number < 0 else number
