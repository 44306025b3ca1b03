"""MNIST and its relatives from a folder of IDX files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from icgan_demo.errors import RequestError, TrainingError
from icgan_demo.guards.idx_file import read_images, read_labels
from icgan_demo.models.cgan.conditional_gan import SIDE
from icgan_demo.training.common.randomness import generator_for

MAX_CLASSES = 100
LEAST_PER_CLASS = 10


@dataclass(frozen=True)
class DigitSet:
    """Pictures with their classes."""

    pixels: Tensor
    """uint8, shape (N, 28, 28), white on black."""
    labels: Tensor
    """int64, shape (N,)."""

    def __len__(self) -> int:
        return len(self.labels)

    def pictures(self, rows: Tensor | slice = slice(None)) -> Tensor:
        """Return pictures as float in [0, 1], shape (n, 1, 28, 28)."""
        return self.pixels[rows, None].float() / 255

    def part(self, rows: Tensor) -> "DigitSet":
        """Return some of the pictures."""
        return DigitSet(self.pixels[rows], self.labels[rows])


@dataclass(frozen=True)
class DigitData:
    """The three parts that the protocol of 2014 keeps apart."""

    train: DigitSet
    """For MNIST 50,000 of the training file, in its order."""
    validation: DigitSet
    """Its other 10,000: the bandwidth is chosen and training is stopped by these."""
    test: DigitSet
    """Only ever scored."""
    classes: int


def load_digits(folder: Path, seed: int = 0) -> DigitData:
    """Return the pictures of a folder with the four IDX files of MNIST, Fashion-MNIST or EMNIST, packed or not.

    A sixth of the training pictures is kept for validation, drawn at random: a file that is sorted by class would
    otherwise keep its last class from being learned.

    Args:
        seed: decides which; runs that are to be compared need the same.
    Raises:
        RequestError: if a file is missing, damaged, of another format, or does not go with the others.
        TrainingError: if there are too few pictures to learn from.
    """
    train, test = _read_part(folder, "train"), _read_part(folder, "test")
    classes = int(max(train.labels.max(), test.labels.max())) + 1
    if classes > MAX_CLASSES:
        raise RequestError(f"The labels go up to {classes - 1}; at most {MAX_CLASSES} classes are supported.")
    if len(train) < LEAST_PER_CLASS * classes:
        raise TrainingError(
            f"There are {len(train)} training images for {classes} classes; at least {LEAST_PER_CLASS * classes} are "
            "needed."
        )
    order = torch.randperm(len(train), generator=generator_for(seed, 0, "validation split"))
    kept = len(train) // 6
    learned, validation = (rows.sort().values for rows in (order[kept:], order[:kept]))
    return DigitData(train.part(learned), train.part(validation), test, classes)


def has_digits(folder: Path) -> bool:
    """Return whether the four files are there, by their names alone."""
    return all(_find(folder, part, kind) is not None for part in _PARTS for kind in ("images-idx3", "labels-idx1"))


def download_mnist(folder: Path) -> None:
    """Fetch MNIST into ``folder`` with torchvision, which checks what it fetched; does nothing if it is there.

    Raises:
        TrainingError: if no server answers or the folder cannot be written.
    """
    if has_digits(folder):
        return
    from torchvision.datasets import MNIST  # imported only here: nothing else needs the data sets

    try:
        # torchvision keeps its files in <root>/MNIST/raw; the four of them move to where they were asked for.
        MNIST(str(folder), train=True, download=True)
        for path in (folder / "MNIST" / "raw").glob("*.gz"):
            path.replace(folder / path.name)
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            "MNIST could not be downloaded. Check the network, or put its four files into the folder yourself."
        ) from error


_PARTS = {"train": ("train",), "test": ("t10k", "test")}


def _read_part(folder: Path, part: str) -> DigitSet:
    pixels, labels = (read(_named(folder, part, kind)) for read, kind in _READERS)
    if len(pixels) != len(labels):
        raise RequestError(f"The {part} files do not go together: {len(pixels)} images, {len(labels)} labels.")
    if pixels.shape[1:] != (SIDE, SIDE):
        height, width = pixels.shape[1:]
        raise RequestError(f"The {part} images are {width} x {height} pixels; {SIDE} x {SIDE} are needed.")
    if _named(folder, part, "images-idx3").name.startswith("emnist"):
        pixels = pixels.transpose(0, 2, 1)  # EMNIST is stored column by column
    return DigitSet(torch.from_numpy(np.ascontiguousarray(pixels)), torch.from_numpy(labels.astype(np.int64)))


_READERS = ((read_images, "images-idx3"), (read_labels, "labels-idx1"))


def _named(folder: Path, part: str, kind: str) -> Path:
    path = _find(folder, part, kind)
    if path is None:
        raise RequestError(
            f"The folder {folder.name!r} has no {_PARTS[part][0]}-{kind}-ubyte file, packed or not. "
            "Put the four files of MNIST into it, or ask for a download."
        )
    return path


def _find(folder: Path, part: str, kind: str) -> Path | None:
    """Return ``train-images-idx3-ubyte`` and the like, plain or ``.gz``, with any prefix (``emnist-digits-``)."""
    if not folder.is_dir():
        return None
    for start in _PARTS[part]:
        for end in ("", ".gz"):
            for separator in ("-", "."):  # some unpackers write train-images.idx3-ubyte
                wanted = f"{start}-{kind.replace('-idx', separator + 'idx')}-ubyte{end}"
                for path in sorted(folder.iterdir()):
                    if path.name == wanted or path.name.endswith("-" + wanted):
                        return path
    return None
