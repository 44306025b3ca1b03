"""The judge of drawn digits: a classifier trained on real ones, and the figures it gives."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.models.cgan.conditional_gan import ConditionalGenerator
from icgan_demo.models.cgan.digit_classifier import DigitClassifier
from icgan_demo.training.common.metrics import frechet_distance
from icgan_demo.training.common.randomness import generator_for
from icgan_demo.training.digits.digit_data import DigitData, DigitSet
from icgan_demo.training.digits.digit_samples import READ_AT_ONCE, draw_balanced, share_right
from icgan_demo.training.digits.parzen import ParzenFigure, parzen_figure

BATCH, PEAK_RATE, SHIFT = 100, 2e-3, 2


@dataclass(frozen=True)
class DigitFigures:
    """What is reported of a generator; ``samples`` pictures, equally many of each class."""

    parzen: ParzenFigure
    agreement: float
    """Share of drawn pictures that the classifier reads as the class that was asked for, 0..1."""
    frechet: float
    """Fréchet distance to the test pictures in the classifier's features; comparable only within this project."""
    samples: int


def train_judge(data: DigitSet, classes: int, epochs: int, seed: int = 0) -> Iterator[tuple[DigitClassifier, float]]:
    """Yield the classifier and its mean loss after every pass over ``data``, shifted at random by up to two pixels."""
    torch.manual_seed(seed)
    judge = DigitClassifier(classes)
    optimizer = torch.optim.Adam(judge.parameters(), PEAK_RATE)
    batches = len(data) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=epochs * batches)
    for epoch in range(epochs):
        judge.train()
        source = generator_for(seed, epoch, "judge")
        order = torch.randperm(len(data), generator=source)
        total = 0.0
        for rows in order[: batches * BATCH].split(BATCH):
            loss = F.cross_entropy(judge(_shifted(data.pictures(rows), source)), data.labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        yield judge.eval(), total / batches


def figures_of(
    generator: ConditionalGenerator, judge: DigitClassifier, data: DigitData, samples: int = 10_000, seed: int = 1
) -> DigitFigures:
    """Return the published likelihood estimate, the agreement and the Fréchet distance of a generator.

    Args:
        samples: pictures drawn, the same number of each class.
        seed: of their noise; not the one that chose the best network during training.
    """
    drawn, labels = draw_balanced(generator, samples, seed)
    parzen = parzen_figure(drawn.flatten(1), data.validation.pictures().flatten(1), data.test.pictures().flatten(1))
    with torch.no_grad():
        features = [
            torch.cat([judge.features(block) for block in pictures.split(READ_AT_ONCE)])
            for pictures in (drawn, data.test.pictures())
        ]
    assert not math.isnan(parzen.mean)
    return DigitFigures(parzen, share_right(judge, drawn, labels), frechet_distance(*features), samples)


def _shifted(pictures: Tensor, source: torch.Generator) -> Tensor:
    """Shift a batch as one by up to ``SHIFT`` pixels each way, black coming in."""
    down, right = (int(torch.randint(2 * SHIFT + 1, (), generator=source)) for _ in range(2))
    side = pictures.shape[-1]
    return F.pad(pictures, (SHIFT,) * 4)[..., down : down + side, right : right + side]
