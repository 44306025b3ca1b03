"""Memory for the maps of one picture, used again for the next one."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

ALIGNMENT = 64
"""Elements; every tensor starts on a cache line of its own."""


class Scratch:
    """Tensors handed out from one block of memory in stack order.

    Memory that comes fresh from the system costs more than the additions done on it (a page fault for every 4 KB),
    and memory that was just used is still in the cache. Not for two threads at a time.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self._memory = torch.empty(0, dtype=dtype)
        self._used = 0
        self._wanted = 0

    def take(self, *shape: int) -> Tensor:
        """Return an uninitialised tensor; it is valid until the frame in which it was taken ends."""
        start, size = self._used, math.prod(shape)
        self._used += -(-size // ALIGNMENT) * ALIGNMENT
        self._wanted = max(self._wanted, self._used)
        if self._used > len(self._memory):  # the first picture finds out how much is needed
            return self._memory.new_empty(shape)
        return self._memory[start : start + size].view(shape)

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Give back, at the end, what was taken inside."""
        if self._used == 0 and self._wanted > len(self._memory):
            self._memory = self._memory.new_empty(self._wanted)
        start = self._used
        try:
            yield
        finally:
            self._used = start
