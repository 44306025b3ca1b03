"""Tiny digits for tests: IDX folders made from scratch, a random model folder, a painted stand-in for the service."""

import gzip
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from icgan_demo.models.cgan.conditional_gan import ModernGenerator, PaperGenerator
from icgan_demo.models.cgan.digit_classifier import DigitClassifier
from icgan_demo.service.cgan.digit_requests import (
    LEARN_SECONDS,
    DigitBlendRequest,
    DigitLearning,
    DigitModelInfo,
    DigitNetworkInfo,
    DigitRequest,
)
from icgan_demo.weights.cards import Licence
from icgan_demo.weights.digit_cards import DigitNetwork, write_digit_model

FIGURES = {"parzen_nats": 250.5, "standard_error": 1.9, "sigma": 0.167, "samples": 10000, "test_pictures": 10000}
LICENCE = Licence("MIT", "https://opensource.org/license/mit", "Synthetic digits of a test model.")


def write_idx(values: np.ndarray, path: Path) -> None:
    """Write uint8 values of any shape as an IDX file, compressed if the name ends in ``.gz``."""
    assert values.dtype == np.uint8, values.dtype
    header = bytes([0, 0, 8, values.ndim]) + np.array(values.shape, ">u4").tobytes()
    content = header + values.tobytes()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def write_tiny_digits(folder: Path, *, train: int = 240, test: int = 60, side: int = 28, classes: int = 10) -> None:
    """Write the four files of a set whose class k is a bright bar at height 2 k, with noise."""
    folder.mkdir(parents=True, exist_ok=True)
    source = np.random.default_rng(0)
    for name, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % classes).astype(np.uint8)
        pixels = source.integers(0, 30, (count, side, side), dtype=np.uint8)
        for row, label in enumerate(labels):
            pixels[row, 2 * label % side : 2 * label % side + 4] = 250
        write_idx(pixels, folder / f"{name}-images-idx3-ubyte.gz")
        write_idx(labels, folder / f"{name}-labels-idx1-ubyte")


def write_tiny_digit_model(folder: Path, seed: int = 0) -> None:
    """Write a folder with both networks, random, and a classifier."""
    torch.manual_seed(seed)
    card = {
        "name": folder.name,
        "title": "Tiny digits",
        "description": "Random weights for tests.",
        "data": "No data.",
        "licence": LICENCE,
        "class_names": tuple("0123456789"),
    }
    networks = {
        "paper": (PaperGenerator(), DigitNetwork(title="Paper")),
        "modern": (ModernGenerator(width=2), DigitNetwork(title="Modern", width=2, figures=FIGURES)),
    }
    write_digit_model(folder, card, networks, DigitClassifier())


class PaintedDigits:
    """Keeps the ``Digits`` contract without a network: every sheet has one grey level, which tells what was asked."""

    def __init__(self) -> None:
        self.grids: list[DigitRequest] = []
        self.blends: list[DigitBlendRequest] = []
        self.hurry = threading.Event()
        self.learning_ended = threading.Event()
        self.hurry.set()

    def info(self) -> DigitModelInfo:
        """Return two networks, of which one has figures."""
        networks = (DigitNetworkInfo("modern", "Modern", FIGURES), DigitNetworkInfo("paper", "Paper", {}))
        return DigitModelInfo("painted", "Painted", networks, tuple("0123456789"), "Synthetic digits.")

    def grid(self, request: DigitRequest, scale: int = 3) -> Image.Image:
        """Return a sheet as grey as its seed says."""
        self.grids.append(request)
        return Image.new("LA", (90, 90), (request.seed % 256, 255))

    def blend(self, request: DigitBlendRequest, columns: int, scale: int = 3) -> Image.Image:
        """Return a sheet as grey as the mean blend."""
        self.blends.append(request)
        return Image.new("LA", (90, 10), (round(255 * sum(request.amounts) / len(request.amounts)), 255))

    def learn(self, seconds: float = LEARN_SECONDS) -> Iterator[DigitLearning]:
        """Yield looks at a training that takes its time unless it is told to hurry."""
        self.learning_ended.clear()
        try:
            for look in range(5 if self.hurry.is_set() else 10_000):
                picture = Image.new("LA", (90, 90), (look % 256, 255))
                yield DigitLearning(picture, look * 10, float(look), look * 320, min(1.0, look / 10), False)
                self.hurry.wait(0.2)
        finally:
            self.learning_ended.set()
