"""Directions in what images are drawn of, steps along them, and which are looked for; checked on construction."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_number

MAX_MOVES = 4
"""Directions that one image may be moved along at once."""
MAX_AMOUNT = 6.0
"""Standard deviations."""
MAX_DIRECTIONS = 24
MAX_SET = 64
"""Instances on either side of a difference."""
MAX_LENGTH = 100.0
"""Of one standard deviation as a vector; those that are found here are much shorter."""
DIRECTIONS = 6


class Space(StrEnum):
    """What a direction is a direction of."""

    INSTANCE = "instance"
    """The instance's feature: a step turns it on the sphere."""
    CONDITION = "condition"
    """The condition that the blocks are given: class and instance, embedded."""
    NOISE = "noise"


class Kind(StrEnum):
    """How directions are found."""

    INSTANCE = "instance"
    """Principal directions of the stored instances."""
    CONDITION = "condition"
    """Principal directions of their conditions."""
    RESPONSES = "responses"
    """What a block answers to them with varies most along these (GANSpace)."""
    WEIGHTS = "weights"
    """The blocks' weights amplify these most (SeFa)."""
    NOISE = "noise"
    """The same for the noise."""
    DIFFERENCE = "difference"
    """From the mean of some instances to the mean of others."""


OF_BLOCKS = (Kind.RESPONSES, Kind.WEIGHTS)
"""Kinds that can be those of one block."""


@dataclass(frozen=True, eq=False)
class Direction:
    """One direction of one model."""

    space: Space
    vector: np.ndarray
    """One standard deviation, float32: of the stored instances (D,), their conditions (condition_dim,), or the noise
    (noise_dim,), for which it has unit length, since the truncation decides the deviation."""
    side: int | None = None
    """Output side of the only block that takes the step, px; None for all. Of conditions alone."""
    name: str = ""
    good: tuple[float, float] | None = None
    """Amounts between which images stay as near to stored instances as others are; None until it is measured."""

    def __post_init__(self) -> None:
        is_vector = self.vector.ndim == 1 and bool(np.isfinite(self.vector).all())
        if not is_vector or not 0 < float(np.linalg.norm(self.vector.astype(np.float64))) <= MAX_LENGTH:
            raise RequestError("The direction is damaged. Look for it again.")
        for amount in self.good or ():
            check_number("The good amount", amount, -MAX_AMOUNT, MAX_AMOUNT)
        if self.side is not None and self.space is not Space.CONDITION:
            raise RequestError("Only a direction of the condition can be that of one block.")
        if self.side is not None:
            check_integer("The side of the block", self.side, 8, 1024)


@dataclass(frozen=True, eq=False)
class Move:
    """A step along a direction."""

    direction: Direction
    amount: float
    """Standard deviations, -6..6."""

    def __post_init__(self) -> None:
        check_number("The amount of a direction", self.amount, -MAX_AMOUNT, MAX_AMOUNT)


@dataclass(frozen=True, eq=False)
class DirectionsRequest:
    """Directions to be found; the same request always finds the same."""

    model: str
    kind: Kind = Kind.WEIGHTS
    side: int | None = None
    """Output side of the block whose weights or responses count, px; None for all."""
    count: int = DIRECTIONS
    """At most so many, the strongest first; a difference is one."""
    these: tuple[np.ndarray, ...] = field(default=())
    """Of a difference: the instances that the direction leads to, unit-length float32, each (D,)."""
    those: tuple[np.ndarray, ...] = field(default=())
    """Those that it leads away from."""

    @property
    def ends(self) -> tuple[tuple[np.ndarray, ...], ...]:
        """Of a difference, these and those; of others nothing."""
        return (self.these, self.those) if self.kind is Kind.DIFFERENCE else ()

    def __post_init__(self) -> None:
        check_integer("Directions", self.count, 1, MAX_DIRECTIONS)
        if self.side is not None:
            check_integer("The side of the block", self.side, 8, 1024)
            if self.kind not in OF_BLOCKS:
                raise RequestError(f"Directions by {self.kind.value} are not those of one block. Leave the side out.")
        for features in self.ends:
            if not 1 <= len(features) <= MAX_SET:
                raise RequestError(f"A difference needs 1 to {MAX_SET} instances on each side, got {len(features)}.")
