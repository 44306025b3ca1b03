"""A run's present state as a model to generate with: its trainer is asked for it, and continues."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from icgan_demo.atomic_files import atomic_write, link, remove
from icgan_demo.errors import RequestError
from icgan_demo.service.training.run_files import read_object
from icgan_demo.service.training.trainer_process import is_alive
from icgan_demo.training.common.run_folder import PRESENT, PRESENT_WANTED, RECORD, State, read_status
from icgan_demo.weights.folders import CARD, MODEL

WAIT_S = 60.0
"""Time after which an earlier state must do; a trainer answers between two updates."""
LOOK_EVERY_S = 0.05
KEPT_STATES = 2
"""States of a run that are there at a time: with the one before the newest, someone may still be drawing."""
NOT_YET = "This run has no state to generate with yet. Wait until its first step, or continue it."


class PresentState:
    """The newest state of the run in a folder; asked for on construction, if a trainer is at work there."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._deadline = time.monotonic() + WAIT_S
        if self._is_learning():
            (run / PRESENT_WANTED).touch()

    @property
    def is_awaited(self) -> bool:
        """Whether the trainer has yet to answer."""
        wanted = self._run / PRESENT_WANTED
        return wanted.exists() and time.monotonic() < self._deadline and self._is_learning()

    def wait(self) -> Iterator[None]:
        """Yield before each time that passes until another look, as long as the trainer has yet to answer."""
        while self.is_awaited:
            yield
            time.sleep(LOOK_EVERY_S)

    @property
    def folder(self) -> Path:
        """The folder of the newest model that the run has written, at its end or when it was asked to or left.

        Raises:
            RequestError: if it has written none.
        """
        for name in (PRESENT, MODEL):  # a finished run that continues has both
            if (self._run / name / CARD).is_file():
                return self._run / name
        raise RequestError(NOT_YET)

    def _is_learning(self) -> bool:
        status = read_status(self._run)
        return status is not None and status.state is State.RUNNING and is_alive(status.pid, status.pid_started)


def is_run(folder: Path) -> bool:
    """Return whether a training run lives in a folder."""
    return (folder / RECORD).is_file()


def step_of(model: Path) -> int:
    """Return the step of the run at which a model was written; 0 where its card does not say it."""
    settings = read_object(model / CARD).get("settings")
    step = settings.get("steps_trained") if isinstance(settings, dict) else None
    return step if isinstance(step, int) else 0


def publish(state: Path, models: Path, run_name: str) -> str:
    """Put a run's present state into a folder of models, in place of older ones of the run; returns its name.

    Raises:
        RequestError: if the trainer writes states faster than they can be taken.
        OSError: if the disk fails.
    """
    for _ in range(5):
        name = str(read_object(state / CARD).get("name") or "")
        target = models / name
        if not name:
            continue  # a newer one is just taking its place
        is_new = not target.exists()
        if is_new:
            with atomic_write(target) as scratch:
                shutil.copytree(state, scratch, copy_function=lambda file, place: link(Path(file), Path(place)))
        if read_object(state / CARD).get("name") == name:
            break
        if is_new:
            remove(target)  # its files may be of two states
    else:
        raise RequestError("The run's present state could not be taken. Please try again.")
    for older in states_of(models, run_name)[KEPT_STATES:]:
        remove(older)
    return name


def states_of(models: Path, run_name: str) -> list[Path]:
    """Return the present states of a run in a folder of models, the newest first."""
    return sorted(models.glob(f"{run_name}-step-*"), key=step_of, reverse=True)
