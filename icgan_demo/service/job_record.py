"""What is remembered of a run besides the trainer's own files, and what state follows from both."""

import dataclasses
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icgan_demo.errors import RequestError
from icgan_demo.service.run_files import read_object, write_object
from icgan_demo.service.train_request import TrainRequest
from icgan_demo.service.trainer_process import is_alive

RECORD = "job.json"
NOT_FOUND = "Run not found."

QUEUED, STARTED, ENDED = "queued", "started", "ended"
RUN, PAUSE, STOP, FINISH = "run", "pause", "stop", "finish"

ACTIVE_STATES = frozenset({"queued", "preparing", "running", "pausing", "stopping", "finishing"})
RESUMABLE_STATES = frozenset({"paused", "stopped", "interrupted", "stalled", "failed"})
_CLOSING_STATES = {PAUSE: "pausing", STOP: "stopping", FINISH: "finishing"}


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
    phase: str = QUEUED
    """``QUEUED``, ``STARTED`` or ``ENDED``."""
    wish: str = RUN
    """What is wanted of it: ``RUN``, ``PAUSE``, ``STOP`` or ``FINISH``."""
    pid: int | None = None
    born: float | None = None
    """Start time of the process, which tells it from a later one with the same pid."""
    exit_code: int | None = None
    is_stalled: bool = False
    """Whether it was ended because it gave no sign of life."""
    model: str = ""
    """Name in the model list once it is there."""
    pictures: int | None = None
    """How many of the set's pictures it learns from, the first ones: a set may grow afterwards. None for all."""

    @property
    def is_alive(self) -> bool:
        """Whether its process is running."""
        return self.phase == STARTED and is_alive(self.pid, self.born)

    def state(self, status: Mapping[str, Any]) -> str:
        """Return the state that record, process and ``status.json`` together tell.

        Returns:
            One of ``ACTIVE_STATES``, ``RESUMABLE_STATES``, or "finished".
        """
        told = str(status.get("state", ""))
        if self.phase == QUEUED:
            return "queued"
        if self.is_alive:
            return _CLOSING_STATES.get(self.wish) or ("running" if told == "running" else "preparing")
        if self.phase == STARTED:  # just ended: the queue is about to notice, and to put its model into the list
            return "finishing" if told == "finished" else "stopping"
        if told == "finished":
            return "finished" if self.model else "failed"  # continuing writes the model and puts it into the list again
        if told == "failed":
            return told
        if self.is_stalled:
            return "stalled"
        if self.wish in (PAUSE, STOP):
            return "paused" if self.wish == PAUSE else "stopped"
        if told == "stopped":
            return "failed" if self.exit_code else "stopped"
        return "failed" if self.exit_code is not None and self.exit_code > 0 else "interrupted"

    def with_(self, **changes: Any) -> "JobRecord":
        """Return the record with some fields changed."""
        return dataclasses.replace(self, **changes)


def new_record(set_id: str, request: TrainRequest, pictures: int, *, secret_name: bool) -> JobRecord:
    """Return a waiting run on the first ``pictures`` of a set; ``secret_name`` makes a name that nobody can guess."""
    now = time.time()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", request.title).strip("-").lower()[:40] or "model"
    name = f"{slug}-{secrets.token_hex(16 if secret_name else 2)}"
    run_id = secrets.token_hex(16)
    return JobRecord(run_id, set_id, request, name, created=now, queued=now, pictures=pictures)


def folder_of(root: Path, run_id: Any) -> Path:
    """Return the folder of a run; raises RequestError for what is no run id."""
    if not isinstance(run_id, str) or not re.fullmatch("[0-9a-f]{32}", run_id):
        raise RequestError(NOT_FOUND)
    return root / run_id


def read_record(folder: Path) -> JobRecord:
    """Return the record in a run's folder; raises RequestError if there is none."""
    values = read_object(folder / RECORD)
    try:
        request = values.pop("request")
        request["augment"] = None if request["augment"] is None else tuple(request["augment"])
        return JobRecord(request=TrainRequest(**request), **values)
    except (KeyError, TypeError) as error:
        raise RequestError(NOT_FOUND) from error


def write_record(record: JobRecord, folder: Path) -> None:
    """Replace the record in a run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_object(dataclasses.asdict(record), folder / RECORD)
