"""What is asked of a visitor's banks and what comes back; no torch, so that the page may know it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from icgan_demo.service.drawing.drawing_requests import Blend
from icgan_demo.service.values import Instance

OWN_BANK = ""
"""Stands for the bank that belongs to the model itself."""
PCA, UMAP = "pca", "umap"


@dataclass(frozen=True)
class BankInfo:
    """A bank of a visitor."""

    bank_id: str
    """The key to it: who knows it may use and delete the bank."""
    name: str
    encoder: str
    count: int
    """Its pictures."""
    classes: int
    megabytes: float
    """Size of its file."""
    duplicates: int = 0
    """Pictures left out because another one has the same pixels; known after building alone."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(name, reason) of files that cannot be used; likewise."""
    notes: tuple[str, ...] = ()
    """Sentences about the uploads, such as how the names in a zip were read; likewise."""
    is_shared: bool = False
    """Whether it was put here for everybody, and is not handed out or deleted by the page."""


@dataclass(frozen=True)
class BuildProgress:
    """How far the building of a bank is."""

    done: int
    """Files looked at."""
    total: int
    """Files to look at."""
    finished: BankInfo | None = None
    """The bank, with the last report."""


@dataclass(frozen=True)
class BankMap:
    """A bank in the plane, or a sample of one that is too large to be shown."""

    places: np.ndarray
    """Where each shown row lies, 0..1 from left and top, float32 (N, 2)."""
    labels: tuple[str | None, ...]
    """Class of each shown row."""
    pictures: dict[int, Image.Image]
    """Small pictures by the number of their place, too far apart to hide each other; the sparsest choice first."""
    sparse: int
    """How many of them are far enough apart for a map half as wide."""
    kept: float | None = None
    """Share of the features' variance that the plane shows; None where that means nothing."""
    rows: tuple[int, ...] = ()
    """Of a sample: the row of the bank at each place; empty where all rows are shown."""
    total: int = 0
    """Rows of the bank."""

    def row(self, place: int) -> int:
        """Return the row of the bank that lies at a place."""
        return self.rows[place] if self.rows else place


@dataclass(frozen=True)
class NearestInstance:
    """The stored instance nearest to a sample."""

    row: int
    label: str | None
    distance: float
    """Of the unit features, 0..2."""
    is_suspicious: bool
    """Whether the sample is so much nearer to it than to its surroundings that it may be a copy."""


@dataclass(frozen=True)
class Explanation:
    """How some samples of one instance lie among the real pictures."""

    distances: tuple[float, ...]
    """Of each sample to the instance, 0..2."""
    nearest: tuple[NearestInstance, ...]
    """For each sample, in the bank that is looked at; empty without one."""
    nearest_training: tuple[NearestInstance, ...]
    """For each sample, among the stored training pictures of the model; empty without such."""
    fidelity: float
    """Mean cosine of the samples with the instance."""
    diversity: float
    """Mean distance of two samples, 0..2."""
    real_fidelity: float | None
    """Mean cosine of the instance's real neighbours with it, as many as there are samples; None without a bank."""
    real_diversity: float | None
    """Mean distance of two of those neighbours."""
    training_count: int
    """Stored training pictures that were compared."""


class Banks(Protocol):
    """What the page needs (tests may put a fake here)."""

    def build(self, model: str, files: Sequence[Path], name: str, encoding: str = "") -> Iterator[BuildProgress]:
        """Yield how far the embedding of uploads (zips and pictures) is; the last report holds the saved bank.

        Closing the iterator stops, and nothing is kept. Raises ArchiveError, RequestError.

        Args:
            encoding: of names in zips that do not say it, a key of ``ENCODINGS``; empty to guess it.
        """

    def take(self, file: Path) -> BankInfo:
        """Check and keep a bank file that may come from anyone; raises IndexFileError."""

    def shared(self) -> tuple[BankInfo, ...]:
        """Return the banks of any size that the operator put here for everybody."""

    def info(self, bank_id: str) -> BankInfo:
        """Return what is known of a bank; raises RequestError if there is none of that id."""

    def file(self, bank_id: str) -> Path:
        """Return its file, to be copied; raises RequestError if there is none."""

    def delete(self, bank_id: str) -> None:
        """Forget a bank, if it is there."""

    def methods(self) -> tuple[str, ...]:
        """Return the projections that can be had here, the usual one first."""

    def map(self, model: str, bank_id: str, method: str) -> BankMap:
        """Return a bank in the plane; raises IndexFileError if another encoder than the model's made it."""

    def map_takes_s(self, model: str, bank_id: str, method: str) -> float | None:
        """Return the seconds that ``map`` will take, from the last one of its kind; 0 for moments, None if unknown."""

    def place(self, model: str, bank_id: str, method: str, feature: np.ndarray) -> tuple[float, float]:
        """Return where a feature lies on that map; at the edge if it is beyond it."""

    def feature(self, model: str, bank_id: str, row: int) -> np.ndarray:
        """Return the feature of a row, unit-length float32 (D,); raises RequestError for an unknown row."""

    def pick(self, model: str, bank_id: str, row: int) -> Instance:
        """Return a row of a bank as an instance; raises RequestError for an unknown row."""

    def label(self, model: str, bank_id: str, row: int) -> str | None:
        """Return the class of a row that ``pick`` knows, None if it has none."""

    def explain(self, model: str, bank_id: str, blend: Blend, pictures: Sequence[Image.Image]) -> Explanation:
        """Compare pictures that were drawn for a blend of instances with that blend and with real ones."""
