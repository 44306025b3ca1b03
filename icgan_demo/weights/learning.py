"""How a model learned: a picture of the same instances and seeds at several moments of its training, and a record."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import Field

from icgan_demo.weights.tensor_files import FileRecord

LEARNING = "learning.webp"
"""A row of generated images for each moment, a column for each instance."""
MAX_LEARNING_BYTES = 150_000

Count = Annotated[int, Field(ge=0, le=10**12)]


@dataclass(frozen=True)
class Moment:
    """One row of the picture."""

    step: Count
    """Updates until then."""
    images: Count
    """Training images seen until then, each as often as it was shown."""


@dataclass(frozen=True)
class Learning:
    """What a card says about the picture."""

    moments: Annotated[tuple[Moment, ...], Field(min_length=2, max_length=12)]
    """From the first row to the last."""

    def __post_init__(self) -> None:
        if not all(first.step < second.step for first, second in pairwise(self.moments)):
            raise ValueError("moments must be in the order of their steps")


def learning_picture(learning: Learning | None, files: Mapping[str, FileRecord], folder: Path) -> Path | None:
    """Return the picture's file in a model's folder; None for a model without one, or with one that is too large."""
    if learning is None or LEARNING not in files or files[LEARNING].size > MAX_LEARNING_BYTES:
        return None
    return folder / LEARNING
