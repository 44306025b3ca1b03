"""What making a set of images larger is asked for, and what it tells on the way; no torch."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from icgan_demo.config import LargerSetPlan, Limits
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.service.values import Familiarity, spread

ASKED = 5
"""Images by which a model is chosen for a set."""


class PackedAs(StrEnum):
    """How a larger set comes as one file, by the end of its name."""

    ZIP = "zip"
    """Class folders and the manifest."""
    SHARD = "tar"
    """A WebDataset shard, with the manifest beside it."""


@dataclass(frozen=True)
class NewImage:
    """A new neighbour of a given image."""

    instance: int
    """Position of that image among the given ones."""
    picture: Image.Image
    told: dict[str, Any]
    """Its line of the manifest: source, class, seed, distances, and its file or why it was left out."""

    @property
    def is_left_out(self) -> bool:
        """Whether it may be a copy of a given image, and is in no file."""
        return "left_out" in self.told


@dataclass(frozen=True)
class Enlarging:
    """How far a larger set is."""

    total: int
    """Given images."""
    embedded: int
    """Of these."""
    done: int = 0
    """Of these, those whose neighbours are all there."""
    images: int = 0
    """New ones so far."""
    copies: int = 0
    """Images left out so far because they may be copies of a given one."""
    new: tuple[NewImage, ...] = ()
    """Since the last report, those left out included."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(name, reason) of given images that cannot be used."""
    files: tuple[Path, ...] = ()
    """At the end: the file or folder, and a manifest that lies beside it; none if it ended before the first image."""


class LargerSets(Protocol):
    """What page, endpoint and command line need."""

    def enlarge(
        self,
        model: str,
        given: Iterable[SourcePicture],
        total: int,
        plan: LargerSetPlan,
        out: Path,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Iterator[Enlarging]:
        """Write new neighbours of each given image to ``out``, and tell about it after every few.

        An image may be a copy if it is much nearer to a given one than that one's surroundings are; it is left out and
        listed as such. Where the model knows the class of an image, its neighbours have it too; else a model that needs
        a class gets that of the nearest stored instances.

        Args:
            model: name of the model that draws.
            given: the images, one in memory at a time.
            total: how many they are.
            plan: how many of each, and how they are drawn.
            out: a folder for class folders and the manifest; or a name that ends in ".zip", for these in one file; or
                in ".tar", for a WebDataset shard with its manifest beside it, a file that ends in ".jsonl".
            is_over: asked after every few images; what there is by then is the whole set.
        Raises:
            ImageError: if not a single image can be used.
            RequestError, WeightsError: if there is no such model, or it cannot be loaded.
        """

    def expected_s(self, model: str, photo: Path, total: int, plan: LargerSetPlan) -> float:
        """Return how long ``enlarge`` will take; tries it with one image if this model has not done it before."""


def knows_most(sampling: Sampling, photos: Sequence[Path]) -> Familiarity:
    """Return the model that knows most of a few photos spread over a set best, with how well it knows the usual one.

    Raises:
        ImageError, RequestError: see ``Sampling.choose``.
    """
    chosen = [sampling.choose(photo).familiarities[0] for photo in spread(photos, ASKED)]
    (model, _), *_ = Counter(each.model for each in chosen).most_common(1)
    by_share = sorted((each for each in chosen if each.model == model), key=lambda each: each.share)
    return by_share[len(by_share) // 2]


def check_larger(total: int, plan: LargerSetPlan, limits: Limits) -> None:
    """Raise RequestError if there are no images, or if the larger set of so many would exceed what a page makes."""
    if not total:
        raise RequestError("Choose some images or a ZIP file first.")
    if total * plan.per_picture > limits.larger_images:
        raise RequestError(
            f"This page makes at most {limits.larger_images:,} new images at a time; these would be "
            f"{total * plan.per_picture:,}. Ask for fewer of each, or use the command augment on your own machine."
        )


def over_after(seconds: float, is_stopped: Callable[[], bool] = lambda: False) -> Callable[[], bool]:
    """Return what says that a set is over: when it is stopped, or after so long."""
    deadline = time.monotonic() + seconds
    return lambda: is_stopped() or time.monotonic() > deadline
