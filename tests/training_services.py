"""Training services around a trainer that only pretends, for the tests of page and API."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from icgan_demo.config import Limits
from icgan_demo.service.training.training_service import TrainingService

FAKE_TRAINER = (sys.executable, str(Path(__file__).with_name("fake_trainer.py")))
ROOMY = {"free_disk_bytes": 0, "free_memory_bytes": 0}
PATIENCE_S = 60


@contextmanager
def open_training(folder: Path, **limits: Any) -> Iterator[TrainingService]:
    """Yield a training service below ``folder``; its runs are ended on leaving."""
    training = TrainingService(folder / "data", folder / "models", Limits(**{**ROOMY, **limits}), command=FAKE_TRAINER)
    try:
        yield training
    finally:
        training.jobs.stop_all(grace_s=5)


def until(condition: Callable[[], Any], message: str) -> Any:
    """Return the first true answer of ``condition``."""
    deadline = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, message
        time.sleep(0.02)
    return value
