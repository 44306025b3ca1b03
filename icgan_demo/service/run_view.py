"""What a page, a client or a log line is told about a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from icgan_demo.service.job_record import ACTIVE_STATES, RESUMABLE_STATES, JobRecord
from icgan_demo.service.run_files import RunFiles
from icgan_demo.service.train_request import TrainRequest


@dataclass(frozen=True)
class RunView:
    """A run at one moment."""

    run_id: str
    title: str
    state: str
    """One of ``ACTIVE_STATES``, ``RESUMABLE_STATES``, or "finished"."""
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

    @property
    def is_active(self) -> bool:
        """Whether it waits, runs or is about to end."""
        return self.state in ACTIVE_STATES

    @property
    def is_resumable(self) -> bool:
        """Whether it can continue from where it ended."""
        return self.state in RESUMABLE_STATES


def view_of(record: JobRecord, files: RunFiles, position: int) -> RunView:
    """Return what there is to tell about a run."""
    status = files.status()
    message = str(status.get("message") or "")
    if record.state(status) == "failed" and status.get("state") == "finished":
        message = "The model could not be put into the list. Free some disk space, then continue."
    return RunView(
        run_id=record.run_id,
        title=record.request.title,
        state=record.state(status),
        step=int(_number(status, "step") or 0),
        steps=int(_number(status, "steps") or record.request.steps),
        elapsed_s=_number(status, "elapsed_s") or 0.0,
        eta_s=_number(status, "eta_s"),
        images_per_s=_number(status, "images_per_s"),
        message=message[:300],
        position=position,
        request=record.request,
        created=record.created,
        model=record.model,
    )


def _number(status: Mapping[str, Any], key: str) -> float | None:
    value = status.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
