"""Workers are killed after shards were made, never faster than any can be made."""

from types import SimpleNamespace

import pytest

from benchmarks import cluster
from icgan_demo.service.banks.bank_streaming import EmbedProgress


@pytest.fixture
def killed(monkeypatch):
    """Return the pids of killed workers, of which one is always at work."""
    pids = []
    names = {1: "raylet", 2: "ray::_shard", 3: "ray::IDLE"}
    processes = [SimpleNamespace(pid=pid, name=lambda pid=pid: names[pid]) for pid in names]
    everything = SimpleNamespace(children=lambda recursive: processes)
    monkeypatch.setattr(cluster.psutil, "Process", lambda: everything)
    monkeypatch.setattr(cluster.os, "kill", lambda pid, number: pids.append(pid))
    return pids


def heard(killer, shards):
    for done in range(shards + 1):  # it is told of the beginning, too
        killer.hear(EmbedProgress(looked_at=done, kept=done, skipped=0, duplicates=0, found_done=0))
        if killer.waiting:
            killer.waiting.join()


def test_a_worker_at_work_is_killed_after_each_shard(killed):
    killer = cluster.Killer(kills=20, seed=0)
    heard(killer, 3)
    assert killed == [2, 2, 2]
    assert killer.done == 3


def test_it_ends_when_it_was_often_enough(killed):
    killer = cluster.Killer(kills=2, seed=0)
    heard(killer, 5)
    assert (killed, killer.done) == ([2, 2], 2)
