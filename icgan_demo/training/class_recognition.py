"""How often what a model draws is recognised as its class, by a classifier that has no part in training it.

The classifier is linear. It sees pictures through the second encoder of an evaluation, which the model is neither told
of nor trained against, and through histograms of gradients, which nothing was trained for: an encoder of other things
misses shapes. It learns the classes of the run's own pictures, in ``FOLDS`` parts: a picture, and what is drawn for it
as an instance, are judged by a classifier that has not seen that part. So both shares mean the same, and a class that
is hard to tell shows in both. A copy of a training picture is recognised as well; copies are not what this finds.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.models.generators import AnyGenerator
from icgan_demo.pixels import to_images
from icgan_demo.training.common.drawing import draw
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.evaluate import BATCH, Evaluator

SAMPLES = 256
"""Pictures drawn, over all classes."""
LEAST_OF_A_CLASS, MOST_OF_A_CLASS = 8, 40
"""Pictures drawn of a class, whatever their number."""
LEAST_PHOTOS, MOST_PHOTOS = 5, 100
"""Real pictures of a class: with fewer it is left out, of more some are taken."""
MOST_CLASSES = 50
"""Classes that are asked about, those with the most pictures."""
FOLDS = 5
RIDGE = 0.3
"""Weight of the penalty on the classifier's weights, relative to the mean squared length of what it sees."""
SIDE, CELL, DIRECTIONS = 64, 8, 9
"""Side of the pictures that histograms of gradients are taken of, px; of one cell; bins of half a turn."""


def recognise_classes(
    generator: AnyGenerator,
    evaluator: Evaluator,
    images: ImageSet,
    *,
    bf16: bool = False,
    tell: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Return for a model's card how often drawn and real pictures are recognised as their class, as JSON values.

    Args:
        generator: draws the pictures, with the class where it knows classes; in eval mode meanwhile.
        evaluator: knows the real pictures by their features and classes; its last judge is the classifier's encoder.
        images: the same real pictures.
        tell: called often, so that whoever waits need not wait long.
    Returns:
        ``reason``, if there is nothing to tell: "no_classes", or "few_photos" of all classes but one. Otherwise
        ``encoder``; ``told``, whether the model was given the class; ``left_out``, the number of classes that have too
        few pictures or are too many; ``classes``: by name the counts ``drawn``, ``drawn_recognised``, ``photos`` and
        ``photos_recognised``.
    """
    sizes = evaluator.classes[evaluator.classes >= 0].bincount()
    if len(sizes.nonzero()) < 2:
        return {"reason": "no_classes"}
    asked = [label for label in sizes.argsort(descending=True, stable=True).tolist() if sizes[label] >= LEAST_PHOTOS]
    asked = sorted(asked[:MOST_CLASSES])
    if len(asked) < 2:
        return {"reason": "few_photos"}
    rows, labels, folds = _photos(evaluator.classes, asked)
    judge = evaluator.judges[-1]
    tell()
    photos = _seen(judge.features[rows], _images(images, rows))
    instances = _instances(labels, len(asked))
    told = (evaluator.classes if evaluator.told is None else evaluator.told)[rows[instances]]
    drawn = []
    for first in range(0, len(instances), BATCH):
        tell()
        part = slice(first, first + BATCH)
        seeds = range(first, first + len(instances[part]))
        conditions = evaluator.conditions[rows[instances[part]]]
        made = draw(generator, conditions, told[part], seeds, evaluator.truncation, bf16=bf16)
        drawn.append(_seen(judge.encoder.encode(made).float(), made))
    photos_right, drawn_right = _recognised(photos, labels, folds, torch.cat(drawn), instances)
    counts = {
        "drawn": labels[instances].bincount(),
        "drawn_recognised": labels[instances][drawn_right].bincount(minlength=len(asked)),
        "photos": labels.bincount(),
        "photos_recognised": labels[photos_right].bincount(minlength=len(asked)),
    }
    return {
        "encoder": judge.name,
        "told": bool((told >= 0).all()),
        "left_out": len(sizes.nonzero()) - len(asked),
        "classes": {
            images.class_names[label]: {what: int(count[place]) for what, count in counts.items()}
            for place, label in enumerate(asked)
        },
    }


def gradient_histograms(images: Tensor) -> Tensor:
    """Return which way brightness changes in each cell of images (N, 3, R, R), unit rows (N, 576).

    Source: Dalal and Triggs 2005, with half a turn in nine bins and cells compared with those around them.
    """
    if images.shape[-1] != SIDE:
        images = F.interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
    grey = F.pad(images.mean(1, keepdim=True), (1, 1, 1, 1), mode="replicate")
    across, down = grey[..., 1:-1, 2:] - grey[..., 1:-1, :-2], grey[..., 2:, 1:-1] - grey[..., :-2, 1:-1]
    turn = torch.atan2(down, across).squeeze(1).remainder(torch.pi) / torch.pi
    bins = (turn * DIRECTIONS).long().clamp(max=DIRECTIONS - 1)
    strength = F.one_hot(bins, DIRECTIONS).permute(0, 3, 1, 2) * torch.hypot(across, down)
    cells = F.avg_pool2d(strength, CELL)
    around = F.avg_pool2d(cells, 3, 1, 1).norm(dim=1, keepdim=True)
    return F.normalize((cells / (around + 1e-2)).flatten(1), dim=1)


def _photos(classes: Tensor, asked: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return rows of pictures, their places in ``asked`` and their folds, int64 (N,) each."""
    rows, labels, folds = [], [], []
    for place, label in enumerate(asked):
        own = (classes == label).nonzero().squeeze(1)
        count = min(len(own), MOST_PHOTOS)
        turn = torch.arange(count)
        rows.append(own[turn * len(own) // count])
        labels.append(torch.full((count,), place))
        folds.append(turn * FOLDS // count)  # neighbours by name, such as frames of one video, stay together
    return torch.cat(rows), torch.cat(labels), torch.cat(folds)


def _instances(labels: Tensor, classes: int) -> Tensor:
    """Return which of the pictures are instances, each class as often; in turn where a class has fewer."""
    each = min(MOST_OF_A_CLASS, max(LEAST_OF_A_CLASS, SAMPLES // classes))
    turn = torch.arange(each)
    chosen = []
    for place in range(classes):
        own = (labels == place).nonzero().squeeze(1)
        chosen.append(own[turn % len(own) if each >= len(own) else turn * len(own) // each])
    return torch.cat(chosen)


def _seen(features: Tensor, images: Tensor) -> Tensor:
    return torch.cat([features, gradient_histograms(images)], dim=1)


def _images(images: ImageSet, rows: Tensor) -> Tensor:
    return to_images(torch.from_numpy(np.array(images.pixels[rows.numpy()])).permute(0, 3, 1, 2))


def _recognised(
    photos: Tensor, labels: Tensor, folds: Tensor, drawn: Tensor, instances: Tensor
) -> tuple[Tensor, Tensor]:
    """Return which photos (N, D) and which drawn pictures (M, D) are recognised, bool."""
    photos_right = torch.zeros(len(photos), dtype=torch.bool)
    drawn_right = torch.zeros(len(drawn), dtype=torch.bool)
    for fold in range(FOLDS):
        classify = _classifier(photos[folds != fold], labels[folds != fold])
        mine, own = folds == fold, folds[instances] == fold
        photos_right[mine] = classify(photos[mine]) == labels[mine]
        drawn_right[own] = classify(drawn[own]) == labels[instances[own]]
    return photos_right, drawn_right


def _classifier(seen: Tensor, labels: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what gives rows (M, D) their classes: ridge regression on the classes, all of which count alike."""
    targets = F.one_hot(labels).float()
    weights = (1 / targets.sum(0))[labels] * len(labels) / targets.shape[1]
    centre, level = (weights @ seen) / weights.sum(), (weights @ targets) / weights.sum()
    rows, root = seen - centre, weights.sqrt()[:, None]
    penalty = RIDGE * rows.square().sum(1).mean() * torch.eye(seen.shape[1])
    scaled = rows * root
    slopes = torch.linalg.solve(scaled.T @ scaled + penalty, scaled.T @ ((targets - level) * root))
    return lambda others: ((others - centre) @ slopes + level).argmax(1)
