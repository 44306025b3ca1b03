"""A trainer as a process of its own: started, recognised after a restart of the app, told what to do, ended."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

logger = logging.getLogger(__name__)

TRAINER = (sys.executable, "-m", "icgan_demo", "train")
NICENESS = 10
PROGRAM_FOLDER = Path(__file__).resolve().parents[3]


def spawn(command: Sequence[str], output: Path) -> subprocess.Popen[bytes]:
    """Start ``command`` at low priority in a session of its own, so that it outlives the page and its signals."""
    with output.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=PROGRAM_FOLDER,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)  # before it has threads, which inherit it
    except OSError:  # it has ended already
        logger.warning("the trainer ended at once")
    return process


def born_at(pid: int) -> float | None:
    """Return when a process was started, None if it has ended; pid and birth together name one process for good."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return float(process.create_time())
    except psutil.Error:
        return None


def is_alive(pid: int | None, born: float | None) -> bool:
    """Return whether the process that was given this pid then is still running."""
    if pid is None or born is None:
        return False
    now = born_at(pid)
    return now is not None and abs(now - born) < 1.0


def cpu_seconds(pid: int | None) -> float:
    """Return the processor time that a process has used, to a tenth of a second; 0 if it has ended."""
    try:
        times = psutil.Process(pid).cpu_times() if pid is not None else None
    except psutil.Error:
        return 0.0
    return round(float(times.user + times.system), 1) if times else 0.0


def tell(pid: int, number: signal.Signals) -> None:
    """Send a signal to a trainer; one that has ended meanwhile hears nothing."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end_all(pid: int) -> None:
    """Kill a trainer and whatever it has started."""
    try:
        os.killpg(pid, signal.SIGKILL)  # its session has the trainer's pid as group
    except ProcessLookupError:
        return


def free_memory_bytes() -> int:
    """Return the memory that a new process can have without swapping."""
    return int(psutil.virtual_memory().available)
