"""The values that travel while published models are fetched: on what terms, and how far it has come."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Terms:
    """One thing that would be fetched, and on what terms; to be shown before anything is."""

    title: str
    licence: str
    note: str
    """One sentence: who made it, what may be done with it."""
    url: str
    """Where the licence's text is."""
    megabytes: int | None = None
    """Approximate size, None if unknown."""


@dataclass(frozen=True)
class Installation:
    """How far fetching has come; a value, safe to keep."""

    name: str
    """What was asked for."""
    stage: str
    """"fetching", "converting", "done", "failed" or "cancelled"."""
    number: int = 0
    """Counts the installations of this process, from 1."""
    title: str = ""
    """What is being fetched or converted now: the model, its encoder or its stored instances."""
    part: int = 0
    """Which of the ``parts`` that is, from 1."""
    parts: int = 0
    done_bytes: int = 0
    total_bytes: int | None = None
    """None while the server has not said."""
    left_s: float | None = None
    """Seconds until the current file is here, at its pace so far; None while that is unknown."""
    message: str = ""
    """For "done" what is ready now, for "failed" what is wrong and what to do."""
    is_stopping: bool = False
    """Whether it runs although its end was asked for: until the next bytes come, or the conversion is done."""

    @property
    def is_running(self) -> bool:
        """Whether there is more to come."""
        return self.stage in ("fetching", "converting")

    @property
    def is_last_step(self) -> bool:
        """Whether nothing is left that could be stopped."""
        return self.stage == "converting" and self.part == self.parts

    @property
    def share(self) -> float | None:
        """Part of the current file that is here, 0..1; None if unknown."""
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else None


class Downloads(Protocol):
    """What the page needs to offer published models; one is fetched at a time, for all visitors together."""

    def terms(self, name: str) -> list[Terms]:
        """Return each thing that ``start`` would fetch; empty if nothing of that name is published or missing."""

    def start(self, name: str) -> None:
        """Fetch and convert a model and what it needs, in the background; raises RequestError, BusyError."""

    def progress(self) -> Installation | None:
        """Return how far the newest installation is; None before the first."""

    def stop(self) -> None:
        """End a running transfer soon; starting again resumes it."""
