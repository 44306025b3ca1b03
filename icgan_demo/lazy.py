"""Lazy stand-ins: what another thread makes, at its first use or ahead of it."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as WaitedTooLong
from typing import Any, Generic, TypeVar, cast

from icgan_demo.errors import BusyError, DemoError

logger = logging.getLogger(__name__)

PATIENCE_S = 60.0

Made = TypeVar("Made")


def lazy(make: Callable[[], Made], patience_s: float | None = PATIENCE_S) -> Made:
    """Return a stand-in for what ``make`` will return; whoever uses it waits until that is there.

    It is made once, on a daemon thread, so that a stop of the program does not wait for it: at the first use, or ahead
    of that with ``start``. What uses it sees the contract of the thing alone, and tests give the thing itself.

    Args:
        make: makes the thing; may import what takes long, and use other stand-ins.
        patience_s: how long a use waits; None, without end, for what only other stand-ins use.
    Raises:
        DemoError: at every use after a failure, the one of ``make`` or one that points to the log.
        BusyError: at a use that has waited for too long; the next one waits again.
    """
    return cast(Made, _Lazy(make, patience_s))


def start(thing: object) -> None:
    """Have a stand-in's thing made now, without waiting for it; of anything else that is there already."""
    if isinstance(thing, _Lazy):
        thing._begin()


def is_awaited(thing: object) -> bool:
    """Return whether a use of ``thing`` would wait: only a stand-in for what has neither been made nor failed."""
    return isinstance(thing, _Lazy) and not thing._is_settled()


class _Lazy(Generic[Made]):
    """Hands every public attribute on; all of its own are private, so that they stand in nobody's way."""

    def __init__(self, make: Callable[[], Made], patience_s: float | None) -> None:
        self._make = make
        self._patience_s = patience_s
        self._made: Future[Made] | None = None
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # what only looks (copy, a debugger) has nothing made
            raise AttributeError(name)
        return getattr(self._wait(), name)

    def _begin(self) -> Future[Made]:
        with self._lock:
            if self._made is None:
                self._made = Future()
                threading.Thread(target=self._run, args=(self._made,), name="lazy", daemon=True).start()
            return self._made

    def _is_settled(self) -> bool:
        return self._made is not None and self._made.done()

    def _run(self, made: Future[Made]) -> None:
        try:
            made.set_result(self._make())
        except DemoError as error:
            made.set_exception(error)
        except Exception as error:
            logger.exception("a part of the page could not start")
            made.set_exception(error)

    def _wait(self) -> Made:
        made = self._begin()
        try:
            error = made.exception(self._patience_s)
        except WaitedTooLong as late:
            raise BusyError("The page is still starting. Try again in a few seconds.") from late
        if error is None:
            return made.result()
        if isinstance(error, DemoError):
            raise error.with_traceback(None)  # else it would hold on to the frames of all who have met it
        raise DemoError("This part of the page could not start. The log of this page says why.") from error
