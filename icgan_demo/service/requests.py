"""The values that travel between callers and the service: what is asked for, and what comes back."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PIL import Image

from icgan_demo.errors import RequestError

if TYPE_CHECKING:
    from icgan_demo.service.search_requests import Search
    from icgan_demo.service.studio_requests import Studio

MAX_COUNT = 64
MAX_BEST_OF = 10
MAX_SEED = 2**31 - 1


@dataclass(frozen=True)
class SampleRequest:
    """Everything that decides a set of pictures; together with the model it is the recipe."""

    model: str
    """Name of the model, for example ``produce64``."""
    feature: np.ndarray
    """The instance: unit-length float32, shape (D,)."""
    count: int = 16
    """Pictures wanted, 1..64."""
    seed: int = 0
    """Base seed; candidate i uses (seed + i) mod 2^31, whatever the count."""
    truncation: float = 0.8
    """0.05 (all alike) .. 1 (widest variety)."""
    label: str | None = None
    """Class name, or None to leave the class to the instance."""
    best_of: int = 1
    """Candidates drawn for each picture kept, 1..10; the nearest to the instance stay."""

    def __post_init__(self) -> None:
        check_integer("Pictures", self.count, 1, MAX_COUNT)
        check_integer("The seed", self.seed, 0, MAX_SEED)
        check_integer("Candidates per picture", self.best_of, 1, MAX_BEST_OF)
        if not 0.05 <= self.truncation <= 1:
            raise RequestError(f"Truncation must be between 0.05 and 1, got {self.truncation}.")
        if self.feature.ndim != 1 or not np.isfinite(self.feature).all():
            raise RequestError("The instance feature is damaged. Upload the photo again.")


@dataclass(frozen=True)
class Sample:
    """One generated picture and how near it is to its instance."""

    picture: Image.Image
    """RGB, at the model's resolution."""
    seed: int
    """Asking for this seed alone draws this picture again."""
    cosine: float
    """Cosine between the picture's feature and the instance, -1..1."""
    nearest_real: int | None = None
    """Row of the nearest bank instance, None without a bank."""

    @property
    def distance(self) -> float:
        """Euclidean distance between the unit features, 0..2: sqrt(2 - 2 cos)."""
        return float(np.sqrt(max(0.0, 2 - 2 * self.cosine)))


@dataclass(frozen=True)
class Instance:
    """A picture as the model sees it."""

    feature: np.ndarray
    """Unit-length float32, shape (D,)."""
    crop: Image.Image
    """What the encoder saw: the centre square at the model's resolution."""
    notes: tuple[str, ...] = ()
    """Sentences about what was done to the upload."""


@dataclass(frozen=True)
class BankEntry:
    """One stored instance that a visitor can pick instead of uploading a photo."""

    row: int
    """Its row in the bank."""
    label: str | None
    """Its class name, if the model has classes."""
    thumbnail: Image.Image | None
    """Drawn by our own generator from this instance; None for a bank without pictures."""


@dataclass(frozen=True)
class Neighbour:
    """A bank instance near some feature."""

    entry: BankEntry
    cosine: float


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
    """The model's card as read from JSON, for the About tab."""
    precision: str = ""
    """In which it draws on this machine, "float32" or "bfloat16"; empty if it cannot draw."""
    truncates_noise: bool = True
    """Whether truncation cuts its noise; otherwise it is psi, which pulls styles to their mean."""
    is_trainable: bool = True
    """Whether a training can start from it."""

    @property
    def needs_class(self) -> bool:
        """Whether it cannot draw without a class."""
        generator = (self.card or {}).get("generator") or {}
        return bool(generator.get("num_classes")) and not generator.get("no_label")


class Sampling(Protocol):
    """What the page and the command line need from the service (tests put a painted fake here)."""

    @property
    def studio(self) -> "Studio":
        """Return what draws blends, mixes and paths with the same models."""
        ...

    @property
    def search(self) -> "Search":
        """Return what searches noise for a picture like another one, with the same models."""
        ...

    def models(self) -> list[ModelInfo]:
        """Return every model of the list, the default one first."""
        ...

    def unlisted(self, name: str) -> ModelInfo | None:
        """Return a model that is not in the list but known to whoever trained it; None if there is none."""
        ...

    def encode(self, model: str, photo: Path | bytes) -> Instance:
        """Guard, crop and embed an uploaded picture; raises ImageError, WeightsError, RequestError."""
        ...

    def bank(self, model: str) -> list[BankEntry]:
        """Return the stored instances of a model, possibly none."""
        ...

    def pick(self, model: str, row: int) -> Instance:
        """Return a bank entry as an instance; raises RequestError for an unknown row."""
        ...

    def neighbours(self, model: str, feature: np.ndarray, count: int) -> list[Neighbour]:
        """Return the nearest bank entries, nearest first."""
        ...

    def generate(self, request: SampleRequest) -> Iterator[list[Sample]]:
        """Yield the pictures so far, a growing list in seed order; with ``best_of`` the last list is ranked.

        Closing the iterator stops drawing after the current batch.
        """
        ...


def check_integer(what: str, value: int, low: int, high: int) -> None:
    """Raise RequestError unless ``value`` is a whole number between ``low`` and ``high``."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"{what} must be a whole number between {low} and {high}, got {value!r}.")


def check_number(what: str, value: float, low: float, high: float) -> None:
    """Raise RequestError unless ``value`` is a finite number between ``low`` and ``high``."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not is_number or not low <= value <= high:
        raise RequestError(f"{what} must be a number between {low:g} and {high:g}, got {value!r:.40}.")
