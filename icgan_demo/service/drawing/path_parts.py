"""The time of a path: how long it rests at each stop, and how it moves on to the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from icgan_demo.guards.numbers import check_integer

MAX_PART_FRAMES = 120
"""Frames of one rest, and of one way from stop to stop with a length of its own."""

Position = tuple[int, int, float]
"""From which stop to which, and how far: 0..1."""


class Easing(Enum):
    """How a part of a path moves."""

    LINEAR = "linear"
    """At a constant pace."""
    SMOOTH = "smooth"
    """Slowly away and slowly in, so that the path lingers at its stops."""
    HOLD = "hold"
    """Not at all: the stop stays until the next one takes its place at once."""

    def at(self, t: float) -> float:
        """Return how far the part is, 0..1, at a share ``t`` of its time, 0..1."""
        match self:
            case Easing.LINEAR:
                return t
            case Easing.SMOOTH:
                return t * t * (3 - 2 * t)
            case Easing.HOLD:
                return 0.0


@dataclass(frozen=True)
class PathPart:
    """How a path leaves a stop; the last stop of an open path is only rested at."""

    rest: int = 0
    """Frames for which it stays first, 0..120."""
    frames: int | None = None
    """Frames to the next stop, 1..120; None for as many as the other parts have."""
    easing: Easing | None = None
    """How it moves there; None for as the other parts do."""

    def __post_init__(self) -> None:
        check_integer("The rest at a stop", self.rest, 0, MAX_PART_FRAMES)
        if self.frames is not None:
            check_integer("Frames of a part", self.frames, 1, MAX_PART_FRAMES)


def path_positions(parts: Sequence[tuple[int, int, Easing]], *, loop: bool) -> list[Position]:
    """Return where every frame of a path is.

    A loop returns to the first stop and leaves out its last frame, which the first one repeats: it closes exactly. An
    open path ends at the last stop.

    Args:
        parts: rest, frames to the next stop and easing, one for each stop, at least 2.
        loop: whether the last part leads back to the first stop.
    """
    positions: list[Position] = []
    for stop, (rest, frames, easing) in enumerate(parts):
        if stop == len(parts) - 1 and not loop:
            positions += [(stop, stop, 0.0)] * (1 + rest)
        else:
            following = (stop + 1) % len(parts)
            positions += [(stop, following, 0.0)] * rest
            positions += [(stop, following, easing.at(frame / frames)) for frame in range(frames)]
    return positions
