"""The queue of training runs on the disk: what has ended is noticed, what is next is started.

One trains at a time, or the two of a pair.
"""

import fcntl
import logging
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from icgan_demo.atomic_files import atomic_write
from icgan_demo.config import Limits
from icgan_demo.errors import DemoError
from icgan_demo.service.training.job_record import RECORD, JobRecord, Phase, Wish, folder_of, read_job, write_job
from icgan_demo.service.training.present_state import states_of
from icgan_demo.service.training.run_files import RunFiles
from icgan_demo.service.training.train_request import arguments
from icgan_demo.service.training.trainer_process import born_at, cpu_seconds, end_all, spawn, tell
from icgan_demo.service.training.training_sets import TrainingSets
from icgan_demo.training.common.run_folder import State, Status, write_status
from icgan_demo.weights.folders import CARD

logger = logging.getLogger(__name__)

OUTPUT, RUN_FOLDER = "output.txt", "run"
LOOK_EVERY_S = 0.3
OTHERS_EVERY_S = 5.0
"""Time between two looks for runs of another app on the same folder, which may be gone."""


class JobQueue:
    """Records, processes and files of the runs below one folder; ``Jobs`` decides what becomes of them."""

    def __init__(
        self,
        folder: Path,
        models: Path,
        states: Path,
        sets: TrainingSets,
        limits: Limits,
        command: Sequence[str],
        threads: int,
    ) -> None:
        self.folder = folder
        self.models = models
        self.states = states
        self.sets = sets
        self.limits = limits
        self._command = tuple(command)
        self._threads = threads
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._files: dict[str, RunFiles] = {}
        self._signs: dict[str, tuple[Any, float]] = {}
        """Last sign of life of each run, and when it was seen."""
        self._told: set[tuple[str, int | None]] = set()
        """Run and pid of the trainers that were told to finish."""
        self._lock = threading.RLock()
        self._work = threading.Event()
        self._is_closing = False
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._presence = (folder / ".apps").open("a+")  # NFS shares a lock among those who may read

    def is_only_app(self) -> bool:
        """Return whether no other app is open on these runs; from now on this one counts for others."""
        try:
            fcntl.flock(self._presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_alone = True
        except OSError:
            is_alone = False
        fcntl.flock(self._presence, fcntl.LOCK_SH)
        return is_alone

    def watch(self) -> None:
        """Look after the runs from now on, on a thread that mostly sleeps while there is none."""
        threading.Thread(target=self._watch, name="training runs", daemon=True).start()
        self.wake()

    def wake(self) -> None:
        """Say that there may be something to do."""
        self._work.set()

    def close(self) -> bool:
        """Start no more runs; returns whether no other app is open that looks after them."""
        is_last = self._is_closing or self.is_only_app()
        self._is_closing = True
        self._presence.close()
        self.wake()
        return is_last

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other threads, and other apps on the same folder, from changing runs meanwhile."""
        with self._lock, (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def record(self, run_id: str) -> JobRecord:
        """Return a run's record; raises RequestError if there is no such run."""
        return read_job(folder_of(self.folder, run_id))

    def records(self) -> list[JobRecord]:
        """Return all records, the newest run first."""
        found = []
        for path in self.folder.glob(f"*/{RECORD}"):
            try:
                found.append(read_job(path.parent))
            except DemoError as error:
                logger.warning("a run could not be read: %s", error)
        return sorted(found, key=lambda record: -record.created)

    def keep(self, record: JobRecord) -> None:
        """Write a record; the caller holds ``exclusive``."""
        write_job(record, folder_of(self.folder, record.run_id))

    def files(self, run_id: str) -> RunFiles:
        """Return a run's files; the page reads its curves and sheets from them."""
        folder = folder_of(self.folder, run_id) / RUN_FOLDER
        with self._lock:
            return self._files.setdefault(run_id, RunFiles(folder))

    def status(self, run_id: str) -> Status | None:
        """Return what the trainer says of itself, None before it does."""
        return self.files(run_id).status()

    def advance(self) -> bool:
        """Notice what has ended, start what is next; returns whether any run is active."""
        if self._is_closing:
            return False
        self.notice_ends()
        while ready := self._next():
            self._launch(ready)
        return any(record.phase is not Phase.ENDED for record in self.records())

    def notice_ends(self) -> None:
        """Look at the runs that have been started: those that have ended are done with, silent ones are ended."""
        for child in self._children.values():
            child.poll()  # lets it go; it would stay in the process table otherwise
        for record in self.records():
            if record.phase is Phase.STARTED:
                self._look_at(record)

    def adopt(self, record: JobRecord, folder: Path) -> None:
        """Take up a run from elsewhere that lies in a folder as one of here would, and put its model into the list.

        The caller holds ``exclusive``; the record says "started", so that an app that finds it does the same.

        Raises:
            OSError: if the disk fails; nothing is left of the run.
        """
        write_job(record, folder)
        folder.chmod(0o700)
        folder.replace(folder_of(self.folder, record.run_id))
        try:
            self.notice_ends()
            status = self.status(record.run_id)
            if status and status.state is State.FINISHED and not self.record(record.run_id).model:
                raise OSError("the model could not be copied")
        except BaseException:
            self.remove(record)
            raise
        self.drop_oldest()

    def drop_oldest(self) -> None:
        """Delete the oldest ended runs beyond those that are kept."""
        ended = [record for record in self.records() if record.phase is Phase.ENDED]
        for record in ended[self.limits.kept_runs :]:
            self.remove(record)

    def end_now(self, record: JobRecord) -> None:
        """Kill a run's trainer if it is alive."""
        if record.is_alive:
            assert record.pid is not None
            end_all(record.pid)
            if child := self._children.pop(record.run_id, None):
                child.wait()

    def remove(self, record: JobRecord) -> None:
        """Delete a run whose trainer has ended: its files, its model, and its pictures if no other run needs them."""
        folder = folder_of(self.folder, record.run_id)
        (folder / RECORD).unlink(missing_ok=True)  # first: from here on there is no such run
        shutil.rmtree(folder, ignore_errors=True)
        if record.model:
            shutil.rmtree(self.models / record.model, ignore_errors=True)
        for state in states_of(self.states, record.name):
            shutil.rmtree(state, ignore_errors=True)
        if not any(other.set_id == record.set_id for other in self.records()):
            self.sets.delete(record.set_id)
        with self._lock:
            self._files.pop(record.run_id, None)

    def forget_everything(self) -> None:
        """End and delete all runs, models and training sets."""
        for record in self.records():
            self.end_now(record)
        for folder in (self.folder, self.models):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in folder.glob("*"):
                if path.is_dir():  # the locks stay
                    shutil.rmtree(path, ignore_errors=True)
        self.sets.sweep((), 0.0)

    def _next(self) -> JobRecord | None:
        """Return the run that may start now, if there is one: the oldest, or the other one of a pair that trains."""
        records = self.records()
        waiting = sorted(
            (record for record in records if record.phase is Phase.QUEUED), key=lambda record: record.queued
        )
        training = [record for record in records if record.phase is Phase.STARTED]
        if training:
            waiting = [record for record in waiting if all(record.is_beside(other) for other in training)]
        return waiting[0] if waiting else None

    def _watch(self) -> None:
        while not self._is_closing:
            self._work.wait(OTHERS_EVERY_S)
            try:
                with self.exclusive():
                    if not self.advance():
                        self._work.clear()  # within the lock: whoever adds a run wakes this thread after that
            except Exception:
                logger.exception("the training runs could not be looked at")
            time.sleep(LOOK_EVERY_S)

    def _look_at(self, record: JobRecord) -> None:
        status = self.status(record.run_id)
        if not record.is_alive:
            child = self._children.get(record.run_id)
            if child and child.poll() is None:
                return  # its last threads are ending
            self._children.pop(record.run_id, None)
            ended = self._published(
                record.with_(phase=Phase.ENDED, exit_code=child.returncode if child else None), status
            )
            self.keep(ended)
            logger.info("run %s: %s", record.run_id[:8], ended.state(status))
        elif self._is_silent(record, status):
            logger.warning("run %s gave no sign of life and was ended", record.run_id[:8])
            self.end_now(record)
            self.keep(record.with_(phase=Phase.ENDED, is_stalled=True))
        elif record.wish is Wish.FINISH and status and status.state is State.RUNNING:
            # Before it says that it is running it does not listen yet, and the signal would end it.
            self._tell_to_finish(record)

    def _tell_to_finish(self, record: JobRecord) -> None:
        if (record.run_id, record.pid) not in self._told:
            self._told.add((record.run_id, record.pid))
            assert record.pid is not None
            tell(record.pid, signal.SIGUSR1)

    def _is_silent(self, record: JobRecord, status: Status | None) -> bool:
        """Return whether the heartbeat has stood still too long, by a clock that nobody sets."""
        now = time.monotonic()
        output = folder_of(self.folder, record.run_id) / OUTPUT
        written = output.stat().st_mtime if output.exists() else 0.0
        # One long update is no silence.
        sign = (record.pid, status and status.heartbeat, cpu_seconds(record.pid), written)
        if self._signs.get(record.run_id, (None, 0.0))[0] != sign:
            self._signs[record.run_id] = (sign, now)
        return now - self._signs[record.run_id][1] > self.limits.silence_s

    def _launch(self, record: JobRecord) -> None:
        folder = folder_of(self.folder, record.run_id)
        out = folder / RUN_FOLDER
        is_first = not out.exists()
        try:
            pictures = self.sets.folder(record.set_id, record.pictures)
            private = self.models / record.request.base
            base: str | Path = private if record.request.base and private.is_dir() else ""
            options = arguments(record.request, pictures, out, name=record.name, base=base, threads=self._threads) + (
                [] if is_first else ["--resume"]
            )
            if status := self.status(record.run_id):  # what it says from now on is of this trainer
                write_status(replace(status, state=State.PREPARING), out)
            child = spawn([*self._command, *options], folder / OUTPUT)
        except (DemoError, OSError) as error:
            logger.warning("run %s could not start: %s", record.run_id[:8], type(error).__name__)
            self.keep(record.with_(phase=Phase.ENDED, exit_code=1))
            return
        self._children[record.run_id] = child
        self._signs.pop(record.run_id, None)
        self.keep(
            record.with_(phase=Phase.STARTED, pid=child.pid, born=born_at(child.pid), exit_code=None, is_stalled=False)
        )

    def _published(self, record: JobRecord, status: Status | None) -> JobRecord:
        """Return the record after its finished model was put where models are looked for."""
        source = self.files(record.run_id).model
        if record.pair or not status or status.state is not State.FINISHED or not (source / CARD).is_file():
            return record
        target = self.models / record.name
        try:
            with atomic_write(target) as scratch:
                shutil.copytree(source, scratch)
        except OSError as error:
            logger.warning("run %s: the model could not be copied: %s", record.run_id[:8], error)
            return record
        return record.with_(model=record.name)
