"""One long step that nothing but itself can end: a page tells how far it is, and leaves it when a visitor says so."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
Tell = Callable[[float], None]
"""Called with the share that is done, 0..1; raises ``Left`` where nobody waits for the rest."""

LOOKED_AFTER_EVERY_S = 0.25
"""So late at most a page notices a Stop, or the end."""
TOLD_EVERY_S = 1.0


class Left(Exception):  # noqa: N818, no error: the way out of work that was left
    """Ends work that no page waits for any more."""


class Signal(Protocol):
    """Set by a Stop button."""

    is_set: bool


class LongStep(Generic[T]):
    """Runs ``work`` in one of ``threads``; work that looks after ``tell`` ends when it is left, other work goes on.

    With one thread, steps that were left behind never run beside each other, and one that has not begun never does.
    """

    def __init__(self, threads: ThreadPoolExecutor, work: Callable[[Tell], T]) -> None:
        self.share: float | None = None
        """How much is done, 0..1; None where the work does not tell."""
        self._is_left = False
        self._running = threads.submit(work, self._tell)

    def wait(self, signal: Signal) -> Iterator[float]:
        """Yield the seconds so far, until there is a result or ``signal`` is set; closing it leaves the work too."""
        started, told_s = time.perf_counter(), -TOLD_EVERY_S
        try:
            while not signal.is_set and not wait([self._running], LOOKED_AFTER_EVERY_S).done:
                elapsed_s = time.perf_counter() - started
                if elapsed_s - told_s >= TOLD_EVERY_S:
                    told_s = elapsed_s
                    yield elapsed_s
        finally:
            self._is_left = not self._running.done()
            self._running.cancel()

    def result(self) -> T:
        """Return what the work returned, or raise what it raised."""
        return self._running.result()

    def _tell(self, share: float) -> None:
        if self._is_left:
            raise Left
        self.share = share
