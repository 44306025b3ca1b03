"""Digits for page, API and command line: grids, blends of two classes, and a training that can be watched."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import torch
from PIL import Image
from torch import Tensor

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.inference.digit_model import DigitModel, open_digit_model
from icgan_demo.service.cgan.digit_requests import (
    LEARN_SECONDS,
    NETWORKS,
    DigitBlendRequest,
    DigitLearning,
    DigitModelInfo,
    DigitNetworkInfo,
    DigitRequest,
)
from icgan_demo.training.digits.digit_data import DigitSet, has_digits, load_digits
from icgan_demo.training.digits.digit_samples import draw_balanced, draw_grid, share_right
from icgan_demo.training.digits.digit_settings import DigitNetworks, DigitTrainConfig
from icgan_demo.training.digits.digit_trainer import DigitTrainer
from icgan_demo.weights.folders import mnist_folder

logger = logging.getLogger(__name__)

GAP = 3
"""Transparent pixels between the digits of a grid."""
SHOW_EVERY_S = 2.0
"""Seconds between two looks at a training."""
PAUSE_EVERY_S = 0.5
"""Seconds after which others may draw."""
STAND_INS = 4000
"""Digits drawn to learn from where MNIST itself is not at hand."""
LEARN_COLUMNS = 10
LEARN_CONFIG = DigitTrainConfig(
    DigitNetworks.MODERN, updates=1_000_000, batch_size=32, validate_every=0, width=8, bound_weight=0.02,
    lr_generator=2e-3, lr_discriminator=1e-3, r1_gamma=0.0, ema_decay=0.95,
)  # fmt: skip
"""A quarter of the modern network's width, without what costs time: digits can be read after some hundred updates."""


class DigitService:
    """Keeps the ``Digits`` contract; the model is read when it is first asked for."""

    def __init__(self, open_model: Callable[[], DigitModel] = open_digit_model) -> None:
        self._open_model = open_model
        self._lock = threading.Lock()
        self._loaded: DigitModel | None = None

    @property
    def model(self) -> DigitModel:
        """The folder of generators; raises WeightsError if there is none."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._open_model()
            return self._loaded

    def info(self) -> DigitModelInfo:
        """See ``Digits.info``; the modern network comes first."""
        card = self.model.card
        records = [(name, card.networks[name]) for name in NETWORKS if name in card.networks]
        networks = tuple(DigitNetworkInfo(name, record.title, record.figures) for name, record in records)
        return DigitModelInfo(card.name, card.title, networks, card.class_names, card.licence.note)

    def grid(self, request: DigitRequest, scale: int = 3) -> Image.Image:
        """See ``Digits.grid``."""
        condition = self.model.condition(request.digits).repeat_interleave(request.count, dim=0)
        pictures = self.model.draw(request.network, condition, request.seeds * len(request.digits))
        return grid_of(pictures, request.count, scale)

    def blend(self, request: DigitBlendRequest, columns: int, scale: int = 3) -> Image.Image:
        """See ``Digits.blend``."""
        condition = self.model.blended(request.first, request.second, request.amounts)
        return grid_of(self.model.draw(request.network, condition, request.seeds), columns, scale)

    def learn(
        self, seconds: float = LEARN_SECONDS, config: DigitTrainConfig = LEARN_CONFIG
    ) -> Iterator[DigitLearning | None]:
        """See ``Digits.learn``; closing the iterator ends the training after the current update."""
        data, classes, is_real = self._lesson()
        trainer = DigitTrainer(data, classes, config)
        start = time.monotonic()
        shown, paused = start - SHOW_EVERY_S, start
        while trainer.updates_done < config.updates and time.monotonic() - start < seconds:
            if time.monotonic() - shown >= SHOW_EVERY_S:
                yield self._look(trainer, classes, is_real, time.monotonic() - start)
                shown = paused = time.monotonic()
            elif time.monotonic() - paused >= PAUSE_EVERY_S:
                yield None
                paused = time.monotonic()
            trainer.update()
        yield self._look(trainer, classes, is_real, time.monotonic() - start)

    def _lesson(self) -> tuple[DigitSet, int, bool]:
        """Return what a training on the page learns from, its classes, and whether it is MNIST itself."""
        folder = mnist_folder()
        if has_digits(folder):
            try:
                data = load_digits(folder)
            except DemoError as error:  # a visitor can do nothing about these files
                logger.warning("the files of MNIST cannot be used: %s", error)
            else:
                if data.classes == self.model.classes:
                    return data.train, data.classes, True
        generator = self.model.generator(self.info().networks[0].name)
        pictures, labels = draw_balanced(generator, STAND_INS, seed=2)
        pixels = pictures[:, 0].mul(255).round().to(torch.uint8)
        return DigitSet(pixels, labels), self.model.classes, False

    def _look(self, trainer: DigitTrainer, classes: int, is_real: bool, seconds: float) -> DigitLearning:
        rows = min(classes, 10)
        pictures, judge = draw_grid(trainer.drawing, rows, LEARN_COLUMNS), self.model.classifier
        labels = torch.arange(rows).repeat_interleave(LEARN_COLUMNS)
        return DigitLearning(
            picture=grid_of(pictures, LEARN_COLUMNS, scale=3),
            update=trainer.updates_done,
            seconds=seconds,
            pictures_seen=trainer.updates_done * trainer.config.batch_size,
            agreement=None if judge is None else share_right(judge, pictures, labels),
            real_data=is_real,
        )


def grid_of(pictures: Tensor, columns: int, scale: int) -> Image.Image:
    """Return pictures (N, 1, H, W) in [0, 1] as one picture, row by row, with transparent gaps.

    Each pixel becomes ``scale`` x ``scale`` pixels, so that nothing is smoothed that the network did not draw.
    """
    if not torch.isfinite(pictures).all():
        raise RequestError("The network generated nothing usable. Download its weights again.")
    pixels = pictures[:, 0].mul(255).round().to(torch.uint8)
    pixels = pixels.repeat_interleave(scale, dim=1).repeat_interleave(scale, dim=2)
    height, width = pixels.shape[1:]
    rows = -(-len(pixels) // columns)
    size = (columns * (width + GAP) - GAP, rows * (height + GAP) - GAP)
    sheet = Image.new("LA", size, (0, 0))
    for position, picture in enumerate(pixels):
        corner = (position % columns * (width + GAP), position // columns * (height + GAP))
        sheet.paste(Image.fromarray(picture.numpy()).convert("LA"), corner)
    return sheet
