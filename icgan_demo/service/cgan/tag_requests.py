"""What is asked of the tag model and what comes back; imports no network, so that the page can build on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Tag:
    """One word for a picture."""

    word: str
    votes: int
    """How many of the samples have it among their nearest words."""
    place: tuple[float, float]
    """Where it lies on the flat map of the words."""


@dataclass(frozen=True)
class Tagged:
    """A picture's tags."""

    tags: tuple[Tag, ...]
    """Most votes first."""
    samples: int
    """Word vectors drawn, and so the most votes a word can have."""
    cloud: np.ndarray
    """Where the samples lie on the flat map, float32 (samples, 2)."""
    is_weak: bool
    """Whether even the best words have few votes: the picture may show nothing that the model knows."""
    classes: tuple[str, ...]
    """Classes of the picture model that the tags name, best first."""
    crop: Image.Image
    """What the encoder saw."""
    notes: tuple[str, ...] = ()
    """Sentences about what was done to the upload."""


@dataclass(frozen=True)
class TagModelInfo:
    """The tag model in use."""

    title: str
    encoder_model: str
    """Name of the picture model whose encoder it takes features from."""
    words: tuple[str, ...]
    """Its vocabulary, in the order of the alphabet."""
    places: np.ndarray
    """Where the words lie on the flat map, float32 (W, 2)."""
    licence_note: str
    figures: dict[str, Any]


class Tagging(Protocol):
    """What the page and the command line need."""

    def info(self) -> TagModelInfo:
        """Return the model and its words; raises RequestError where there is no tag model, WeightsError if broken."""

    def tag(self, photo: Path | bytes) -> Tagged:
        """Return the tags of a picture; raises ImageError for one that cannot be used."""

    def tag_row(self, row: int) -> Tagged:
        """Return the tags of a stored instance of the picture model; raises RequestError for an unknown row."""

    def similar(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """Return the words nearest to one and their cosines; raises RequestError for a word it does not know."""
