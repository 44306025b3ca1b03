"""How far a direction may be followed before images leave what the model knows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from icgan_demo.errors import RequestError
from icgan_demo.inference.instance_model import Bank, InstanceModel
from icgan_demo.service.drawing.direction_requests import Direction, Move
from icgan_demo.service.drawing.drawing_requests import Blend, Drawn, DrawRequest, Swap

FOLLOWED = 4
"""Stored instances that are moved along a direction."""
UNMOVED = 24
"""Those that tell how near images are to stored instances when nothing is moved."""
STEPS = (1.0, 2.0, 3.0, 4.0)
"""Amounts that are looked at, each way."""
NEAREST = 5
"""Stored instances that an image is compared with."""

Draw = Callable[[DrawRequest], Iterator[Drawn]]


class GoodRanges:
    """Measures directions, each once.

    An image is as near to real ones as the mean cosine to its nearest stored instances. A direction is good up to the
    amount at which its images have lost, on average, one standard deviation of what unmoved images differ by in that.
    """

    def __init__(self, draw: Draw) -> None:
        """Draw with ``draw``."""
        self._draw = draw
        self._allowed: WeakKeyDictionary[InstanceModel, float] = WeakKeyDictionary()
        self._known: WeakKeyDictionary[InstanceModel, dict[bytes, tuple[float, float]]] = WeakKeyDictionary()

    @torch.inference_mode()
    def measured(self, model: InstanceModel, direction: Direction) -> Direction:
        """Return ``direction`` with its good amounts; raises RequestError for a model without stored instances."""
        bank = model.bank
        if bank is None or not len(bank.features):
            raise RequestError(f"{model.card.title} has no stored instances to compare images with.")
        known = self._known.setdefault(model, {})
        key = f"{direction.space} {direction.side} ".encode() + direction.vector.tobytes()
        if key not in known:
            if model not in self._allowed:
                self._allowed[model] = float(self._nearness(model, bank, _rows(bank, UNMOVED), None).std())
            rows = _rows(bank, FOLLOWED)
            still = float(self._nearness(model, bank, rows, None).mean())
            ends = []
            for sign in (-1.0, 1.0):
                values = [still, *(
                    float(self._nearness(model, bank, rows, Move(direction, sign * step)).mean()) for step in STEPS
                )]  # fmt: skip
                ends.append(sign * _last_above(values, still - self._allowed[model]))
            known[key] = ends[0], ends[1]
        return replace(direction, good=known[key])

    def _nearness(self, model: InstanceModel, bank: Bank, rows: list[int], move: Move | None) -> Tensor:
        """Return how near an image of each stored instance, moved or not, is to stored instances, (len(rows),)."""
        pictures = []
        for seed, row in enumerate(rows):
            label = int(bank.labels[row])
            swap = Swap.to(model.card.class_names[label]) if label >= 0 else Swap()
            blend = Blend((bank.features[row].numpy(),), swap=swap)
            request = DrawRequest(model.card.name, blend, (seed,), moves=() if move is None else (move,))
            pictures += [drawn.picture for drawn in self._draw(request)]
        cosines = model.encode(pictures) @ bank.features.T
        return cosines.topk(min(NEAREST, cosines.shape[1]), dim=1).values.mean(1)


def _rows(bank: Bank, count: int) -> list[int]:
    """Return rows spread evenly over the bank."""
    count = min(count, len(bank.features))
    return [len(bank.features) * (2 * place + 1) // (2 * count) for place in range(count)]


def _last_above(values: list[float], least: float) -> float:
    """Return the amount, 0..4, up to which values at 0, 1, 2, ... stay above ``least``, straight between them."""
    for step, (before, after) in enumerate(pairwise(values)):
        if after < least:
            return round(step + (before - least) / (before - after), 1)
    return STEPS[-1]
