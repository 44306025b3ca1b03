"""How long a run will take: measured by the trainer itself over a few steps, then scaled."""

import json
import logging
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icgan_demo.guards.numbers import finite_number
from icgan_demo.service.training.train_request import TrainRequest, arguments
from icgan_demo.service.training.trainer_process import PROGRAM_FOLDER
from icgan_demo.service.training.training_sets import TrainingSets
from icgan_demo.training.defaults import default_batch

logger = logging.getLogger(__name__)

PATIENCE_S = 180.0
REMEMBERED = 200


@dataclass(frozen=True)
class Estimate:
    """What a run needs."""

    seconds_per_step: float
    memory_mb: float | None
    checkpoint_mb: float | None

    def steps_of(self, request: TrainRequest) -> int:
        """Return how many of its steps a request will take within its own limit on minutes, at least 1."""
        if request.minutes is None:
            return request.steps
        return max(1, min(request.steps, int(60 * request.minutes / self.seconds_per_step)))


class Estimates:
    """Asks the trainer for its plan, once for every combination of what matters for speed."""

    def __init__(self, sets: TrainingSets, command: Sequence[str], threads: int) -> None:
        self._sets = sets
        self._command = tuple(command)
        self._threads = threads
        self._known: dict[tuple[Any, ...], Estimate] = {}
        self._measuring = threading.Lock()

    def known(self, set_id: str, request: TrainRequest) -> Estimate | None:
        """Return what was measured before for such a request, without measuring."""
        return self._known.get(_speed_key(request, self._pictures(set_id)))

    def measure(self, set_id: str, request: TrainRequest) -> Estimate | None:
        """Return the estimate for a request, measuring it if need be; None if the trainer has no answer."""
        with self._measuring:
            key = _speed_key(request, self._pictures(set_id))
            if key not in self._known:
                plan = self._plan(set_id, request)
                speed = _number(plan, "seconds_per_step")
                if speed is None:
                    return None
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[key] = Estimate(speed, _number(plan, "memory_mb"), _number(plan, "checkpoint_mb"))
            return self._known[key]

    def _pictures(self, set_id: str) -> int:
        return len(self._sets.get(set_id).pictures)

    def _plan(self, set_id: str, request: TrainRequest) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="icgan_demo-plan-") as scratch:
            out = Path(scratch) / "run"  # the trainer keeps decoded pictures beside its run
            options = arguments(request, self._sets.folder(set_id), out, name="plan", threads=self._threads)
            command = ["nice", "-n", "10", *self._command, *options, "--dry-run", "--json"]
            try:
                answer = subprocess.run(
                    command, cwd=PROGRAM_FOLDER, capture_output=True, timeout=PATIENCE_S, check=True, text=True
                )
                plan = json.loads(answer.stdout[answer.stdout.index("{") :])
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                logger.warning("no estimate: %s", type(error).__name__)
                return {}
        return plan if isinstance(plan, dict) else {}


def _speed_key(request: TrainRequest, pictures: int) -> tuple[Any, ...]:
    return (
        request.base,
        request.batch_size or default_batch(pictures),
        request.resolution,
        request.freeze,
        request.augment,
    )


def _number(plan: dict[str, Any], key: str) -> float | None:
    number = finite_number(plan.get(key))
    return number if number and number > 0 else None
