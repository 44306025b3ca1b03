"""What the page and the command line need of the service that encodes and draws."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from icgan_demo.service.drawing.drawing_requests import Drawing
from icgan_demo.service.drawing.search_requests import Search
from icgan_demo.service.requests import BankEntry, Choice, Instance, ModelInfo, Neighbour


class Sampling(Protocol):
    """What the page and the command line need from the service (tests put a painted fake here)."""

    @property
    def drawing(self) -> Drawing:
        """Return what draws with the same models."""

    @property
    def search(self) -> Search:
        """Return what searches noise for a picture like another one, with the same models."""

    def models(self) -> list[ModelInfo]:
        """Return every model of the list, the default one first."""

    def unlisted(self, name: str) -> ModelInfo | None:
        """Return a model that is not in the list but known to whoever trained it; None if there is none."""

    def choose(self, photo: Path | bytes) -> Choice:
        """Return a photo as an instance of the model that knows it best, with what each model says of it.

        Raises:
            ImageError: if it is no usable picture.
            RequestError: if there is no such model.
        """

    def encode(self, model: str, photo: Path | bytes) -> Instance:
        """Guard, crop and embed an uploaded picture; raises ImageError, WeightsError, RequestError."""

    def bank(self, model: str) -> list[BankEntry]:
        """Return the stored instances of a model, possibly none; those drawn before have their thumbnails."""

    def drawn(self, model: str, entries: Sequence[BankEntry]) -> list[BankEntry]:
        """Return stored instances of a model with their thumbnails, which are drawn now if need be."""

    def pick(self, model: str, row: int) -> Instance:
        """Return a bank entry as an instance; raises RequestError for an unknown row."""

    def neighbours(self, model: str, feature: np.ndarray, count: int) -> list[Neighbour]:
        """Return the nearest bank entries, nearest first."""
