"""One code for one process and for several: a divided batch gives the losses of a whole one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from several_processes import SETTINGS, main

from icgan_demo.training.session import read_lines

HERE = Path(__file__).parent


def test_two_processes_give_the_losses_of_one_with_the_double_batch(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    threads = torch.get_num_threads()
    main(tmp_path / "one")
    torch.set_num_threads(threads)
    launcher = [
        sys.executable,
        "-m",
        "accelerate.commands.launch",
        "--cpu",
        "--num_processes=2",
    ]
    environment = os.environ | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}", "OMP_NUM_THREADS": "1"}
    command = [*launcher, "--main_process_port=0", str(HERE / "several_processes.py"), str(tmp_path / "two")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = read_lines(tmp_path / "one" / "log.jsonl"), read_lines(tmp_path / "two" / "log.jsonl")
    assert [line["step"] for line in two] == list(range(1, SETTINGS.steps + 1))
    for mine, theirs in zip(one, two, strict=True):
        for name in ("loss_generator", "loss_discriminator", "score_real", "score_fake"):
            assert theirs[name] == pytest.approx(mine[name], abs=2e-4)
        assert theirs["r1"] == pytest.approx(mine["r1"], rel=1e-2)
    assert (tmp_path / "two" / "step_000004.json").exists()
