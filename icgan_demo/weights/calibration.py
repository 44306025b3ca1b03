"""How well a model knows a photo: better than how many photos of the model's own kind."""

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

VERSION = 1
"""Of the measure below; a calibration of another version says nothing."""
NEAREST = 5
"""Stored instances that a photo is compared with."""
EMPTY_SHARE = 0.5
"""How much of the nearness to pictures that show no thing counts against a photo."""
STEPS = 100
"""Parts that the photos of a calibration are divided into by how well they are known."""

Source = Literal["evaluation", "training"]


@dataclass(frozen=True)
class Calibration:
    """How familiar photos of a model's own kind are to it."""

    photos: Annotated[int, Field(ge=1)]
    """How many were measured."""
    source: Source
    """Whether the model had not seen them, or learned from them."""
    familiarity: Annotated[tuple[float, ...], Field(min_length=STEPS + 1, max_length=STEPS + 1)]
    """The least value, those that 1, 2, ... 99 percent of the photos do not exceed, and the greatest one."""
    version: int = VERSION

    def __post_init__(self) -> None:
        if not all(low <= high < inf for low, high in pairwise(self.familiarity)):
            raise ValueError("familiarity must ascend")

    def percent(self, familiarity: float) -> float:
        """Return how many percent of the photos are less familiar, 0..100, between steps in proportion."""
        place = bisect_left(self.familiarity, familiarity)
        if place in (0, len(self.familiarity)):
            return 0.0 if place == 0 else 100.0
        low, high = self.familiarity[place - 1 : place + 1]
        return place - 1 + (familiarity - low) / (high - low)


def familiarity(features: Tensor, bank: Tensor, nothing: Tensor) -> Tensor:
    """Return how familiar photos are, (N,): near to stored instances, and far from pictures that show no thing.

    Nearness to instances alone takes flat colours, noise and night for some animals and landscapes, whose photos are
    as plain. Instances count by the mean cosine of the nearest few, pictures of no thing by that of the nearest one.

    Args:
        features: unit-length rows (N, D).
        bank: unit-length rows (K, D) of a model's stored instances.
        nothing: unit-length rows (M, D) of pictures that show no thing.
    """
    return _familiarity(features @ bank.T, features, nothing)


def calibrated(features: Tensor, bank: Tensor, nothing: Tensor) -> Calibration:
    """Return the calibration by photos that the model has not seen; arguments as of ``familiarity``."""
    return _calibration(familiarity(features, bank, nothing), "evaluation")


def calibrated_by_training(features: Tensor, rows: Tensor, nothing: Tensor) -> Calibration | None:
    """Return the calibration by the photos that a model learned from; None for too few to say anything.

    Args:
        features: unit-length rows (N, D) of the photos.
        rows: int64 (K,), those of them that are its stored instances; no photo is compared with itself.
        nothing: as of ``familiarity``.
    """
    if len(rows) <= NEAREST:
        return None
    cosines = features @ features[rows].T
    cosines[rows, torch.arange(len(rows))] = -2
    return _calibration(_familiarity(cosines, features, nothing), "training")


def _familiarity(cosines: Tensor, features: Tensor, nothing: Tensor) -> Tensor:
    near = cosines.topk(min(NEAREST, cosines.shape[1]), dim=1).values.mean(dim=1)
    return near - EMPTY_SHARE * (features @ nothing.T).amax(dim=1)


def _calibration(values: Tensor, source: Source) -> Calibration:
    steps = torch.quantile(values.double(), torch.linspace(0, 1, STEPS + 1, dtype=torch.float64))
    return Calibration(len(values), source, tuple(round(value, 5) for value in steps.tolist()))
