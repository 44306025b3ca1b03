"""Children of images: one image varied, or two crossed, on the sphere and by blocks.

A child is a request like any other, with an instance and noise of its own, so it is drawn, saved and opened again by
what draws, saves and opens everything else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from icgan_demo.inference.conditions import slerp
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.service.drawing.children_requests import ChildrenRequest, Moves
from icgan_demo.service.drawing.drawing_requests import MAX_TARGETS, NO_LABEL, Blend, DrawRequest, Swap

NEAR = 24
"""Nearest stored instances among which a child's instance may move."""
LEAST_SHARE = 0.4
"""Of the farthest move: some children stay nearer than others."""
FINEST_SHARED = 16
"""Output side from which blocks may take the second parent's condition, px: coarser ones decide what is there."""


@dataclass(frozen=True)
class Parent:
    """An image, taken apart into what its children inherit."""

    request: DrawRequest
    feature: Tensor
    """Its instance, of several the one they mix to: unit length, (D,)."""
    noise: Tensor
    """(noise_dim,)."""

    @property
    def shares(self) -> dict[str, float]:
        """Its classes with their shares, ``NO_LABEL`` among them."""
        return dict(self.request.blend.swap.classes())

    def child(
        self, feature: Tensor, noise: Tensor, shares: Mapping[str, float], seed: int, balance: float | None = None
    ) -> DrawRequest:
        """Return the request of a child that inherits everything else."""
        blend = Blend(
            (_unit(feature),),
            swap=swap_of(shares),
            balance=self.request.blend.balance if balance is None else balance,
        )
        limit = 2 * self.request.truncation
        return replace(self.request, blend=blend, seeds=(seed,), noise=noise.clamp(-limit, limit).numpy(), best_of=None)


def varied(parent: Parent, model: InstanceModel, near: np.ndarray, asked: ChildrenRequest) -> Iterator[DrawRequest]:
    """Yield variations of one image.

    Args:
        parent: the image.
        model: that draws it.
        near: rows of the bank, the nearest to the instance first; empty without a bank: the instance then turns
            towards a random direction.
        asked: how many, and how far from the parent.
    """
    shares = parent.shares
    for seed, source in _sources(asked):
        moves = asked.moves.times(source.uniform(LEAST_SHARE, 1))
        fresh = model.noise([seed], parent.request.truncation)[0]
        noise = slerp(parent.noise, fresh, moves.noise)
        if len(near):
            row = int(source.choice(near))
            assert model.bank is not None
            towards, label = model.bank.features[row], _label(model, row)
        else:
            direction = torch.from_numpy(source.standard_normal(len(parent.feature)).astype(np.float32))
            towards, label = direction / direction.norm(), NO_LABEL
        feature = slerp(parent.feature, towards, moves.instance)
        yield parent.child(feature, noise, _moved(shares, label, moves), seed)


def crossed_parents(
    first: Parent, second: Parent, model: InstanceModel, asked: ChildrenRequest
) -> Iterator[DrawRequest]:
    """Yield crossings of two images of one model.

    Every second child has a place between its parents on the sphere, and noise at another place between theirs; the
    others take the coarse blocks of one parent and the fine ones of the other.
    """
    sides = [8 << block for block in range(model.generator.config.blocks)]
    fine_sides = [side for side in sides if side >= FINEST_SHARED] or sides[-1:]
    for place, (seed, source) in enumerate(_sources(asked)):
        t, t_noise = source.uniform(0.2, 0.8, size=2)
        noise = slerp(first.noise, second.noise, float(t_noise))
        if place % 2:
            coarse, fine = (first, second) if source.random() < 0.5 else (second, first)
            child = coarse.child(coarse.feature, noise, coarse.shares, seed)
            side = int(source.choice(fine_sides))
            yield replace(child, fine=fine.request.blend, fine_from=side)
            continue
        shares = {name: (1 - t) * share for name, share in first.shares.items()}
        for name, share in second.shares.items():
            shares[name] = shares.get(name, 0.0) + t * share
        balance = (1 - t) * first.request.blend.balance + t * second.request.blend.balance
        feature = slerp(first.feature, second.feature, float(t))
        yield first.child(feature, noise, shares, seed, float(balance))


def swap_of(shares: Mapping[str, float]) -> Swap:
    """Return what draws classes in these shares, ``NO_LABEL`` among them; of too many, the largest."""
    named = sorted(((name, share) for name, share in shares.items() if name != NO_LABEL and share > 0), key=_share)
    largest = tuple(named[-MAX_TARGETS:])
    labelled = sum(share for _, share in largest)
    unlabelled = max(0.0, shares.get(NO_LABEL, 0.0))
    if labelled <= 0:
        return Swap()
    most = largest[-1][1]
    targets = tuple((name, share / most) for name, share in largest)
    return Swap(None, targets, labelled / (labelled + unlabelled))


def _sources(asked: ChildrenRequest) -> Iterator[tuple[int, np.random.Generator]]:
    """Yield a seed and a source of random numbers for each child; fewer children are the first of more."""
    for place in range(asked.count):
        source = np.random.default_rng([asked.seed, place])
        yield int(source.integers(2**31)), source


def _moved(shares: Mapping[str, float], label: str, moves: Moves) -> dict[str, float]:
    if moves.label <= 0 or label == NO_LABEL:
        return dict(shares)
    moved = {name: (1 - moves.label) * share for name, share in shares.items()}
    moved[label] = moved.get(label, 0.0) + moves.label
    return moved


def _label(model: InstanceModel, row: int) -> str:
    assert model.bank is not None
    label = int(model.bank.labels[row])
    return model.card.class_names[label] if 0 <= label < len(model.card.class_names) else NO_LABEL


def _unit(feature: Tensor) -> np.ndarray:
    return (feature / feature.norm()).numpy().astype(np.float32)


def _share(pair: tuple[str, float]) -> float:
    return pair[1]
