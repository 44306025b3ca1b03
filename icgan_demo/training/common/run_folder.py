"""The contract between a trainer and whoever watches it: what a run's folder holds.

Both sides import it, without torch: the trainer writes, the app reads while it is being written.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from icgan_demo.atomic_files import atomic_write

STATUS, LOCK = "status.json", ".lock"
RECORD, PICTURES = "run.json", "pictures.json"
LOG, METRICS = "log.jsonl", "metrics.jsonl"
"""A line for each update, and one for each evaluation."""
SHEETS = "sheets"
REAL_SHEET = f"{SHEETS}/real.png"
MODEL_SHEET = f"{SHEETS}/model.png"
"""The sheet of the finished model."""
BY_CLASS = "by_class"
"""Among the figures of the finished model's card: how often its images are recognised as their class."""
WORST = "worst"
"""Sheets of the worst samples of each evaluation."""
PRESENT = "present"
"""The model of a run that is not finished, as it was when it was asked for or left."""
PRESENT_WANTED = "present.wanted"
"""Whoever watches puts this file there; the trainer writes ``PRESENT`` between two updates, then removes the file."""


class State(StrEnum):
    """What a run is doing. A trainer tells five of them; the others follow from the queue and the process."""

    QUEUED = "queued"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSING = "pausing"
    STOPPING = "stopping"
    FINISHING = "finishing"
    PAUSED = "paused"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    STALLED = "stalled"
    FAILED = "failed"
    FINISHED = "finished"


@dataclass(frozen=True)
class Status:
    """The content of ``status.json``."""

    state: State = State.PREPARING
    """``PREPARING``, ``RUNNING``, ``STOPPED``, ``FINISHED`` or ``FAILED``."""
    step: int = 0
    steps: int = 0
    elapsed_s: float = 0.0
    """Time the run has been worked on, interruptions left out."""
    eta_s: float | None = None
    """Time left, None while nothing is known."""
    images_per_s: float = 0.0
    message: str = ""
    """One sentence for a visitor; empty while all is well."""
    pid: int = 0
    pid_started: float = 0.0
    """When that process began, by ``psutil``: numbers of processes are used again."""
    heartbeat: float = 0.0
    """When this was written, seconds since 1970."""


@dataclass(frozen=True)
class Progress:
    """What one generator update gave: a line of the log."""

    step: int
    loss_generator: float
    loss_discriminator: float
    score_real: float
    """Mean score of real pairs: of the pixel discriminator, if there is one, else over all heads."""
    score_fake: float
    """Mean score of drawn pairs, likewise."""
    r1: float
    """Gradient penalty without its weight, 0 in updates without it."""
    images_per_s: float
    """Real pictures seen per second, this update."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """From time to time, what the discriminator says of pictures it learned from and of those held out."""
    is_skipped: bool = False
    """Whether an update was left out because a gradient was not finite; the log does not say it."""

    def line(self) -> dict[str, Any]:
        """Return the line's JSON values."""
        values = {name: value for name, value in asdict(self).items() if name not in ("is_skipped", "scores")}
        return finite(values | dict(self.scores))


def finite(line: dict[str, Any]) -> dict[str, Any]:
    """Return JSON values with null for what is not finite."""
    return {
        key: None if isinstance(value, float) and not math.isfinite(value) else value for key, value in line.items()
    }


def read_status(folder: Path) -> Status | None:
    """Return the status of the run in ``folder``; None if there is none to read."""
    try:
        values = json.loads((folder / STATUS).read_text())
        return Status(**{**values, "state": State(values["state"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_status(status: Status, folder: Path) -> None:
    """Replace the status of the run in ``folder``; raises OSError if the disk fails."""
    with atomic_write(folder / STATUS) as scratch:
        scratch.write_text(json.dumps(asdict(status)))


def step_file(folder: Path, step: int, ending: str) -> Path:
    """Return the file in which a run keeps something of a step, with an ending such as ".png"."""
    return folder / f"step_{step:06d}{ending}"


def steps_in(folder: Path, ending: str) -> dict[int, Path]:
    """Return the files of steps with that ending by their step, in order."""
    named = {path.stem.removeprefix("step_"): path for path in folder.glob(f"step_*{ending}")}
    return dict(sorted((int(digits), path) for digits, path in named.items() if digits.isdecimal()))
