"""A run on a Ray cluster: ``python -m icgan_demo.service.cluster.ray_trainer`` with the words of ``icgan-demo train``.

Whoever starts this process, signals it and waits for it has before them what ``icgan-demo train`` would be: it lives as
long as the run, passes signals on to where the trainer is, and ends as the trainer ends. The run's folder must be one
that all machines see. A trainer that is lost with its machine is started on another one, where it continues from its
checkpoint.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from icgan_demo.errors import ClusterError, DemoError
from icgan_demo.service.cluster.ray_cluster import RETRIES, as_here, connect
from icgan_demo.service.training.job_queue import OUTPUT
from icgan_demo.service.training.trainer_process import PROGRAM_FOLDER, TRAINER, cpu_seconds
from icgan_demo.training.common.run_folder import State, Status, read_status, write_status

LOOK_EVERY_S = 0.5
LOST_AFTER_S = 10.0
"""Time without an answer after which a trainer's machine counts as lost."""
COMMAND = (sys.executable, "-m", "icgan_demo.service.cluster.ray_trainer")
"""Stands in the place of ``TRAINER``."""
UNREACHABLE = "The training cluster cannot be reached. Continue this run later."

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class RemoteTrainer:
    """The trainer's keeper, an actor on the machine where it runs."""

    def __init__(self) -> None:
        self._wanted: frozenset[int] = frozenset()

    def run(self, words: Sequence[str], out: Path, settings: dict[str, str]) -> int:
        """Train until the end and return the exit code; Ray calls it again elsewhere if this machine is lost.

        Args:
            words: of ``icgan-demo train``.
            out: folder of the run.
            settings: variables of the environment besides those of this machine.
        """
        output = out.parent / OUTPUT
        with output.open("ab") as log:
            trainer = subprocess.Popen(
                [*TRAINER, *words],
                cwd=PROGRAM_FOLDER,
                env=os.environ | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,
            )
        told: set[int] = set()
        worked_s = 0.0
        while trainer.poll() is None:
            if (now_s := cpu_seconds(trainer.pid)) != worked_s:
                worked_s = now_s
                os.utime(output)  # a sign of life before it gives its own, and within a long update
            status = read_status(out)
            is_listening = status and status.pid == trainer.pid and status.state is State.RUNNING
            for number in self._wanted - told:
                if is_listening or number != signal.SIGUSR1:  # which would end it before
                    trainer.send_signal(number)
                    told.add(number)
            time.sleep(LOOK_EVERY_S)
        return trainer.returncode

    def tell(self, wanted: frozenset[int]) -> None:
        """Let the trainer have these signals, each of them once."""
        self._wanted = wanted


def main(words: Sequence[str]) -> int:
    """Have a cluster train and return the trainer's exit code, negative for a signal.

    Args:
        words: of ``icgan-demo train``; with ``--device=cuda`` the run takes a GPU, and always as many processors as it
            has threads. A plan (``--dry-run``) is this machine's own.
    """
    wanted: set[int] = set()
    _listen(wanted)
    if "--dry-run" in words:
        plan = [*TRAINER, *(word for word in words if not word.startswith("--device"))]
        os.execv(plan[0], plan)
    parser = ArgumentParser(allow_abbrev=False)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options, _ = parser.parse_known_args(words)
    _say(options.out, State.PREPARING)
    try:
        connect(os.environ.get("RAY_ADDRESS", "auto"))
        _listen(wanted)  # again, since Ray has set its own
        return _followed(_started(words, options.out, options.threads, options.device == "cuda"), options.out, wanted)
    except DemoError as error:
        print(error)
        _say(options.out, State.FAILED, str(error) if isinstance(error, ClusterError) else UNREACHABLE)
        return 1


def _listen(wanted: set[int]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        signal.signal(number, lambda number, _: wanted.add(number))


def _started(words: Sequence[str], out: Path, threads: int, needs_gpu: bool) -> tuple[Any, Any]:
    """Return the keeper, and the exit code that is to come from it."""
    import ray

    as_keeper: Any = partial(
        ray.remote,
        num_cpus=threads,
        num_gpus=int(needs_gpu),
        max_restarts=RETRIES,
        max_task_retries=RETRIES,
        max_concurrency=2,
    )
    keeper = as_keeper()(RemoteTrainer).remote()
    settings = {name: value for name, value in os.environ.items() if name.startswith("ICGAN_")}
    return keeper, keeper.run.remote([*words, "--resume"], out, settings)


def _followed(started: tuple[Any, Any], out: Path, wanted: set[int]) -> int:
    """Pass signals on until the trainer ends, and return its exit code; tell of the run while it waits for a place."""
    import ray

    keeper, coming = started
    heard, heard_at = keeper.tell.remote(frozenset(wanted)), -LOST_AFTER_S
    while not ray.wait([coming], timeout=LOOK_EVERY_S)[0]:
        if ray.wait([heard], timeout=0)[0]:
            heard, heard_at = keeper.tell.remote(frozenset(wanted)), time.monotonic()
        elif time.monotonic() - heard_at > LOST_AFTER_S:
            if wanted - {signal.SIGUSR1}:
                _say(out, State.STOPPED)
                return 0
            _say(out, State.PREPARING)
    code: int = as_here(lambda: ray.get(coming))
    return code


def _say(out: Path, state: State, message: str = "") -> None:
    """Tell of a run whose trainer is nowhere."""
    own = psutil.Process()
    known = read_status(out) or Status()
    write_status(
        replace(known, state=state, message=message, pid=own.pid, pid_started=own.create_time(), heartbeat=time.time()),
        out,
    )


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
