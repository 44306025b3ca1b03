"""Guided search: noise moved, round by round, until the picture resembles a target; by gradient or by CMA-ES.

The noise moves only in numbers that the generator reads, and never leaves the box that sampling keeps to. Where a photo
itself is looked for, the instance moves with it, never farther than an angle from where it was.
"""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

POPULATION = 16
"""Pictures of one generation."""
PORTION = 4
"""Pictures that are looked at before whoever searches may pause."""
SPREAD = 0.5
"""Step of the first generation, in units of the law's own spread."""
LEARNING_RATE = 0.2
PRIOR = 0.02
"""Weight of ``Space.prior``: it slows the drift to the edges of the box, which alone bounds the numbers."""
CERTAIN = 1 - 1e-6
"""Probability beyond which a number counts as this one: the ends of the box lie at infinity."""
STRIDE = 0.03
"""Length on the sphere of one unit of a point's numbers for the instance, radians."""

Objective = Callable[[Tensor], Tensor]
"""Rows of a space (N, ...) to how much each picture resembles the target (N,), a cosine; larger is better."""


class Space(Protocol):
    """Where a search moves: any real vector of it stands for something that can be drawn."""

    def origin(self) -> Tensor:
        """Return the point (dim,) of the start."""

    def noise(self, points: Tensor) -> Tensor:
        """Return the noise of points (N, dim), with what moves besides it behind it; differentiable."""

    def prior(self, points: Tensor) -> Tensor:
        """Return how implausible each point (N, dim) is, (N,), at least 0; differentiable."""


@dataclass(frozen=True)
class SearchRound:
    """The best that a search has found so far."""

    number: int
    """Rounds done; 0 is the start itself."""
    noise: Tensor
    """float32 (noise_dim,), within the box; what moved besides it follows."""
    cosine: float
    evaluations: int
    """Pictures drawn so far."""


class NoiseSpace:
    """The live numbers of the noise, unfolded: any real vector stands for noise within the box.

    With standard normal numbers u, z = q(u) has exactly the law of sampling, N(0, 1) cut at +-2 * truncation: q is
    the cut law's quantile function after the normal's distribution function. So a search needs no clamp, near the
    start one step means the same in all directions, and what is plausible for u is plausible for z.
    """

    def __init__(self, start: Tensor, live: Tensor, truncation: float) -> None:
        """Open the space around a start.

        Args:
            start: noise (noise_dim,) within +-2 * ``truncation``; numbers that are not live keep its values.
            live: bool (noise_dim,).
            truncation: 0.05 .. 1.
        """
        self._limit = 2 * truncation
        self._inside = math.erf(self._limit / math.sqrt(2))
        self._start, self._live = start, live
        self.dim = int(live.sum())

    def origin(self) -> Tensor:
        """Return the point (dim,) of the start."""
        inside = torch.erf(self._start[self._live].double() / math.sqrt(2)) / self._inside
        return (torch.erfinv(inside.clamp(-CERTAIN, CERTAIN)) * math.sqrt(2)).float()

    def noise(self, points: Tensor) -> Tensor:
        """Return the noise (N, noise_dim) of points (N, dim); differentiable."""
        inside = (torch.erf(points / math.sqrt(2)) * self._inside).clamp(-CERTAIN, CERTAIN)
        live = (torch.erfinv(inside) * math.sqrt(2)).clamp(-self._limit, self._limit)
        rows = self._start.expand(len(points), -1).clone()
        rows[:, self._live] = live
        return rows

    def prior(self, points: Tensor) -> Tensor:
        """See ``Space.prior``."""
        return law_distance(points)


class InstanceSpace:
    """Noise and, behind it, an instance that turns away from its feature, at most by an angle."""

    def __init__(self, noise: NoiseSpace, feature: Tensor, reach: float) -> None:
        """Open the space around a start.

        Args:
            noise: space of the noise.
            feature: unit length, (D,).
            reach: the angle that the instance comes near to but never exceeds, radians; 0 keeps it where it is.
        """
        self._noise, self._feature, self._reach = noise, feature, reach

    def origin(self) -> Tensor:
        """See ``Space.origin``."""
        return torch.cat([self._noise.origin(), torch.zeros_like(self._feature)])

    def noise(self, points: Tensor) -> Tensor:
        """See ``Space.noise``; the instance has unit length, rows are (N, noise_dim + D)."""
        moves = STRIDE * points[:, self._noise.dim :]
        tangents = moves - (moves @ self._feature)[:, None] * self._feature
        lengths = (tangents.square().sum(1, keepdim=True) + 1e-12).sqrt()  # with a gradient at the start too
        angles = self._reach * torch.tanh(lengths / max(self._reach, 1e-6))
        instances = angles.cos() * self._feature + angles.sin() / lengths * tangents
        instances = torch.nn.functional.normalize(instances, dim=1)
        return torch.cat([self._noise.noise(points[:, : self._noise.dim]), instances], dim=1)

    def prior(self, points: Tensor) -> Tensor:
        """See ``Space.prior``: of the noise alone, since the instance has its bound."""
        return self._noise.prior(points[:, : self._noise.dim])


def law_distance(points: Tensor) -> Tensor:
    """Return how far the mean and variance of each row (N, dim) are from a standard normal's, (N,); 0 is the least.

    Source: the regulariser of the official notebook, mu^2 + var - ln var - 1: twice the divergence of the Gaussians.
    """
    variance = points.var(1)
    return points.mean(1) ** 2 + variance - variance.clamp(min=1e-6).log() - 1


def search_by_gradient(objective: Objective, space: Space, rounds: int) -> Iterator[SearchRound]:
    """Yield the start, then the best noise after each of ``rounds`` steps of Adam from there.

    Args:
        objective: differentiable.
        space: where noise and instance may go.
        rounds: steps, one picture each.
    """
    points = space.origin()[None].clone().requires_grad_()
    optimiser = torch.optim.Adam([points], lr=LEARNING_RATE)
    best: SearchRound | None = None
    for number in range(rounds + 1):
        with torch.enable_grad():
            noise = space.noise(points)
            cosine = objective(noise)
            loss = -cosine.sum() + PRIOR * space.prior(points).sum()
            if number < rounds:
                (points.grad,) = torch.autograd.grad(loss, points)
        best = _better(best, number, noise.detach(), cosine.detach(), number + 1)
        yield best
        optimiser.step()  # not reached after the last round


def search_by_evolution(objective: Objective, space: Space, rounds: int, seed: int) -> Iterator[SearchRound]:
    """Yield the start, then the best noise after each of ``rounds`` generations of CMA-ES from there.

    Within a generation the best of the last one is yielded again after every ``PORTION`` pictures: others can draw.

    Args:
        objective: asked for values alone.
        space: where the noise may go.
        rounds: generations of ``POPULATION`` pictures.
        seed: of the generations.
    Source: Hansen 2016 by his library; with a diagonal covariance (Ros and Hansen 2008), which learns in few rounds.
    """
    cma = _import_cma()
    origin = space.origin()
    noise = space.noise(origin[None])
    best = _better(None, 0, noise, objective(noise), 1)
    yield best
    source = np.random.default_rng(seed)
    options = {
        "popsize": POPULATION, "CMA_diagonal": True, "verbose": -9,
        "randn": lambda *shape: source.standard_normal(shape), "seed": np.nan,  # not the generator that all share
    }  # fmt: skip
    strategy = cma.CMAEvolutionStrategy(origin.double().numpy(), SPREAD, options)
    for number in range(1, rounds + 1):
        points = strategy.ask()
        noise = space.noise(torch.from_numpy(np.asarray(points)).float())
        looked_at: list[Tensor] = []
        for portion in noise.split(PORTION):
            if looked_at:
                yield best
            looked_at.append(objective(portion))
        cosines = torch.cat(looked_at)
        strategy.tell(points, (1 - cosines.double()).tolist())
        best = _better(best, number, noise, cosines, 1 + number * POPULATION)
        yield best


def _better(best: SearchRound | None, number: int, noise: Tensor, cosines: Tensor, evaluations: int) -> SearchRound:
    """Return the best of a round and of those before it."""
    row = int(cosines.argmax())
    if best is not None and not float(cosines[row]) > best.cosine:
        return SearchRound(number, best.noise, best.cosine, evaluations)
    return SearchRound(number, noise[row].clone(), float(cosines[row]), evaluations)


def _import_cma() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for a plotting library that nobody needs here
        import cma
    return cma
