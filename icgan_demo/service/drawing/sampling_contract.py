"""What the page and the command line need of the service that encodes and draws."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from icgan_demo.service.drawing.children_requests import ChildrenRequest
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest
from icgan_demo.service.drawing.drawing_requests import Drawn, DrawRequest, Sample
from icgan_demo.service.drawing.grid_requests import Drawable
from icgan_demo.service.drawing.inversion_requests import InversionRequest, InversionStep
from icgan_demo.service.drawing.search_requests import SearchRequest, SearchStep
from icgan_demo.service.values import BankEntry, Choice, Instance, ModelInfo, Neighbour


class Drawing(Protocol):
    """What the page and the command line need from whatever draws (tests put a painted fake here)."""

    def own_class(self, model: str, feature: np.ndarray) -> str | None:
        """Return the class of an instance: a bank entry's own, else what its nearest bank entries mostly are."""

    def draw(self, request: Drawable) -> Iterator[Drawn]:
        """Yield the pictures of a request in order, of ranked candidates only those that stay, of a grid row by row.

        Raises:
            RequestError, WeightsError: before the first one.
        """

    def samples(self, request: DrawRequest) -> Iterator[list[Sample]]:
        """Yield the pictures so far, a growing list in seed order; of ranked candidates, at the end those that stay.

        Only candidates are measured, which can take longer than drawing; ``measure`` does it for others. Closing the
        iterator stops drawing after the current few.
        """

    def measure(self, request: DrawRequest, drawn: Sequence[Drawn]) -> list[Sample]:
        """Embed pictures that ``draw`` returned and say how near they are to the instance and to real ones."""

    def expected_s(self, request: Drawable) -> float:
        """Return how long a request will take if nobody else draws, by what was measured before; 0 before that."""

    def children(self, asked: ChildrenRequest) -> list[DrawRequest]:
        """Return the requests of the children of one image or of two, each for one image; raises RequestError."""

    def centred(self, request: DrawRequest) -> DrawRequest:
        """Return a request whose truncation pulls towards the nearest of the model's many centres of instances.

        Raises:
            RequestError: if the model has no stored instances.
        """

    def surprise(self, model: str, seed: int) -> DrawRequest:
        """Return the request of one image of an instance that is no photo's: sampled among the stored ones.

        Raises:
            RequestError: if the model has no bank.
        """

    def towards_seed(self, found: DrawRequest, seed: int, share: float) -> DrawRequest:
        """Return the request of one image whose noise went a share, 0..1, of the way to a seed's; raises RequestError.

        ``found`` is a request for one image, whose noise was found or is its seed's.
        """

    def directions(self, asked: DirectionsRequest) -> list[Direction]:
        """Return directions of a model, the strongest first; the same are found each time.

        Raises:
            RequestError: if the model has no such block, or no stored instances.
        """

    def good_range(self, model: str, direction: Direction) -> Direction:
        """Return a direction with the amounts between which images stay near to stored instances, measured once.

        Raises:
            RequestError: if the model has no stored instances, or the direction is another model's.
        """

    def affordable(self, model: str, seconds: float, count: int) -> int:
        """Return how many of ``count`` pictures fit into that time, by what was measured before; at least 1."""


class Search(Protocol):
    """What the page needs from guided search (tests put a painted fake here)."""

    def understands_words(self, model: str) -> bool:
        """Return whether OpenCLIP weights are on this machine, or are the model's own encoder."""

    def run(self, request: SearchRequest) -> Iterator[SearchStep]:
        """Yield the best so far after every round, the start first; raises RequestError, WeightsError, EncoderError.

        Closing the iterator ends the search.
        """

    def invert(self, request: InversionRequest) -> Iterator[InversionStep]:
        """Yield the nearest to a photo so far after every round, the best of the seeds first; raises as ``run`` does.

        Closing the iterator ends the search.
        """


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
