"""Every random choice of a run derives from (seed, step, purpose), so a resumed run repeats them exactly."""

import hashlib

import torch
from torch import Tensor


def generator_for(seed: int, step: int, purpose: str) -> torch.Generator:
    """Return a fresh CPU generator whose stream depends on the three arguments alone."""
    digest = hashlib.sha256(f"{seed}/{step}/{purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


class ShuffledPasses:
    """Endless passes over some rows, each in an order that depends on seed and pass alone."""

    def __init__(self, count: int, seed: int) -> None:
        self._count, self._seed = count, seed
        self._number, self._order = -1, torch.empty(0, dtype=torch.int64)

    def rows(self, first: int, count: int) -> Tensor:
        """Return the rows at ``count`` places from ``first`` on, counted over all passes, int64 (count,)."""
        parts = []
        while count > 0:
            number, place = divmod(first, self._count)
            if number != self._number:
                order = torch.randperm(self._count, generator=generator_for(self._seed, number, "order"))
                self._number, self._order = number, order
            parts.append(self._order[place : place + count])
            first, count = first + len(parts[-1]), count - len(parts[-1])
        return torch.cat(parts)
