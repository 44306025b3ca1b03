"""What the training commands share: checked settings, threads, and a clean end."""

import dataclasses
import signal
import threading
from typing import Any, TypeVar

from icgan_demo.errors import RequestError

Config = TypeVar("Config")


def checked(defaults: Config, **values: Any) -> Config:
    """Return ``defaults`` with ``values``, or say which option is out of range."""
    try:
        return dataclasses.replace(defaults, **values)  # type: ignore[type-var]
    except ValueError as error:
        raise RequestError(f"{error}.") from error


def use_threads(threads: int) -> None:
    """Let torch use so many threads; 0 leaves the choice to it."""
    if threads:
        import torch

        torch.set_num_threads(threads)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and Ctrl+C set from now on, instead of ending the process."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
