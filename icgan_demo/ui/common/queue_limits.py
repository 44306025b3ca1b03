"""What one visitor, and all of them together, may have in the queue at once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from icgan_demo.config import VISITOR, Limits
from icgan_demo.ui.texts.language import preferred, say


class QueueLimits:
    """Counts events that wait and that are at work, by a browser's session and by an address.

    A browser opens a session for each page; a program may have none or as many as it likes, hence the address.
    """

    def __init__(self, demo: gr.Blocks, limits: Limits) -> None:
        """Count in the queue of ``demo``, as far as ``limits`` allow."""
        self._demo = demo
        self._most = {"session": limits.asked_at_once, "address": limits.asked_from_one_address}
        self._joining: Counter[tuple[str, str]] = Counter()

    def refusal(self, session: str | None, address: str | None, languages: str) -> str:
        """Return a sentence for a visitor who asks for one thing too many, or where all places are taken; else nothing.

        Args:
            session: the name that a browser gives its page.
            address: where the request came from.
            languages: the browser's header ``Accept-Language``.
        """
        counts = self._joining + Counter(key for event in self._events() for key in _keys_of(event))
        language = preferred(languages)
        for kind, value in _keys(session, address):
            if counts[kind, value] >= self._most[kind]:
                return say(language, f"busy_{kind}", count=self._most[kind])
        queue = self._demo._queue
        if queue.max_size is not None and len(queue) >= queue.max_size:  # Gradio says so in English alone
            return say(language, "busy_page", count=queue.max_size)
        return ""

    @contextmanager
    def joining(self, session: str | None, address: str | None) -> Iterator[None]:
        """Count what is on its way into the queue: a hundred requests at the same moment shall not all find room."""
        keys = _keys(session, address)
        self._joining.update(keys)
        try:
            yield
        finally:
            self._joining.subtract(keys)
            self._joining += Counter()  # forgets what has come to nothing

    def _events(self) -> Iterator[Any]:
        queue = self._demo._queue
        for line in queue.event_queue_per_concurrency_id.values():
            yield from line.queue
        for job in queue.active_jobs:
            yield from job or ()


def _keys(session: str | None, address: str | None) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value in (("session", session), ("address", address)) if value]


def _keys_of(event: Any) -> list[tuple[str, str]]:
    return _keys(event.session_hash, event.request.scope.get(VISITOR))
