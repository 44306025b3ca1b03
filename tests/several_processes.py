"""Trains a few updates and leaves the log in a folder; started once for each process of a run.

``torchrun --nproc-per-node 2 several_processes.py FOLDER``
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from tiny_training import CONFIG, make, neighbourhoods

from icgan_demo.training.run_reporter import Reporter
from icgan_demo.training.session import Session

SETTINGS = replace(CONFIG, steps=4, batch_size=16, frozen_statistics=True, augment=(), r1_every=1, mismatch=0.5)
"""Stored statistics, and groups of four for the minibatch deviation: nothing else looks across a batch, so a batch that
is divided among processes gives the losses of one that is not. Augmentation is drawn by each process for itself."""


def main(folder: Path) -> None:
    """Train in ``folder``."""
    torch.set_num_threads(1)
    trainer = make(neighbourhoods(), SETTINGS)
    is_main = trainer.accelerator.is_main_process
    (folder / f"process-{trainer.accelerator.process_index}").write_text(str(trainer.accelerator.num_processes))
    for _ in Session(trainer, folder, Reporter(folder if is_main else None, SETTINGS.steps)).run():
        pass


if __name__ == "__main__":
    main(Path(sys.argv[1]))
