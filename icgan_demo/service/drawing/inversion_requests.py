"""What redrawing a photo is asked for and what it tells on the way; checked on construction, no torch."""

from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from PIL import Image

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_number, check_truncation
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.search_requests import MAX_ROUNDS

STARTS = 16
"""Seeds that are tried; the nearest one begins."""
REACH = 0.9
"""Cosine of the farthest move of the instance."""

USUAL, FARTHEST = 0.56, 0.68
"""Distances below which half, and nine tenths, of forty photos stay that models of their kind have not seen."""


class Nearness(Enum):
    """What a distance means, by photos that models have not seen."""

    NEAR = "near"
    """Half of the photos of the model's own kind come no nearer."""
    USUAL = "usual"
    """As photos of its kind do."""
    FAR = "far"
    """Only a tenth of them stays that far."""

    @classmethod
    def of(cls, distance: float) -> "Nearness":
        """Return what a distance between a photo and its redrawing means."""
        return cls.NEAR if distance <= USUAL else cls.USUAL if distance <= FARTHEST else cls.FAR

    @property
    def sentence(self) -> str:
        """What it means, and what is not reached."""
        return {
            Nearness.NEAR: "This is near: layout, shapes and colours follow the photo. Fine details are the model's.",
            Nearness.USUAL: "Shapes and colours follow the photo; details do not: the model cannot draw just these.",
            Nearness.FAR: "This is far: nine in ten photos of its own kind are redrawn more nearly. Colours follow.",
        }[self]


@dataclass(frozen=True)
class InversionRequest:
    """One photo to redraw: the noise, and a small move of the instance, that come nearest to it."""

    model: str
    blend: Blend
    """The photo as the one instance, and the class it is drawn as, which stays."""
    photo: Image.Image
    """RGB; its centre square is what shall be redrawn."""
    seed: int = 0
    """The first of the seeds that are tried."""
    truncation: float = 1.0
    """The noise never leaves +-2 * truncation: the widest range redraws best."""
    rounds: int = 60
    """Steps of the search after the start; 0 keeps the best seed."""
    reach: float = REACH
    """Cosine between the photo's own instance and the farthest that it may move to, 0.5..1."""

    def __post_init__(self) -> None:
        check_integer("The seed", self.seed, 0, MAX_SEED)
        check_integer("Rounds", self.rounds, 0, MAX_ROUNDS)
        check_truncation(self.truncation)
        check_number("The reach of the instance", self.reach, 0.5, 1)
        if len(self.blend.features) != 1:
            raise RequestError("One photo is redrawn at a time, not a mix of several.")

    def drawing(self, step: "InversionStep") -> DrawRequest:
        """Return the request that draws what was found."""
        blend = replace(self.blend, features=(step.feature,))
        return DrawRequest(self.model, blend, (step.seed,), self.truncation, noise=step.noise)


@dataclass(frozen=True)
class InversionStep:
    """The nearest that was found so far."""

    number: int
    """Rounds done; 0 is the best of the seeds."""
    seed: int
    """Of the noise that it started from."""
    noise: np.ndarray
    """float32 (noise_dim,)."""
    feature: np.ndarray
    """The instance, moved: unit-length float32, shape (D,)."""
    distance: float
    """From the photo, 0 is the same; see ``Likeness.distance``."""
    evaluations: int
    """Pictures looked at so far."""
