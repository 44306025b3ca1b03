"""A run in its folder: updates with sheets, figures, checkpoints and a log, until done, stopped or failed.

N updates give the same networks and the same log whether or not the process was killed in between: a resumed run goes
on from its newest valid checkpoint, and what was written after that is cut off and written again.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from icgan_demo.errors import DemoError, TrainingError
from icgan_demo.training.common.checkpoint import load_newest_checkpoint, save_checkpoint
from icgan_demo.training.common.log_lines import cut_log, read_lines
from icgan_demo.training.common.run_folder import (
    LOG,
    METRICS,
    PRESENT_WANTED,
    REAL_SHEET,
    SHEETS,
    WORST,
    Progress,
    State,
    finite,
    step_file,
    steps_in,
)
from icgan_demo.training.evaluate import Evaluator
from icgan_demo.training.held_out import SCORES_EVERY, Scores
from icgan_demo.training.run_reporter import Interrupted, Reporter
from icgan_demo.training.sample_sheets import WorstSamples, draw_sheet, real_sheet
from icgan_demo.training.trainer import Trainer

logger = logging.getLogger(__name__)

PATIENCE = 3
"""Skipped updates in a row after which the run goes back to its last checkpoint."""
COLLAPSED = 0.01
"""Spread below which the pictures of one instance are all the same."""


@dataclass
class RunState:
    """What a run remembers beside its networks."""

    skipped_in_a_row: int = 0
    rollbacks: int = 0
    rate_scale: float = 1.0
    elapsed_s: float = 0.0
    best: dict[str, float] = field(default_factory=dict)
    """``step`` and ``kd`` of the best evaluation after step 0; by pictures held out, where there are some."""


class Session:
    """One run: its trainer, its folder, and where it stands."""

    def __init__(
        self,
        trainer: Trainer,
        folder: Path,
        reporter: Reporter,
        evaluator: Evaluator | None = None,
        write_present: Callable[[], object] | None = None,
    ) -> None:
        """Take up the run in ``folder``, which is made if need be.

        Args:
            write_present: writes the model as it is now, for those who ask, and changes nothing of the run.
        """
        self.trainer, self.folder, self.reporter = trainer, folder, reporter
        self.evaluator = evaluator
        self._write_present = write_present
        held = evaluator.held if evaluator else None
        self._scores = None if held is None else Scores(trainer.data, held)
        self.state = RunState()
        self._is_main = trainer.accelerator.is_main_process
        self._saved_step = -1
        self._eta = _Pace()

    def run(self) -> Iterator[Progress]:
        """Yield a report per update until the run is done or asked to stop; it is then saved where it is.

        Raises:
            TrainingError: if it cannot continue; the newest checkpoint stays valid.
        """
        resumed_at = self._resume()
        message = "" if resumed_at is None else self._resumed(resumed_at)
        self.reporter.say(state=State.RUNNING, step=self.trainer.step, message=message)
        if resumed_at is None:
            self._save()
        self._observe()
        while not self._ends():
            self._answer()
            progress = self._scored(self.trainer.update())
            self._eta.tick(self.trainer.step)
            if not self._take(progress):
                continue
            self._observe()
            if self._is_checkpoint_due():
                self._save()
            yield progress
        if not self.is_stopped:
            self._observe(is_last=True)
        if self._saved_step != self.trainer.step:
            self._save()
        if self.is_stopped:
            self._keep_present()  # nobody could ask for it before the run continues

    @property
    def is_stopped(self) -> bool:
        """Whether the run was asked to stop before it was done."""
        return self.reporter.is_stopping

    def _is_checkpoint_due(self) -> bool:
        """Whether to save now; never in a row of skipped updates, which may end in going back to what was saved."""
        step = self.trainer.step
        is_due = step % self.trainer.train.checkpoint_every == 0 and self._saved_step != step
        return is_due and not self.state.skipped_in_a_row

    # --- one update ---

    def _take(self, progress: Progress) -> bool:
        """Log an update; returns False if it was the last straw and the run went back to a checkpoint."""
        self.state.skipped_in_a_row = self.state.skipped_in_a_row + 1 if progress.is_skipped else 0
        if self.state.skipped_in_a_row >= PATIENCE:
            self._roll_back()
            return False
        if progress.is_skipped:
            logger.warning("step %d was skipped: a gradient was not finite", progress.step)
        self._append(LOG, progress.line())
        speed = round(progress.images_per_s, 1)
        self.reporter.say(step=progress.step, images_per_s=speed, eta_s=self._time_left(), **self._all_is_well())
        return True

    def _scored(self, progress: Progress) -> Progress:
        """Add the scores of pictures held out from time to time."""
        if self._scores is None or not self._is_main or progress.step % SCORES_EVERY:
            return progress
        return replace(progress, scores=self._scores.of(self.trainer))

    def _all_is_well(self) -> dict[str, str]:
        return {"message": ""} if self.reporter.status.message.startswith("Resumed") and self._eta.count > 5 else {}

    def _roll_back(self) -> None:
        if self.state.rollbacks:
            raise TrainingError("The training diverged. Choose lower learning rates and start a new run.")
        skipped_at = self.trainer.step
        step = self._restore()
        self.state.rollbacks, self.state.rate_scale = 1, 0.5
        self.state.skipped_in_a_row = 0
        self.trainer.rate_scale = 0.5
        self._cut_logs()
        logger.warning("three steps in a row were not finite: back from step %d to %d", skipped_at, step)
        self.reporter.say(
            step=step, message=f"The training became unstable; it went back to step {step} with halved rates."
        )

    def _ends(self) -> bool:
        """Whether to leave the loop; all processes leave at the same step."""
        minutes = self.trainer.train.minutes
        is_late = minutes > 0 and self.reporter.elapsed_s >= 60 * minutes
        wishes = [self.reporter.is_stopping, self.reporter.is_finishing or is_late]
        if self.trainer.accelerator.num_processes > 1:
            shared = torch.tensor(wishes, dtype=torch.float32, device=self.trainer.device)
            wishes = (self.trainer.accelerator.reduce(shared, "sum") > 0).tolist()
            self.reporter.is_stopping = self.reporter.is_stopping or bool(wishes[0])
        return any(wishes) or self.trainer.step >= self.trainer.train.steps

    def _time_left(self) -> float | None:
        train, pace = self.trainer.train, self._eta.seconds_per_step
        if pace is None:
            return None
        left = (train.steps - self.trainer.step) * pace
        if train.minutes:
            left = min(left, max(0.0, 60 * train.minutes - self.reporter.elapsed_s))
        return round(left, 1)

    # --- what is seen of it ---

    def _observe(self, *, is_last: bool = False) -> None:
        """Draw the sheet and take the figures that are due at this step and not there yet."""
        if not self._is_main:
            return
        train, step = self.trainer.train, self.trainer.step
        sheet, real = step_file(self.folder / SHEETS, step, ".png"), self.folder / REAL_SHEET
        with suppress(Interrupted):  # the step is kept, what was to be seen of it is made up for after the resume
            if (step % train.sheet_every == 0 or is_last or step == train.steps) and not sheet.exists():
                draw_sheet(self.trainer.averaged, self.trainer.data, sheet)
                if not real.exists():
                    real_sheet(self.trainer.data, real)
            if train.metrics_every and (step % train.metrics_every == 0 or is_last or step == train.steps):
                self._evaluate()

    def _evaluate(self) -> None:
        step = self.trainer.step
        if self.evaluator is None or any(line["step"] == step for line in read_lines(self.folder / METRICS)):
            return
        worst = WorstSamples()
        figures = self.evaluator.evaluate(self.trainer.averaged, bf16=self.trainer.bf16, tell=self._beat, worst=worst)
        worst.save(self.trainer.data, step_file(self.folder / WORST, step, ".png"))
        self._append(METRICS, {"step": step, **finite(figures)})
        if figures["spread"] < COLLAPSED:
            self.reporter.say(message="All images of an instance look the same; the training may have collapsed.")
        found = figures.get("held_out_kd", figures["kd"])
        if step > 0 and not self.state.skipped_in_a_row and found < self.state.best.get("kd", float("inf")):
            self.state.best = {"step": step, "kd": found}
            self._save()

    def _beat(self) -> None:
        """Let a long look at the run be left, and answer those who ask meanwhile."""
        self.reporter.beat()
        self._answer()

    def _answer(self) -> None:
        """Write the model as it is now, if somebody wants it."""
        wanted = self.folder / PRESENT_WANTED
        if self._is_main and wanted.exists():
            self._keep_present()
            wanted.unlink(missing_ok=True)

    def _keep_present(self) -> None:
        """Write the model as it is now; that it cannot be written ends no run."""
        if not self._is_main or self._write_present is None:
            return
        try:
            self._write_present()
        except (DemoError, OSError) as error:
            logger.warning("the present state could not be written: %s", error)

    # --- the folder ---

    def _append(self, name: str, line: dict[str, Any]) -> None:
        if not self._is_main:
            return
        try:
            with (self.folder / name).open("a") as stream:
                stream.write(json.dumps(line, allow_nan=False) + "\n")
        except OSError as error:
            raise TrainingError("The disk is full: the log could not be written. Free space and resume.") from error

    def _save(self) -> None:
        """Write a checkpoint of where the run is now."""
        self._saved_step = self.trainer.step
        self.state.elapsed_s = round(self.reporter.elapsed_s, 1)
        if self._is_main:
            trainer = self.trainer
            settings = {
                "generator": asdict(trainer.generator.config),
                **{owner: asdict(part.config) for owner, part in trainer.discriminator.parts.items()},
                "state": asdict(self.state),
            }
            keep = {0, int(self.state.best.get("step", 0))}
            save_checkpoint(self.folder, trainer.step, trainer.modules, trainer.optimizers, settings, keep)

    def _resume(self) -> int | None:
        """Restore the newest valid checkpoint, if there is one; returns its step."""
        if self._is_main:
            for scrap in self.folder.glob("*.tmp"):
                scrap.unlink(missing_ok=True)
        step = self._restore()
        if step is not None:
            self.reporter.add_elapsed(self.state.elapsed_s)
        self._cut_logs()
        return step

    def _resumed(self, step: int) -> str:
        """Say where the run continues, and whether a later checkpoint had to be passed over; nothing at the start."""
        newest = max(steps_in(self.folder, ".safetensors"), default=step)
        torn = f" (step {newest} was incomplete)" if newest > step else ""
        return f"Resumed from step {step}{torn}." if step or torn else ""

    def _restore(self) -> int | None:
        trainer = self.trainer
        trainer.accelerator.wait_for_everyone()
        found = load_newest_checkpoint(self.folder, trainer.modules, trainer.optimizers)
        if found is None:
            trainer.step = 0
            return None
        trainer.step = self._saved_step = found[0]
        self.state = RunState(**found[1]["state"])
        trainer.rate_scale = self.state.rate_scale
        return trainer.step

    def _cut_logs(self) -> None:
        """Drop lines and sheets of later steps: they are made again, and a log has each step once."""
        if not self._is_main:
            return
        step = self.trainer.step
        for name in (LOG, METRICS):
            cut_log(self.folder / name, step)
        for name in (SHEETS, WORST):
            for later, sheet in steps_in(self.folder / name, ".png").items():
                if later > step:
                    sheet.unlink()


@dataclass
class _Pace:
    """Seconds per step, sheets and figures included, over the last steps."""

    seconds_per_step: float | None = None
    count: int = 0
    _last: float = 0.0

    def tick(self, step: int) -> None:
        now = time.monotonic()
        if self.count:
            taken = now - self._last
            self.seconds_per_step = (
                taken if self.seconds_per_step is None else 0.9 * self.seconds_per_step + 0.1 * taken
            )
        self._last, self.count = now, self.count + 1
