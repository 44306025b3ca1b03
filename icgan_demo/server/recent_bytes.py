"""What each address has uploaded of late, so that one does not use up the space of all."""

import time
from collections import Counter, deque
from collections.abc import Callable

KEPT_S = 3600.0
"""Uploads are deleted after so long."""


class RecentBytes:
    """Bytes by address, of the last hour."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Tell the time by ``clock``, in seconds."""
        self._clock = clock
        self._sent: deque[tuple[float, str, int]] = deque()
        self._totals: Counter[str] = Counter()

    def of(self, address: str) -> int:
        """Return how many bytes an address has sent."""
        while self._sent and self._sent[0][0] < self._clock() - KEPT_S:
            _, old, count = self._sent.popleft()
            self._totals[old] -= count
            if not self._totals[old]:
                del self._totals[old]
        return self._totals[address]

    def add(self, address: str, count: int) -> None:
        """Count an upload."""
        if count:
            self._sent.append((self._clock(), address, count))
            self._totals[address] += count
