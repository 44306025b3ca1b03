"""Places to run a model, usually one, taken in turns: long work lets others in between its pictures."""

import asyncio
import contextvars
import inspect
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial, wraps
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
from gradio.context import LocalContext

from icgan_demo.ui.common.events import ASIDE, GIVE_WAY, MODEL, TAKES_TURNS

END = object()
_Place = asyncio.Lock | asyncio.Semaphore


class ModelTurns:
    """The places: from one ``yield`` to the next a handler has a turn, and who waited longest has the next one.

    One visitor's events of a line are answered one after the other, as two drawings would write into the same gallery.
    Handlers wait without a thread, and one that a visitor has left is closed at its next ``yield``.
    """

    def __init__(self, places: int = 1) -> None:
        """Let so many run at a time."""
        self._place = asyncio.Semaphore(places)  # serves in the order of asking
        self._threads = ThreadPoolExecutor(places + 1, "turn")  # all of them, and one aside
        self._aside = asyncio.Lock()  # where one may work beside the place
        self._lines: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def take_turns(self, handler: Callable[..., Any], line: str = MODEL["concurrency_id"]) -> Callable[..., Any]:
        """Return a handler of the same arguments and results that takes turns, in one of the lines of a visitor."""
        if not inspect.isgeneratorfunction(handler):

            @wraps(handler)
            async def answer(*values: Any) -> Any:
                async with self._line(line):
                    return await self._turn(self._place, handler, *values)

            return answer

        @wraps(handler)
        async def answers(*values: Any) -> AsyncIterator[Any]:
            async with self._line(line):
                place: _Place = self._place
                steps = handler(*values)
                try:
                    while (updates := await self._turn(place, next, steps, END)) is not END:
                        place = self._aside if updates is ASIDE else self._place
                        if updates is not ASIDE and updates is not GIVE_WAY:
                            yield updates
                finally:
                    steps.close()

        return answers

    def _line(self, name: str) -> asyncio.Lock:
        """Return what the visitor's events wait for; programs without a session have none but the place."""
        request = LocalContext.request.get(None)
        session = None if request is None else request.session_hash
        return asyncio.Lock() if session is None else self._lines.setdefault((session, name), asyncio.Lock())

    async def _turn(self, place: _Place, step: Callable[..., Any], *values: Any) -> Any:
        async with place:
            work = partial(contextvars.copy_context().run, step, *values)
            running = asyncio.get_running_loop().run_in_executor(self._threads, work)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                await asyncio.wait([running])  # nothing ends a thread from outside, and it has the place until then
                raise


def share_the_model(demo: gr.Blocks, places: int = 1) -> None:
    """Let all events of a page that run a model take turns at so many places."""
    turns = ModelTurns(places)
    for event in demo.fns.values():
        if event.concurrency_id in TAKES_TURNS and event.fn is not None:
            event.fn = turns.take_turns(event.fn, event.concurrency_id)
