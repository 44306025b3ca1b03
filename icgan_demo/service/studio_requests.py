"""What the studio is asked for: classes to swap, instances to mix, paths to walk; checked on construction, no torch."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.requests import MAX_SEED, Sample, check_integer, check_number

MAX_PICTURES = 64
MAX_INSTANCES = 4
MAX_TARGETS = 6
MAX_STOPS = 12
MAX_FRAMES_PER_LEG = 60
NOISE_ROUNDING = 1e-5
NO_LABEL = ""
"""Stands for "no label" among weighted classes."""

Weighted = tuple[tuple[str, float], ...]
"""Class names with their weights; only shares count."""


@dataclass(frozen=True)
class Swap:
    """Which class an instance is drawn as."""

    own: str | None = None
    """The class that the instance has by itself; None for "no label"."""
    targets: Weighted = ()
    """The classes it is swapped to, with weights; more than one are blended."""
    position: float = 0.0
    """-1 its own class, 0 no label, 1 the targets."""

    def __post_init__(self) -> None:
        check_number("The class slider", self.position, -1, 1)
        if len(self.targets) > MAX_TARGETS:
            raise RequestError(f"At most {MAX_TARGETS} classes can be blended, got {len(self.targets)}.")
        for _, weight in self.targets:
            check_number("The weight of a class", weight, 0, 1)

    def classes(self) -> Weighted:
        """Return the classes with their shares, which sum to 1; ``NO_LABEL`` among them."""
        total = sum(weight for _, weight in self.targets)
        if self.position <= 0:
            shares = {NO_LABEL: 1 + self.position}
            shares[self.own or NO_LABEL] = shares.get(self.own or NO_LABEL, 0.0) - self.position
        else:
            shares = {NO_LABEL: 1 - self.position if total else 1.0}
            for name, weight in self.targets if total else ():
                shares[name] = shares.get(name, 0.0) + self.position * weight / total
        return tuple((name, share) for name, share in shares.items() if share > 0)


@dataclass(frozen=True)
class Blend:
    """What pictures are conditioned on: instances mixed on the sphere, and a class swapped."""

    features: tuple[np.ndarray, ...]
    """1 to 4 instances: unit-length float32, each of shape (D,)."""
    weights: tuple[float, ...] = (1.0,)
    """One for each instance, 0..1, not all 0; only shares count."""
    swap: Swap = Swap()
    balance: float = 0.5
    """0 the class alone, 0.5 both in full, 1 the instances alone."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.features) <= MAX_INSTANCES:
            raise RequestError(f"Between 1 and {MAX_INSTANCES} instances can be mixed, got {len(self.features)}.")
        if len(self.weights) != len(self.features):
            raise RequestError(f"{len(self.features)} instances need as many weights, got {len(self.weights)}.")
        for weight in self.weights:
            check_number("The weight of an instance", weight, 0, 1)
        if not sum(self.weights) > 0:
            raise RequestError("All weights are zero. Give at least one instance some weight.")
        check_number("The balance", self.balance, 0, 1)
        if any(feature.ndim != 1 or not np.isfinite(feature).all() for feature in self.features):
            raise RequestError("The instance feature is damaged. Upload the photo again.")


@dataclass(frozen=True)
class BlendRequest:
    """Pictures of one blend on given seeds."""

    model: str
    blend: Blend
    seeds: tuple[int, ...] = (0, 1, 2, 3)
    """One picture each, 1 to 64 of them; 0 .. 2^31 - 1."""
    truncation: float = 0.8
    """0.05 (all alike) .. 1 (widest variety)."""
    fine: Blend | None = None
    """Style mixing: what the blocks of fine maps are conditioned on instead."""
    fine_from: int = 32
    """Output side of the first block that takes ``fine``, px."""
    noise: np.ndarray | None = None
    """What a search found, float32 (noise_dim,) within +-2 * truncation: drawn in place of the one seed's noise."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.seeds) <= MAX_PICTURES:
            raise RequestError(f"Between 1 and {MAX_PICTURES} seeds can be drawn at once, got {len(self.seeds)}.")
        for seed in self.seeds:
            check_integer("The seed", seed, 0, MAX_SEED)
        check_number("Truncation", self.truncation, 0.05, 1)
        check_integer("The side of the fine blocks", self.fine_from, 8, 512)
        if self.noise is not None:
            self._check_noise(self.noise)

    def _check_noise(self, noise: np.ndarray) -> None:
        if len(self.seeds) != 1:
            raise RequestError(f"Found noise draws one picture, not {len(self.seeds)}.")
        inside = noise.ndim == 1 and bool((np.abs(noise) <= 2 * self.truncation + NOISE_ROUNDING).all())
        if not inside:  # numbers that are not finite included
            raise RequestError("The noise leaves the range that its truncation allows.")


@dataclass(frozen=True)
class Stop:
    """One place on a path."""

    blend: Blend
    seed: int = 0

    def __post_init__(self) -> None:
        check_integer("The seed", self.seed, 0, MAX_SEED)


@dataclass(frozen=True)
class TravelRequest:
    """A path through instances, classes and seeds."""

    model: str
    stops: tuple[Stop, ...]
    """2 to 12."""
    frames_per_leg: int = 24
    """Frames from one stop to the next, 2 to 60."""
    loop: bool = True
    """Whether the path returns to its first stop, seamlessly."""
    smooth: bool = True
    """Whether it lingers at the stops; False walks at a constant pace."""
    truncation: float = 0.8

    def __post_init__(self) -> None:
        if not 2 <= len(self.stops) <= MAX_STOPS:
            raise RequestError(f"A path has between 2 and {MAX_STOPS} stops, got {len(self.stops)}.")
        check_integer("Frames per leg", self.frames_per_leg, 2, MAX_FRAMES_PER_LEG)
        check_number("Truncation", self.truncation, 0.05, 1)

    @property
    def frames(self) -> int:
        """Number of pictures of the whole path."""
        legs = len(self.stops) if self.loop else len(self.stops) - 1
        return legs * self.frames_per_leg + (0 if self.loop else 1)


@dataclass(frozen=True)
class Measured:
    """Pictures and what can be said about them."""

    samples: list[Sample]
    """Each with its cosine to the mixed instance and its nearest bank row."""
    nearest_cosines: list[float] = field(default_factory=list)
    """Cosine of each picture to that bank row; empty for a model without bank."""


class Studio(Protocol):
    """What the page and the command line need from the studio (tests put a painted fake here)."""

    def own_class(self, model: str, feature: np.ndarray) -> str | None:
        """Return the class of an instance: a bank entry's own, else what its nearest bank entries mostly are."""
        ...

    def draw(self, request: BlendRequest) -> list[Image.Image]:
        """Return one picture for each seed, as fast as can be; raises RequestError, WeightsError."""
        ...

    def measure(self, request: BlendRequest, pictures: Sequence[Image.Image]) -> Measured:
        """Embed pictures that ``draw`` returned and say how near they are to the instance and to real ones."""
        ...

    def affordable(self, model: str, seconds: float, count: int) -> int:
        """Return how many of ``count`` pictures fit into that time, by what was measured before; at least 1."""
        ...

    def travel(self, request: TravelRequest) -> Iterator[Image.Image]:
        """Yield the frames of a path in order."""
        ...
