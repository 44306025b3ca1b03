"""Which quick pictures may be shown: none that a drawing in full quality has overtaken, and never too many at once.

Quick pictures do not wait in the queue, which would take longer than drawing them. So they can come late, and where the
machine is busy they are left out: letting go of the slider brings the pictures in full quality all the same.
"""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from icgan_demo.service.drawing.drawing_requests import DrawRequest

AT_ONCE = 4
"""Quick drawings at a time, over all visitors of a page of the studio."""
VISITORS = 500
"""So many are remembered, the latest."""
Pictures = TypeVar("Pictures")


class Previews:
    """Remembers for each visitor which pictures were last asked for in full quality."""

    def __init__(self) -> None:
        self._wanted: dict[str, DrawRequest] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(AT_ONCE)

    def overtake(self, visitor: str, request: DrawRequest) -> None:
        """Note that ``visitor`` gets ``request`` in full quality from now on: what is being drawn quickly is late."""
        with self._lock:
            self._wanted.pop(visitor, None)
            self._wanted[visitor] = request  # the latest stands last
            while len(self._wanted) > VISITORS:
                del self._wanted[next(iter(self._wanted))]

    def draw(self, visitor: str, request: DrawRequest, quickly: Callable[[], Pictures]) -> Pictures | None:
        """Return what ``quickly`` returns, or None if it must not be shown or there is no time for it."""
        before = self._wanted.get(visitor)
        if (before is not None and same(before, request)) or not self._places.acquire(blocking=False):
            return None
        try:
            pictures = quickly()
        finally:
            self._places.release()
        return pictures if self._wanted.get(visitor) is before else None


def same(a: DrawRequest, b: DrawRequest) -> bool:
    """Return whether two requests draw the same pictures."""
    return _key(a) == _key(b)


def _key(request: DrawRequest) -> tuple[Any, ...]:
    blends = [request.blend, *([] if request.fine is None else [request.fine])]
    parts = [
        (tuple(f.tobytes() for f in blend.features), blend.weights, blend.swap.classes(), blend.balance)
        for blend in blends
    ]
    centre = None if request.centre is None else request.centre.tobytes()
    moves = tuple((move.direction.vector.tobytes(), move.direction.side, move.amount) for move in request.moves)
    return (request.model, request.seeds, request.truncation, request.fine_from, centre, moves, *parts)
