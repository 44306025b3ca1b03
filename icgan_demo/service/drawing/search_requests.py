"""What a guided search is asked for and what it tells on the way; checked on construction, no torch."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np

from icgan_demo.config import MAX_SEED, TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_truncation
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest

MAX_ROUNDS = 200
MAX_WORDS = 300


class Method(Enum):
    """How the noise is moved."""

    GRADIENT = "gradient"
    """Adam, one picture a round."""
    EVOLUTION = "evolution"
    """CMA-ES, a generation of pictures a round; needs no gradients."""


class Guide(Enum):
    """Whose features tell how alike two things are."""

    MODEL = "model"
    """The model's own encoder, which knows pictures alone."""
    OPENCLIP = "openclip"
    """An OpenCLIP model, which knows pictures and words."""


@dataclass(frozen=True)
class Target:
    """What the picture shall resemble: another picture, or words."""

    feature: np.ndarray | None = None
    """Of the picture in the model's encoder: unit-length float32, shape (D,)."""
    picture: Path | bytes | None = None
    """The picture itself, for a guide that is not the model's encoder."""
    words: str = ""
    """In place of the picture; only OpenCLIP reads them."""


@dataclass(frozen=True)
class SearchRequest:
    """One search."""

    model: str
    blend: Blend
    """What the picture is conditioned on, which stays."""
    target: Target
    seed: int = 0
    """Of the noise that it starts from."""
    truncation: float = TRUNCATION
    """The noise never leaves +-2 * truncation."""
    rounds: int = 60
    method: Method = Method.GRADIENT
    guide: Guide = Guide.MODEL

    def __post_init__(self) -> None:
        check_integer("The seed", self.seed, 0, MAX_SEED)
        check_integer("Rounds", self.rounds, 1, MAX_ROUNDS)
        check_truncation(self.truncation)
        words, feature = self.target.words, self.target.feature
        if len(words) > MAX_WORDS:
            raise RequestError(f"Use at most {MAX_WORDS} characters to describe the image.")
        if words and self.guide is not Guide.OPENCLIP:
            raise RequestError("Only OpenCLIP understands text. Choose an image instead.")
        if not words and feature is None and self.target.picture is None:
            raise RequestError("Choose a second image for the first one to resemble.")
        if not words and self.guide is Guide.MODEL and feature is None:
            raise RequestError("The model's encoder needs the feature of the second image. Choose it again.")
        if not words and self.guide is Guide.OPENCLIP and self.target.picture is None:
            raise RequestError("OpenCLIP compares images, not features. Choose the second image again.")

    def drawing(self, noise: np.ndarray | None = None) -> DrawRequest:
        """Return the request for one picture: of the start, or of found noise."""
        return DrawRequest(self.model, self.blend, (self.seed,), self.truncation, noise=noise)


@dataclass(frozen=True)
class SearchStep:
    """The best that was found so far."""

    number: int
    """Rounds done; 0 is the start."""
    noise: np.ndarray
    """float32 (noise_dim,)."""
    cosine: float
    """Between the features of picture and target, -1..1."""
    evaluations: int
    """Pictures looked at so far."""
