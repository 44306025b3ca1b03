"""Arithmetic on conditions: classes swapped and blended, instances mixed on the sphere, blocks crossed, paths walked.

A condition is the class embedding, then the instance embedding (``BigGanGenerator.condition``). Everything here makes
such vectors; drawing them is the generator's business.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from icgan_demo.inference.instance_model import Generator

ITERATIONS = 50
PARALLEL = 1e-6
"""Sine below which two directions count as one line."""


def slerp(start: Tensor, end: Tensor, t: float) -> Tensor:
    """Return the point at ``t`` of the great circle from ``start`` to ``end``, both (D,), of constant angular speed.

    Between unit vectors the result has unit length; between noise vectors it keeps their typical length, which a
    straight line would shorten by up to 30 % half-way. 0 and 1 return the ends themselves.

    Source: Shoemake 1985. Opposite ends leave the circle open; the one through a fixed third direction is taken.
    """
    if t <= 0 or t >= 1:
        return start if t <= 0 else end
    a, b = start.double(), end.double()
    cosine = float((a @ b) / (a.norm() * b.norm()).clamp(min=1e-12))
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    if math.sin(angle) > PARALLEL:
        mixed = (math.sin((1 - t) * angle) * a + math.sin(t * angle) * b) / math.sin(angle)
    elif cosine > 0:
        mixed = torch.lerp(a, b, t)
    else:
        side = torch.zeros_like(a)
        side[a.abs().argmin()] = 1
        side = side - (side @ a) / (a @ a) * a
        length = torch.lerp(a.norm(), b.norm(), t)
        mixed = length * (math.cos(t * math.pi) * a / a.norm() + math.sin(t * math.pi) * side / side.norm())
    return mixed.to(start.dtype)


def turned(point: Tensor, step: Tensor) -> Tensor:
    """Return the unit vector (D,) that a unit ``point`` (D,) comes to along the great circle that ``step`` points to.

    The angle is the length of what of ``step`` (D,) is tangent at the point, so steps of any direction can be added.
    """
    tangent = (step - (step @ point) * point).double()
    angle = float(tangent.norm())
    if angle < PARALLEL:
        return point
    moved = math.cos(angle) * point.double() + math.sin(angle) / angle * tangent
    return (moved / moved.norm()).float()


def mean_on_sphere(features: Tensor, weights: Sequence[float]) -> Tensor:
    """Return the weighted mean of unit vectors along the sphere; of two it is their ``slerp``.

    Args:
        features: unit-length rows (K, D).
        weights: K numbers, none negative, not all zero; only their shares count. With one share it is that row.
    Returns:
        Unit-length row (D,), float32.
    Source: Buss and Fillmore 2001, spherical averages, algorithm A1, started from the normalised mean.
    """
    shares = torch.tensor(weights, dtype=torch.float64)
    assert len(shares) == len(features), weights
    assert bool((shares >= 0).all()), weights
    assert float(shares.sum()) > 0, weights
    if int((shares > 0).sum()) == 1:
        return features[int(shares.argmax())].float()
    shares = shares / shares.sum()
    points = features.double()
    mean = shares @ points
    if float(mean.norm()) < 1e-9:  # opposite directions in balance: start from the heaviest
        mean = points[int(shares.argmax())]
    mean = mean / mean.norm()
    for _ in range(ITERATIONS):
        cosines = (points @ mean).clamp(-1, 1)
        tangents = points - cosines[:, None] * mean  # (K, D), of length sin(angle)
        sines = tangents.norm(dim=1)
        stretch = torch.where(sines > PARALLEL, torch.atan2(sines, cosines) / sines.clamp(min=PARALLEL), 1.0)
        step = (shares * stretch) @ tangents
        length = float(step.norm())
        if length < 1e-9:
            break
        mean = math.cos(length) * mean + math.sin(length) * step / length
    return (mean / mean.norm()).float()


@dataclass(frozen=True)
class Strengths:
    """How much of class and instance counts, each 0..1."""

    class_part: float
    instance_part: float

    @classmethod
    def of_balance(cls, balance: float) -> "Strengths":
        """Return those of one dial: 0 the class alone, 0.5 both in full, 1 the instance alone."""
        return cls(min(1.0, 2 - 2 * balance), min(1.0, 2 * balance))


class Blender:
    """Makes conditions of one generator out of features and weighted classes."""

    def __init__(self, generator: Generator, mean_feature: Tensor | None) -> None:
        """Prepare the two neutral parts, which say nothing in particular.

        Neutral for the instance is the mean condition over the bank, for the class the learned "no label" embedding;
        a model without one gets the mean over its classes.

        Args:
            generator: plain or prepared.
            mean_feature: mean of the bank's features (D,), not of unit length; None for a model without bank: zeros.
        """
        config = generator.config
        self._generator = generator
        self._class_dim = config.class_embed_dim if config.num_classes else 0
        self._any_feature = torch.zeros(1, config.feature_dim)
        mean = self._any_feature if mean_feature is None else mean_feature[None]
        self._neutral_instance = self.instance_part(mean[0])
        if not config.num_classes:
            self._neutral_class = torch.empty(0)
        elif config.no_label:
            self._neutral_class = self._embedded([-1])[0]
        else:
            self._neutral_class = self._embedded(range(config.num_classes)).mean(0)

    def instance_part(self, feature: Tensor) -> Tensor:
        """Return the instance embedding (feature_embed_dim,) of a feature (D,)."""
        labels = torch.zeros(1, dtype=torch.int64) if self._class_dim else None
        return self._generator.condition(feature[None], labels)[0, self._class_dim :]

    def class_part(self, classes: Sequence[tuple[int, float]], strength: float = 1.0) -> Tensor:
        """Return the weighted mean (class_embed_dim,) of class embeddings, pulled to "no label" by 1 - ``strength``.

        Args:
            classes: (row, weight) with row -1 for "no label"; only shares of the weights count; none: "no label".
            strength: 0 ignores the classes, 1 takes them in full.
        """
        total = sum(weight for _, weight in classes)
        parts = [(row, weight / total) for row, weight in classes if weight > 0] if total > 0 else []
        if not self._class_dim or not parts:
            return self._neutral_class
        mixed = sum(
            (share * (self._neutral_class if row < 0 else self._embedded([row])[0]) for row, share in parts),
            start=torch.zeros(self._class_dim),
        )
        return torch.lerp(self._neutral_class, mixed, strength)

    def condition(self, class_part: Tensor, feature: Tensor, strength: float = 1.0) -> Tensor:
        """Return the condition (condition_dim,) of a class part and a feature (D,).

        Args:
            class_part: from ``class_part``.
            feature: unit length, shape (D,).
            strength: 0 puts the mean over the bank in the instance's place, 1 takes the instance in full.
        """
        return torch.cat([class_part, torch.lerp(self._neutral_instance, self.instance_part(feature), strength)])

    def _embedded(self, rows: Sequence[int]) -> Tensor:
        features = self._any_feature.expand(len(rows), -1)
        return self._generator.condition(features, torch.tensor(rows))[:, : self._class_dim]


def crossed(coarse: Tensor, fine: Tensor, fine_from: int, blocks: int) -> list[Tensor]:
    """Return one condition for each block: ``coarse`` for small maps, ``fine`` from an output side of ``fine_from`` px.

    Args:
        coarse: (N, condition_dim); block i makes maps of 8 * 2^i px.
        fine: the same shape.
        fine_from: 8 or less gives every block ``fine``; more than the resolution gives every block ``coarse``.
        blocks: of the generator.
    """
    return [fine if 8 << block >= fine_from else coarse for block in range(blocks)]
