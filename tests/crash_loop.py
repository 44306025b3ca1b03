"""Trains in child processes that are killed at random moments; prints how many kills it took and the step reached.

``python crash_loop.py FOLDER KILLS``
"""

import json
import multiprocessing
import random
import sys
from dataclasses import replace
from pathlib import Path

import torch
from tiny_training import CONFIG, make, neighbourhoods

from icgan_demo.training.run_reporter import Reporter
from icgan_demo.training.session import Session

SETTINGS = replace(CONFIG, steps=10_000, checkpoint_every=1, sheet_every=2)


def train_to(folder: Path, steps: int) -> None:
    """Continue the run in ``folder`` until ``steps``."""
    torch.set_num_threads(1)
    trainer = make(neighbourhoods(), replace(SETTINGS, steps=steps))
    for _ in Session(trainer, folder, Reporter(folder, steps)).run():
        pass


def main(folder: Path, kills: int) -> None:
    """Kill a trainer ``kills`` times; this process runs nothing of torch itself, so that its children start clean."""
    context, choose, killed = multiprocessing.get_context("fork"), random.Random(0), 0
    folder.mkdir()
    while killed < kills:
        child = context.Process(target=train_to, args=(folder, SETTINGS.steps))
        child.start()
        child.join(timeout=choose.uniform(0.05, 0.4))  # the moment of death
        child.kill()
        child.join()
        killed += child.exitcode == -9
    steps = [int(path.stem.removeprefix("step_")) for path in folder.glob("step_*.json")]
    print(json.dumps({"killed": killed, "step": max(steps, default=0)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
