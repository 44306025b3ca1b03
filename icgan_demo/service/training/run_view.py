"""What a page, a client or a log line is told about a run."""

from dataclasses import dataclass

from icgan_demo.service.training.job_record import ACTIVE_STATES, RESUMABLE_STATES, JobRecord
from icgan_demo.service.training.run_files import RunFiles
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.training.common.run_folder import State, Status


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
    )
