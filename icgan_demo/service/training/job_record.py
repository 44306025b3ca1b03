"""What is remembered of a run besides the trainer's own files; its state and all there is to tell, from both."""

import dataclasses
import re
import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from icgan_demo.atomic_files import write_json
from icgan_demo.errors import RequestError
from icgan_demo.secret_names import is_secret_name, secret_name
from icgan_demo.service.training.run_files import RunFiles, read_object
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.trainer_process import is_alive
from icgan_demo.training.common.run_folder import State, Status

RECORD = "job.json"
NOT_FOUND = "Run not found."


class Phase(StrEnum):
    """Where a run stands in the queue."""

    QUEUED = "queued"
    STARTED = "started"
    ENDED = "ended"


class Wish(StrEnum):
    """What is wanted of a run."""

    RUN = "run"
    PAUSE = "pause"
    STOP = "stop"
    FINISH = "finish"


RESUMABLE_STATES = frozenset({State.PAUSED, State.STOPPED, State.INTERRUPTED, State.STALLED, State.FAILED})
ACTIVE_STATES = frozenset(State) - RESUMABLE_STATES - {State.FINISHED}
_CLOSING_STATES = {Wish.PAUSE: State.PAUSING, Wish.STOP: State.STOPPING, Wish.FINISH: State.FINISHING}


@dataclass(frozen=True)
class JobRecord:
    """One run, as ``job.json`` keeps it."""

    run_id: str
    """Random, 128 bits in hex: who knows it may see the run."""
    set_id: str
    """The training set."""
    request: TrainRequest
    name: str
    """Name of the model it writes."""
    created: float
    """Seconds since the epoch."""
    queued: float
    """When it was last put into the queue; the earliest is next."""
    phase: Phase = Phase.QUEUED
    wish: Wish = Wish.RUN
    pid: int | None = None
    born: float | None = None
    """Start time of the process, which tells it from a later one with the same pid."""
    exit_code: int | None = None
    is_stalled: bool = False
    """Whether it was ended because it gave no sign of life."""
    model: str = ""
    """Name in the model list once it is there."""
    lacks: tuple[str, ...] = ()
    """What a run that was opened from a file needs to continue and does not have, of ``Lack``."""
    pictures: int | None = None
    """How many of the set's pictures it learns from, the first ones: a set may grow afterwards. None for all."""
    pair: str = ""
    """What the two runs of a pair, which train side by side to be watched, have in common; empty for a run by itself.
    Their models are in no list."""

    def is_beside(self, other: "JobRecord") -> bool:
        """Return whether the two are a pair."""
        return bool(self.pair) and self.pair == other.pair and self.run_id != other.run_id

    @property
    def is_alive(self) -> bool:
        """Whether its process is running."""
        return self.phase is Phase.STARTED and is_alive(self.pid, self.born)

    def state(self, status: Status | None) -> State:
        """Return the state that record, process and ``status.json`` together tell."""
        told = status and status.state
        if self.phase is Phase.QUEUED:
            return State.QUEUED
        if self.is_alive:
            working = State.RUNNING if told is State.RUNNING else State.PREPARING
            return _CLOSING_STATES.get(self.wish) or (State.FINISHING if told is State.FINISHED else working)
        if self.phase is Phase.STARTED:  # just ended: the queue is about to notice, and to put its model into the list
            return State.FINISHING if told is State.FINISHED else State.STOPPING
        if told is State.FINISHED:
            # Without its model, continuing writes and publishes it again; those of a pair are not published.
            return State.FINISHED if self.model or self.pair else State.FAILED
        if told is State.FAILED:
            return State.FAILED
        if self.is_stalled:
            return State.STALLED
        if self.wish in (Wish.PAUSE, Wish.STOP):
            return State.PAUSED if self.wish is Wish.PAUSE else State.STOPPED
        if told is State.STOPPED:
            return State.FAILED if self.exit_code else State.STOPPED
        return State.FAILED if self.exit_code is not None and self.exit_code > 0 else State.INTERRUPTED

    def with_(self, **changes: Any) -> "JobRecord":
        """Return the record with some fields changed."""
        return dataclasses.replace(self, **changes)


def new_record(set_id: str, request: TrainRequest, pictures: int, *, is_secret: bool, pair: str = "") -> JobRecord:
    """Return a waiting run on the first ``pictures`` of a set; ``is_secret`` makes a name that nobody can guess."""
    now = time.time()
    name = f"{slug_of(request.title)}-{secrets.token_hex(16 if is_secret else 2)}"
    run_id = secret_name()
    return JobRecord(run_id, set_id, request, name, created=now, queued=now, pictures=pictures, pair=pair)


def slug_of(title: str) -> str:
    """Return a title as the beginning of a name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", title).strip("-").lower()[:40] or "model"


def folder_of(root: Path, run_id: Any) -> Path:
    """Return the folder of a run; raises RequestError for what is no run id."""
    if not is_secret_name(run_id):
        raise RequestError(NOT_FOUND)
    return root / run_id


def read_job(folder: Path) -> JobRecord:
    """Return the record in a run's folder; raises RequestError if there is none."""
    values = read_object(folder / RECORD)
    try:
        request = values.pop("request")
        request["augment"] = None if request["augment"] is None else tuple(request["augment"])
        phase, wish = Phase(values.pop("phase")), Wish(values.pop("wish"))
        lacks = tuple(values.pop("lacks", ()))
        return JobRecord(request=TrainRequest(**request), phase=phase, wish=wish, lacks=lacks, **values)
    except (KeyError, TypeError, ValueError) as error:
        raise RequestError(NOT_FOUND) from error


def write_job(record: JobRecord, folder: Path) -> None:
    """Replace the record in a run's folder."""
    write_json(dataclasses.asdict(record), folder / RECORD)


@dataclass(frozen=True)
class RunView:
    """A run at one moment."""

    run_id: str
    title: str
    state: State
    step: int
    steps: int
    elapsed_s: float
    eta_s: float | None
    """Time left; None while it is not known."""
    images_per_s: float | None
    message: str
    """The trainer's own sentence, possibly empty."""
    position: int
    """Runs before this one in the queue."""
    request: TrainRequest
    created: float
    model: str
    """Name in the model list; empty before the model is there."""
    lacks: tuple[str, ...] = ()
    """What it needs to continue and does not have, of ``Lack``."""
    hit_limit: bool = False
    """Whether its limit on minutes ended it."""
    is_of_pair: bool = False
    """Whether it trains beside another run."""

    @property
    def is_active(self) -> bool:
        """Whether it waits, runs or is about to end."""
        return self.state in ACTIVE_STATES

    @property
    def is_resumable(self) -> bool:
        """Whether it can continue from where it ended."""
        return self.state in RESUMABLE_STATES and not self.lacks


def view_of(record: JobRecord, files: RunFiles, position: int) -> RunView:
    """Return what there is to tell about a run."""
    told = files.status()
    status, state = told or Status(), record.state(told)
    message = status.message
    if state is State.FAILED and status.state is State.FINISHED:
        message = "The model could not be put into the list. Free some disk space, then continue."
    return RunView(
        run_id=record.run_id,
        title=record.request.title,
        state=state,
        step=status.step,
        steps=status.steps or record.request.steps,
        elapsed_s=status.elapsed_s,
        eta_s=status.eta_s,
        images_per_s=status.images_per_s if told else None,
        message=message[:300],
        position=position,
        request=record.request,
        created=record.created,
        model=record.model,
        lacks=record.lacks,
        hit_limit=state is State.FINISHED and _hit_limit(record, status),
        is_of_pair=bool(record.pair),
    )


def _hit_limit(record: JobRecord, status: Status) -> bool:
    """Return whether a finished run's limit on minutes ended it, and not the visitor."""
    minutes = record.request.minutes
    is_late = minutes is not None and status.elapsed_s >= 60 * minutes
    return is_late and status.step < status.steps and record.wish is Wish.RUN
