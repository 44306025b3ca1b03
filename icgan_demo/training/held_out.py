"""Pictures that a run never learns from: which they are, and what they tell of what it has learned by heart."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from icgan_demo.pixels import to_images
from icgan_demo.training.common.drawing import draw, evaluated
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.pairs import Neighbourhoods

if TYPE_CHECKING:
    from icgan_demo.training.trainer import Trainer

LEAST = 8
"""Fewer pictures than this say nothing: then none is held out."""
SCORED = 32
"""Pictures of each kind that the discriminator is shown."""
SCORES_EVERY = 20
"""Updates between two looks at its scores."""


def held_out_rows(images: ImageSet, share: float) -> np.ndarray:
    """Return the rows to hold out, int64, sorted: ``share`` of every class, or none where that is below ``LEAST``.

    They depend on the pictures' files alone: by their hashes, each has a place in its class, and the first places of
    all classes go. So a class of one or two keeps its pictures.
    """
    count = round(share * len(images))
    if count < LEAST:
        return np.empty(0, dtype=np.int64)
    sizes, before = Counter(images.labels.tolist()), Counter[int]()
    places = {}
    for row in sorted(
        range(len(images)), key=lambda row: (images.hashes.get(images.paths[row], ""), images.paths[row])
    ):
        label = int(images.labels[row])
        places[row] = (before[label] + 0.5) / sizes[label]
        before[label] += 1
    return np.array(sorted(sorted(places, key=lambda row: places[row])[:count]), dtype=np.int64)


@dataclass(frozen=True)
class HeldOut:
    """The pictures held out, as the encoder sees them, and where they lie among those that a run learns from."""

    images: ImageSet
    features: Tensor
    """Unit rows (H, D)."""
    told: Tensor
    """Classes by the model's numbering, int64 (H,), -1 for none."""
    near: Tensor
    """The training picture nearest to each, int64 (H,)."""


class Scores:
    """What the discriminator says of pictures it learned from, of others like them, and of drawn ones.

    All are shown with the instance of a training picture nearest to them, as pairs are in training, but never
    augmented. A discriminator that learns pictures by heart scores only those high that it has seen; their distance,
    as a share of that to drawn ones, is 0 without overfitting and 1 where new pictures pass for drawn ones.
    Source: Karras et al. 2020 (ADA), equation 1.
    """

    def __init__(self, data: Neighbourhoods, held: HeldOut) -> None:
        """Choose the pictures: at most ``SCORED`` of each kind, evenly spread."""
        count = min(SCORED, len(held.images))
        new = torch.linspace(0, len(held.images) - 1, count).long()
        seen = torch.linspace(0, len(data.images) - 1, count).long()
        self._new = _pictures(held.images, new)
        self._seen = _pictures(data.images, seen)
        others = data.neighbours[seen]
        is_other = others != seen[:, None]  # a picture may count as its own neighbour
        near = others.gather(1, is_other.int().argmax(1, keepdim=True)).squeeze(1)
        self._new_features, self._new_labels = data.features[held.near[new]], held.told[new]
        self._seen_features, self._seen_labels = data.features[near], data.classes[seen]

    @torch.no_grad()
    def of(self, trainer: "Trainer") -> dict[str, float]:
        """Return the mean scores as values of a line of the log; changes nothing of the run."""
        seeds = range(len(self._new))
        drawn = draw(trainer.generator, self._new_features, self._new_labels, seeds, 1.0, bf16=trainer.bf16)
        with evaluated(trainer.discriminator):
            return {
                "score_seen": self._mean(trainer, self._seen, self._seen_features, self._seen_labels),
                "score_held_out": self._mean(trainer, self._new, self._new_features, self._new_labels),
                "score_drawn": self._mean(trainer, drawn, self._new_features, self._new_labels),
            }

    def _mean(self, trainer: "Trainer", images: Tensor, features: Tensor, labels: Tensor) -> float:
        device = trainer.device
        with torch.autocast(device.type, torch.bfloat16, enabled=trainer.bf16):
            shown = images.to(device).contiguous(memory_format=torch.channels_last)
            scores = trainer.discriminator(shown, features.to(device), labels.to(device)).float()
        told = scores[:1] if trainer.discriminator.pixel is not None else scores  # as in the rest of the log
        return told.mean().item()


def _pictures(images: ImageSet, rows: Tensor) -> Tensor:
    return to_images(torch.from_numpy(np.array(images.pixels[rows.numpy()])).permute(0, 3, 1, 2))
