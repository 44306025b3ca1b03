"""The figures of a model's card as measures that can be shown: what was measured of samples, and the same of photos.

Cards carry figures in one of two layouts: those of ``benchmarks.model_figures``, measured with evaluation photos, and
those of a run's own evaluation, measured with its training pictures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icgan_demo.guards.numbers import finite_number

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
