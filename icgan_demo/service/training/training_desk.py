"""Everything that the Train page works with, below one data folder."""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from icgan_demo.config import Limits
from icgan_demo.service.training.estimates import Estimates
from icgan_demo.service.training.jobs import Jobs
from icgan_demo.service.training.trainer_process import TRAINER
from icgan_demo.service.training.training_sets import TrainingSets


class TrainingDesk:
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
        self.jobs = Jobs(data_folder / f"{own}runs", self.models, self.sets, limits, command=command, threads=threads)
        self.estimates = Estimates(self.sets, command, threads)

    @property
    def browser_secret(self) -> str:
        """The key with which a browser keeps the ids of its runs; the same after a restart."""
        path = self.folder / "browser-secret"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return path.read_text()


def own_models_folder(data_folder: Path) -> Path:
    """Return where the models of a public page's visitors go: found by name alone."""
    return data_folder / "visitors-models"
