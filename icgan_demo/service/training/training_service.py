"""Everything that the Train page works with, below one data folder: training sets, runs and estimates.

Runs are processes of their own: one at a time, or the two of a pair, others wait; the truth about them is on the disk.
A page can be closed and the app restarted while a run continues: it is found again by its id, its process by pid and
start time.
"""

import fcntl
import logging
import os
import secrets
import shutil
import signal
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from icgan_demo.config import Limits
from icgan_demo.errors import BusyError, RequestError, TrainingError
from icgan_demo.secret_names import secret_name
from icgan_demo.service.training.estimates import Estimates
from icgan_demo.service.training.job_queue import JobQueue
from icgan_demo.service.training.job_record import (
    RESUMABLE_STATES,
    JobRecord,
    Phase,
    RunView,
    Wish,
    new_record,
    view_of,
)
from icgan_demo.service.training.present_state import PresentState, publish, step_of
from icgan_demo.service.training.project_file import NO_BASE, NO_CHECKPOINT, NO_IMAGES, OTHER_IMAGES, Lack
from icgan_demo.service.training.projects import Projects
from icgan_demo.service.training.run_files import RunFiles
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.trainer_process import TRAINER, free_memory_bytes, tell
from icgan_demo.service.training.training_sets import TrainingSets

logger = logging.getLogger(__name__)

GRACE_S = 9.0
FORGOTTEN_AFTER_S = 24 * 3600.0
"""Training sets that belong to no run are deleted after a day, on a public page after an hour."""


class Jobs:
    """Starts, watches and ends runs below one folder."""

    def __init__(
        self,
        folder: Path,
        models: Path,
        sets: TrainingSets,
        limits: Limits,
        *,
        command: Sequence[str] = TRAINER,
        threads: int = 1,
        states: Path | None = None,
    ) -> None:
        """Find the runs of earlier; on a public page they are deleted instead.

        Args:
            folder: of the runs, one folder each.
            models: where finished models go.
            sets: the training sets.
            command: starts a trainer; arguments are added.
            threads: processor threads of a trainer.
            states: where the present states of runs go that are not finished; to the models unless another is given.
        """
        self._queue = JobQueue(folder, models, states or models, sets, limits, command, threads)
        if self._queue.is_only_app() and limits.is_public:
            self._queue.forget_everything()
        self._sweep()
        self._queue.watch()

    @property
    def queue(self) -> JobQueue:
        """The runs themselves, for whoever brings others."""
        return self._queue

    def start(self, set_id: str, request: TrainRequest) -> str:
        """Queue a run and return its id; it starts at once if none is running.

        Raises:
            RequestError: if the settings exceed the limits, or the set is too small or gone.
            BusyError: if too many runs are waiting, or the machine is short of memory.
            TrainingError: if the disk is full.
        """
        return self._start(set_id, [request])[0]

    def start_pair(self, set_id: str, first: TrainRequest, second: TrainRequest) -> tuple[str, str]:
        """Queue two runs on the same images that train side by side, and return their ids; raises as ``start``."""
        one, other = self._start(set_id, [first, second], secret_name())
        return one, other

    def pause(self, run_id: str) -> None:
        """Save the run and give its turn to the next one; ``resume`` continues."""
        self._wish(run_id, Wish.PAUSE, signal.SIGTERM)

    def stop(self, run_id: str) -> None:
        """Save the run and end it without a model."""
        self._wish(run_id, Wish.STOP, signal.SIGTERM)

    def finish(self, run_id: str) -> None:
        """End the run where it is and write its model; one that is not running is resumed for that."""
        with self._queue.exclusive():
            record = self._queue.record(run_id)
            if record.state(self._queue.status(run_id)) in RESUMABLE_STATES:
                self._check_can_continue(record)
                self._check_room()
                self._queue_again(record, Wish.FINISH)
            elif record.phase is Phase.STARTED:
                self._queue.keep(record.with_(wish=Wish.FINISH))
            else:
                raise RequestError("This run has not started yet; there is nothing to keep.")
            self._queue.advance()
        self._queue.wake()

    def resume(self, *run_ids: str) -> None:
        """Continue with paused, stopped, failed or interrupted runs from their last checkpoints: with all or none."""
        with self._queue.exclusive():
            records = [self._queue.record(run_id) for run_id in run_ids]
            for record in records:
                if record.state(self._queue.status(record.run_id)) not in RESUMABLE_STATES:
                    raise RequestError("This run cannot be resumed: it is running or finished.")
                self._check_can_continue(record)
            self._check_room(len(records))
            for record in records:
                self._queue_again(record, Wish.RUN)
            self._queue.advance()
        self._queue.wake()

    def delete(self, run_id: str) -> None:
        """End a run if need be, and remove it, its model and its pictures."""
        with self._queue.exclusive():
            record = self._queue.record(run_id)
            self._queue.end_now(record)
            self._queue.remove(record)
            self._queue.advance()

    def release_set(self, set_id: str) -> None:
        """Delete a training set unless a run needs it."""
        with self._queue.exclusive():
            if not any(record.set_id == set_id for record in self._queue.records()):
                self._queue.sets.delete(set_id)

    def own_set(self, set_id: str) -> str:
        """Return the id of a set that may change: itself, or a copy where a run needs it as it is.

        Raises:
            RequestError: if there is no such set.
        """
        with self._queue.exclusive():
            is_needed = any(record.set_id == set_id for record in self._queue.records())
            return (self._queue.sets.copy(set_id) if is_needed else self._queue.sets.get(set_id)).set_id

    def view(self, run_id: str) -> RunView:
        """Return what there is to see of a run; raises RequestError if there is no run of that id."""
        record = self._queue.record(run_id)
        return view_of(record, self._queue.files(run_id), self._position(record))

    def views(self) -> list[RunView]:
        """Return all runs, the newest first."""
        return [
            view_of(record, self._queue.files(record.run_id), self._position(record))
            for record in self._queue.records()
        ]

    def files(self, run_id: str) -> RunFiles:
        """Return a run's files; the page reads its curves and sheets from them."""
        return self._queue.files(run_id)

    def pictures(self, run_id: str) -> list[Path]:
        """Return the files of the pictures that a run learns from; none if its set is gone."""
        record = self._queue.record(run_id)
        try:
            return self._queue.sets.learned(record.set_id, record.pictures)
        except RequestError:
            return []

    def ask_state(self, run_id: str) -> PresentState:
        """Ask a run for its present state, which its trainer writes between two updates; raises RequestError."""
        self._queue.record(run_id)
        return PresentState(self._queue.files(run_id).folder)

    def publish_state(self, run_id: str, state: PresentState) -> tuple[str, int]:
        """Return the name of a model that draws as a run does now, and the step that it is of.

        Raises:
            RequestError: if the run is gone, or has no state yet.
            TrainingError: if the disk is full.
        """
        record, folder = self._queue.record(run_id), state.folder
        if record.model and folder == self._queue.files(run_id).model:
            return record.model, step_of(folder) or self.view(run_id).step
        with self._queue.exclusive():
            self._queue.record(run_id)  # of a run that was deleted meanwhile nothing is left behind
            try:
                name = publish(folder, self._queue.states, record.name)
            except OSError as error:
                raise TrainingError("The disk is full. Delete old runs, then try again.") from error
        return name, step_of(self._queue.states / name)

    def model_folder(self, run_id: str) -> Path:
        """Return the folder of the run's finished model; raises RequestError before there is one."""
        record = self._queue.record(run_id)
        if not record.model:
            raise RequestError("This run has not written its model yet.")
        return self._queue.models / record.model

    def stop_all(self, grace_s: float = GRACE_S) -> None:
        """Save and end the running trainer, as when paused; called when the app stops.

        Another app that is open on the same runs looks after them from then on; they continue.
        """
        with self._queue.exclusive():
            if not self._queue.close():
                return
            alive = [record for record in self._queue.records() if record.is_alive]
            for record in alive:
                self._queue.keep(record.with_(wish=Wish.PAUSE))
                assert record.pid is not None
                tell(record.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while any(record.is_alive for record in alive) and time.monotonic() < deadline:
            time.sleep(0.05)
        with self._queue.exclusive():
            self._queue.notice_ends()

    def _start(self, set_id: str, requests: Sequence[TrainRequest], pair: str = "") -> list[str]:
        limits = self._queue.limits
        for request in requests:
            request.check(limits)
        found = self._queue.sets.get(set_id)
        self._queue.sets.check_size(found)
        with self._queue.exclusive():
            self._sweep(set_id)  # first: what nobody needs may be what fills the disk
            self._check_room(len(requests))
            count, is_secret = len(found.pictures), limits.is_public
            records = [new_record(set_id, request, count, is_secret=is_secret, pair=pair) for request in requests]
            for record in records:
                self._queue.keep(record)
            self._queue.drop_oldest()
            self._queue.advance()
        self._queue.wake()
        for record in records:
            logger.info("run %s: queued, %d steps", record.run_id[:8], record.request.steps)
        return [record.run_id for record in records]

    def _wish(self, run_id: str, wish: Wish, number: signal.Signals) -> None:
        with self._queue.exclusive():
            record = self._queue.record(run_id)
            if record.phase is Phase.QUEUED:
                self._queue.keep(record.with_(phase=Phase.ENDED, wish=wish))
            elif record.is_alive:
                self._queue.keep(record.with_(wish=wish))
                assert record.pid is not None
                tell(record.pid, number)
            elif record.phase is Phase.ENDED and wish is Wish.STOP:
                self._queue.keep(record.with_(wish=wish))
        self._queue.wake()

    def _check_can_continue(self, record: JobRecord) -> None:
        """Raise RequestError if a run, perhaps one from another machine, lacks something or exceeds the limits."""
        if Lack.IMAGES in record.lacks:
            raise RequestError(NO_IMAGES)
        if Lack.SAME_IMAGES in record.lacks:
            raise RequestError(OTHER_IMAGES)
        if Lack.CHECKPOINT in record.lacks:
            raise RequestError(NO_CHECKPOINT)
        if record.lacks:
            raise RequestError(NO_BASE)
        record.request.check(self._queue.limits)
        self._queue.sets.get(record.set_id)

    def _queue_again(self, record: JobRecord, wish: Wish) -> None:
        self._queue.keep(record.with_(phase=Phase.QUEUED, wish=wish, queued=time.time(), pid=None, born=None))

    def _sweep(self, *needed: str) -> None:
        """Delete the training sets that belong to no run, are not ``needed``, and have not changed for long."""
        age_s = FORGOTTEN_AFTER_S / 24 if self._queue.limits.is_public else FORGOTTEN_AFTER_S
        self._queue.sets.sweep([*needed, *(record.set_id for record in self._queue.records())], age_s)

    def _check_room(self, runs: int = 1) -> None:
        limits = self._queue.limits
        waiting = [record for record in self._queue.records() if record.phase is Phase.QUEUED]
        if len(waiting) + runs > limits.waiting_runs:
            minutes = max(1.0, sum(view.eta_s or 60.0 for view in self.views() if view.is_active) / 60)
            raise BusyError(f"Training is busy for about {minutes:.0f} minutes. Please try again then.")
        if shutil.disk_usage(self._queue.folder).free < limits.free_disk_bytes:
            raise TrainingError("The disk is full. Delete old runs, then start again.")
        if free_memory_bytes() < runs * limits.free_memory_bytes:
            raise BusyError("This machine is short of memory. Please try again in a few minutes.")

    def _position(self, record: JobRecord) -> int:
        """Return how many runs come before a waiting one."""
        if record.phase != Phase.QUEUED:
            return 0
        others = [other for other in self._queue.records() if not record.is_beside(other)]
        return sum(
            other.phase is Phase.STARTED or (other.phase is Phase.QUEUED and other.queued < record.queued)
            for other in others
        )


class TrainingService:
    """Training sets, runs and estimates of one installation."""

    def __init__(
        self, data_folder: Path, user_models: Path, limits: Limits, *, command: Sequence[str] = TRAINER
    ) -> None:
        """Take up the work in ``data_folder``, which no page may serve files of.

        Args:
            user_models: finished models go there; on a public page to a folder that nobody can list.
            command: starts a trainer.
        """
        data_folder = data_folder.absolute()  # trainers work in another folder
        self.limits = limits
        self.folder = data_folder
        self.models = own_models_folder(data_folder) if limits.is_public else user_models
        threads = 1 if (os.cpu_count() or 1) <= 2 else 2  # drawing continues beside the training
        own = "visitors-" if limits.is_public else ""  # what a public page forgets is never the operator's own
        self.sets = TrainingSets(data_folder / f"{own}sets", limits)
        self.jobs = Jobs(
            data_folder / f"{own}runs",
            self.models,
            self.sets,
            limits,
            command=command,
            threads=threads,
            states=own_models_folder(data_folder),
        )
        self.projects = Projects(self.jobs.queue)
        self.estimates = Estimates(self.sets, command, threads)

    @property
    def browser_secret(self) -> str:
        """The key with which a browser keeps the ids of its runs; the same after a restart, and in all apps here."""
        with open(self.folder / "browser-secret", "a+", opener=partial(os.open, mode=0o600)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # of two apps that start together one writes it
            file.seek(0)
            secret = file.read()
            if not secret:
                secret = secrets.token_hex(32)
                file.write(secret)
        return secret


def own_models_folder(data_folder: Path) -> Path:
    """Return where the models of a public page's visitors go: found by name alone."""
    return data_folder / "visitors-models"
