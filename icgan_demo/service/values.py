"""The values that travel between callers and the service: what is asked for, and what comes back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

SAME_INSTANCE = 0.9999
"""Cosine from which a feature counts as a bank entry itself."""
Entry = TypeVar("Entry")
KNOWN_FROM = 10.0
"""Percent of the photos of its own kind that a model must know less well than a photo that it is said to know."""
AUTOMATIC = "auto"
"""In place of a model's name: the one that knows the photo best."""


@dataclass(frozen=True)
class Familiarity:
    """How well a model knows a photo."""

    model: str
    share: float
    """Percent of the photos of the model's own kind that it knows less well, 0..100."""
    value: float
    """The value behind it, by which models of the same share are ordered."""
    is_of_unseen: bool = True
    """Whether the model had never seen those photos; it learned from them otherwise."""

    @property
    def percent(self) -> int:
        """The share as it is said: whole, and never all."""
        return min(99, int(self.share))

    @property
    def is_known(self) -> bool:
        """Whether the model may be expected to draw neighbours of the photo."""
        return self.share >= KNOWN_FROM


@dataclass(frozen=True)
class Instance:
    """A picture as the model sees it."""

    feature: np.ndarray
    """Unit-length float32, shape (D,)."""
    crop: Image.Image
    """What the encoder saw: the centre square at the model's resolution."""
    notes: tuple[str, ...] = ()
    """Sentences about what was done to the upload."""
    familiarity: Familiarity | None = None
    """How well the model knows it; None if the model cannot say, or for a stored instance."""


@dataclass(frozen=True)
class Choice:
    """A photo as the model sees it that knows it best."""

    familiarities: tuple[Familiarity, ...]
    """How well each model that could be chosen knows it, best first."""
    instance: Instance
    """By the first of them, with its familiarity."""

    @property
    def model(self) -> str:
        """Name of the chosen model."""
        return self.familiarities[0].model


@dataclass(frozen=True)
class BankEntry:
    """One stored instance that a visitor can pick instead of uploading a photo."""

    row: int
    """Its row in the bank."""
    label: str | None
    """Its class name, if the model has classes."""
    thumbnail: Image.Image | None
    """Drawn by our own generator from this instance; None for a bank without pictures."""


EXAMPLES = 6
"""Stored instances that a page offers first."""


def spread(entries: Sequence[Entry], count: int) -> list[Entry]:
    """Return ``count`` entries spread evenly over a bank or a set, hence over its classes."""
    count = min(count, len(entries))
    return [entries[len(entries) * place // count] for place in range(count)]


@dataclass(frozen=True)
class Neighbour:
    """A bank instance near some feature."""

    entry: BankEntry
    cosine: float

    @property
    def distance(self) -> float:
        """Euclidean distance between the unit features, 0..2."""
        return distance_of(self.cosine)


@dataclass(frozen=True)
class ModelInfo:
    """One line of the model list."""

    name: str
    title: str
    resolution: int
    size_mb: float
    licence: str
    licence_note: str
    """One sentence for beside the pictures: what may be done with them and where the data is from."""
    class_names: tuple[str, ...]
    state: str
    """"ready", "loading", "available" (on disk), "downloadable", or "unavailable"."""
    message: str = ""
    """For "unavailable": which file is missing or damaged and what to do about it."""
    card: dict[str, Any] | None = None
    """The model's card as read from JSON, for the About page."""
    precision: str = ""
    """In which it draws on this machine, "float32" or "bfloat16"; empty if it cannot draw."""
    truncates_noise: bool = True
    """Whether truncation cuts its noise; otherwise it is psi, which pulls styles to their mean."""
    is_trainable: bool = True
    """Whether a training can start from it."""
    is_automatic: bool = False
    """Whether Automatic chooses among it and others."""
    learning: Path | None = None
    """The picture of how it learned, whose moments are on the card; None for a model without one."""
    load_s: float | None = None
    """Seconds that loading it will take, from its last time or else that of another by their sizes; None if unknown."""

    @property
    def needs_class(self) -> bool:
        """Whether it cannot draw without a class."""
        generator = (self.card or {}).get("generator") or {}
        return bool(generator.get("num_classes")) and not generator.get("no_label")


def distance_of(cosine: float) -> float:
    """Return the Euclidean distance of two unit features, 0..2, from their cosine: sqrt(2 - 2 cos)."""
    return math.sqrt(max(0.0, 2 - 2 * cosine))
