"""What is drawn: neighbours of an instance, classes swapped, instances mixed, paths; checked on construction."""

import secrets
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
from PIL import Image

from icgan_demo.config import MAX_SEED, TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_number, check_truncation
from icgan_demo.service.drawing.direction_requests import MAX_MOVES, Move
from icgan_demo.service.drawing.path_parts import Easing, PathPart, Position, path_positions
from icgan_demo.service.values import distance_of

COUNT = 16
"""Neighbours that are drawn unless another number is asked for."""
SEEDS = 4
"""Pictures that a page of the studio draws at once."""
MAX_PICTURES = 64
MAX_BEST_OF = 10
MAX_INSTANCES = 4
MAX_TARGETS = 6
MAX_STOPS = 12
MAX_FRAMES_PER_LEG = 60
MAX_FRAMES = 1440
"""Of a whole path."""
NOISE_ROUNDING = 1e-5
NO_LABEL = ""
"""Stands for "no label" among weighted classes."""

Weighted = tuple[tuple[str, float], ...]
"""Class names with their weights; only shares count."""


def random_seed() -> int:
    """Return a seed that nobody can guess."""
    return secrets.randbelow(MAX_SEED + 1)


def seeds_from(first: int | None, count: int = SEEDS) -> tuple[int, ...]:
    """Return seeds that follow each other, so that more continue fewer; after the largest comes 0.

    None begins at random.
    """
    base = random_seed() if first is None else first
    return tuple((base + index) % (MAX_SEED + 1) for index in range(count))


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

    @classmethod
    def to(cls, label: str | None) -> "Swap":
        """Return what draws one class as it is; None for "no label"."""
        return cls(None, ((label, 1.0),), 1.0) if label else cls()

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
            raise RequestError("The instance feature is damaged. Choose the photo again.")


@dataclass(frozen=True)
class DrawRequest:
    """Pictures of one blend on given seeds; new neighbours of a photo are a blend of one instance."""

    model: str
    """Name of the model, for example ``produce64``."""
    blend: Blend
    seeds: tuple[int, ...] = tuple(range(SEEDS))
    """One picture each; 0 .. 2^31 - 1."""
    truncation: float = TRUNCATION
    """0.05 (all alike) .. 1 (widest variety)."""
    fine: Blend | None = None
    """Style mixing: what the blocks of fine maps are conditioned on instead."""
    fine_from: int = 32
    """Output side of the first block that takes ``fine``, px."""
    noise: np.ndarray | None = None
    """What a search found, float32 (noise_dim,) within +-2 * truncation: drawn in place of the one seed's noise."""
    best_of: int | None = None
    """Of a set of neighbours: candidates drawn for each picture kept, 1..10; the nearest to the instance stay."""
    centre: np.ndarray | None = None
    """Of many centres of instances, the one that truncation pulls to: unit-length float32 (D,); None for one of all."""
    moves: tuple[Move, ...] = ()
    """Steps along directions of instance, condition and noise, all taken together; at most four."""

    def __post_init__(self) -> None:
        if len(self.moves) > MAX_MOVES:
            raise RequestError(f"At most {MAX_MOVES} directions can be combined, got {len(self.moves)}.")
        if self.best_of is not None:
            check_integer("Candidates per image", self.best_of, 1, MAX_BEST_OF)
            assert self.fine is None, "a set of neighbours has one instance"
            assert self.noise is None, "a set of neighbours has seeds"
            assert not self.moves, "a set of neighbours stays around its instance"
            assert self.seeds == seeds_from(self.seeds[0], len(self.seeds)), self.seeds
        if not 1 <= self.count <= MAX_PICTURES:
            raise RequestError(f"Between 1 and {MAX_PICTURES} seeds can be used at once, got {len(self.seeds)}.")
        for seed in self.seeds:
            check_integer("The seed", seed, 0, MAX_SEED)
        check_truncation(self.truncation)
        check_integer("The side of the fine blocks", self.fine_from, 8, 512)
        if self.noise is not None:
            self._check_noise(self.noise)

    def _check_noise(self, noise: np.ndarray) -> None:
        if len(self.seeds) != 1:
            raise RequestError(f"Found noise generates one image, not {len(self.seeds)}.")
        inside = noise.ndim == 1 and bool((np.abs(noise) <= 2 * self.truncation + NOISE_ROUNDING).all())
        if not inside:  # numbers that are not finite included
            raise RequestError("The noise leaves the range that its truncation allows.")

    @classmethod
    def neighbours(
        cls,
        model: str,
        feature: np.ndarray,
        count: int = COUNT,
        seed: int = 0,
        truncation: float = TRUNCATION,
        label: str | None = None,
        best_of: int = 1,
    ) -> "DrawRequest":
        """Return the request for new neighbours of one instance.

        Args:
            model: name of the model.
            feature: the instance: unit-length float32, shape (D,).
            count: pictures wanted, 1..64.
            seed: base seed; candidate i uses (seed + i) mod 2^31, whatever the count.
            truncation: 0.05 (all alike) .. 1 (widest variety).
            label: class name, or None to leave the class to the instance.
            best_of: candidates drawn for each picture kept, 1..10; the nearest to the instance stay.
        Raises:
            RequestError: for a value out of range.
        """
        check_integer("Images", count, 1, MAX_PICTURES)
        check_integer("The seed", seed, 0, MAX_SEED)
        check_integer("Candidates per image", best_of, 1, MAX_BEST_OF)
        seeds = seeds_from(seed, count * best_of)
        return cls(model, Blend((feature,), swap=Swap.to(label)), seeds, truncation, best_of=best_of)

    def moved(self, *moves: Move) -> "DrawRequest":
        """Return the request for the same pictures after further steps along directions; none may be ranked."""
        assert self.best_of in (None, 1), "which of the ranked ones stayed is not known"
        return replace(self, best_of=None, moves=(*self.moves, *moves))

    @property
    def count(self) -> int:
        """Number of pictures that are kept."""
        return len(self.seeds) // (self.best_of or 1)

    @property
    def label(self) -> str | None:
        """The one class that a set of neighbours is drawn as, None to leave it to the instance."""
        return self.blend.swap.targets[0][0] if self.blend.swap.targets else None

    def stills(self) -> "DrawRequest":
        """Return the request itself: every picture stands for itself."""
        return self


@dataclass(frozen=True)
class TravelStop:
    """One place on a path."""

    blend: Blend
    seed: int = 0
    part: PathPart = field(default_factory=PathPart)
    """The time from this stop to the next one."""

    def __post_init__(self) -> None:
        check_integer("The seed", self.seed, 0, MAX_SEED)


@dataclass(frozen=True)
class TravelRequest:
    """A path through instances, classes and seeds."""

    model: str
    stops: tuple[TravelStop, ...]
    """2 to 12."""
    frames_per_leg: int = 24
    """Frames of the parts that do not say it themselves, 1 to 60; 1 draws the stops alone."""
    loop: bool = True
    """Whether the path returns to its first stop, seamlessly."""
    smooth: bool = True
    """Whether those parts that do not say it themselves linger at the stops; False walks at a constant pace."""
    truncation: float = TRUNCATION

    def __post_init__(self) -> None:
        if not 2 <= len(self.stops) <= MAX_STOPS:
            raise RequestError(f"A path has between 2 and {MAX_STOPS} stops, got {len(self.stops)}.")
        check_integer("Frames per leg", self.frames_per_leg, 1, MAX_FRAMES_PER_LEG)
        check_truncation(self.truncation)
        if self.frames > MAX_FRAMES:
            raise RequestError(
                f"A path has at most {MAX_FRAMES} frames, this one has {self.frames}. Shorten some parts."
            )

    def stills(self) -> "TravelRequest":
        """Return the request for its stops alone: the frames that the path passes through."""
        return self.sketch(1)

    def sketch(self, frames_per_leg: int) -> "TravelRequest":
        """Return the same way with as many frames on every part, and no rests."""
        stops = tuple(replace(stop, part=replace(stop.part, rest=0, frames=None)) for stop in self.stops)
        return replace(self, stops=stops, frames_per_leg=frames_per_leg)

    def positions(self) -> list[Position]:
        """Return where every frame is."""
        usual = Easing.SMOOTH if self.smooth else Easing.LINEAR
        times = [stop.part for stop in self.stops]
        parts = [(time.rest, time.frames or self.frames_per_leg, time.easing or usual) for time in times]
        return path_positions(parts, loop=self.loop)

    def stretches(self) -> list[tuple[Position, int]]:
        """Return the positions that differ from the one before, each with the number of frames that it stays."""
        return [(position, len(list(same))) for position, same in groupby(self.positions())]

    @property
    def frames(self) -> int:
        """Number of pictures of the whole path."""
        return len(self.positions())


Request = DrawRequest | TravelRequest


@dataclass(frozen=True)
class Drawn:
    """One drawn picture."""

    picture: Image.Image
    """RGB, at the model's resolution."""
    seed: int = 0
    """Asking for this seed alone draws this picture again; frames of a path have none."""


@dataclass(frozen=True)
class Sample(Drawn):
    """One drawn picture and how near it is to its instance."""

    cosine: float | None = None
    """Cosine between the picture's feature and the instance, -1..1; None until it is measured."""
    nearest_real: int | None = None
    """Row of the nearest bank instance; None without a bank, and until it is measured."""

    @property
    def distance(self) -> float | None:
        """Euclidean distance between the unit features, 0..2; None until it is measured."""
        return None if self.cosine is None else distance_of(self.cosine)
