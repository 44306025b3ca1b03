"""What a run tells the outside, and what the outside may ask of it; nothing here needs torch.

``status.json`` is replaced atomically, about once a second and at every change of state. SIGTERM and SIGINT ask a run
to save and leave, SIGUSR1 to write its model now.
"""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil

from icgan_demo.errors import BusyError
from icgan_demo.file_lock import hold
from icgan_demo.training.common.run_folder import LOCK, Status, write_status

logger = logging.getLogger(__name__)

INTERVAL_S = 1.0


class Interrupted(Exception):  # noqa: N818  (not an error: someone asked for it)
    """Work that may be left was left because the run was asked to stop."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run's folder; raises BusyError if another trainer holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        hold(lock, BusyError("Another training is running in this folder. Wait for it or choose another one."))
        yield


class Reporter:
    """Writes the status of the running process and remembers what was asked of it."""

    def __init__(self, folder: Path | None, steps: int) -> None:
        """Begin to report in the run's folder; None reports nowhere."""
        self._folder = folder
        self._begin = time.monotonic()
        self._written = -INTERVAL_S
        own = psutil.Process()
        self.status = Status(steps=steps, pid=own.pid, pid_started=own.create_time())
        self.is_stopping = False
        self.is_finishing = False

    @property
    def elapsed_s(self) -> float:
        """Time worked on the run, by a clock that does not jump."""
        return time.monotonic() - self._begin

    def add_elapsed(self, seconds: float) -> None:
        """Count time worked before this process."""
        self._begin -= seconds

    def listen(self) -> None:
        """Let signals ask: SIGTERM and SIGINT to stop, SIGUSR1 to finish."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "is_stopping", True))
        signal.signal(signal.SIGUSR1, lambda *_: setattr(self, "is_finishing", True))

    def say(self, **changes: object) -> None:
        """Change the status; it is written at once if the state changes, otherwise when it is time."""
        before = self.status.state
        self.status = replace(self.status, **changes)  # type: ignore[arg-type]
        if self.status.state != before or time.monotonic() - self._written >= INTERVAL_S:
            self._write()

    def beat(self) -> None:
        """Show that the process is alive; raises Interrupted if it should stop. For work that can be left."""
        self.say()
        if self.is_stopping:
            raise Interrupted

    def _write(self) -> None:
        self._written = time.monotonic()
        if self._folder is None:
            return
        self.status = replace(self.status, elapsed_s=round(self.elapsed_s, 1), heartbeat=time.time())
        try:
            write_status(self.status, self._folder)
        except OSError as error:  # a full disk must not stop a run that needs none
            logger.warning("the status could not be written: %s", error)
