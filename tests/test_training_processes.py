"""One code for one process and for several, on one machine or two: a divided batch gives the losses of a whole one."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from several_processes import SETTINGS, main

from icgan_demo.training.session import read_lines

HERE = Path(__file__).parent
PATIENCE_S = 600
"""At their end torch's launchers wait for each other, up to 300 s if one is missed, and then end well all the same."""


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """Return the log of one process."""
    folder = tmp_path_factory.mktemp("one")
    threads = torch.get_num_threads()
    main(folder)
    torch.set_num_threads(threads)
    return read_lines(folder / "log.jsonl")


def started(*words):
    environment = os.environ | {
        "PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}",
        "OMP_NUM_THREADS": "1",
        "ACCELERATE_USE_CPU": "true",
    }
    command = [sys.executable, "-m", "torch.distributed.run", *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.parametrize("machines", [1, 2])
def test_two_processes_give_the_losses_of_one_with_the_double_batch(one, tmp_path, machines):
    """The launcher that was used here once started a single process, which of course had the same losses."""
    meeting = ["--nnodes", machines, "--nproc-per-node", 2 // machines, "--master-addr", "127.0.0.1"]
    script, port = [HERE / "several_processes.py", tmp_path], free_port()
    with ExitStack() as running:
        launchers = []
        for rank in range(machines):
            words = [*meeting, "--node-rank", rank, "--master-port", port, *script]
            launchers.append(running.enter_context(started(*map(str, words))))
        said = [launcher.communicate(timeout=PATIENCE_S)[0] for launcher in launchers]
    assert [launcher.returncode for launcher in launchers] == [0] * machines, said
    assert {path.name: path.read_text() for path in tmp_path.glob("process-*")} == {"process-0": "2", "process-1": "2"}
    two = read_lines(tmp_path / "log.jsonl")
    assert [line["step"] for line in two] == list(range(1, SETTINGS.steps + 1))
    for mine, theirs in zip(one, two, strict=True):
        for name in ("loss_generator", "loss_discriminator", "score_real", "score_fake"):
            assert theirs[name] == pytest.approx(mine[name], abs=2e-4)
        assert theirs["r1"] == pytest.approx(mine["r1"], rel=1e-2)
    assert (tmp_path / "step_000004.json").exists()
