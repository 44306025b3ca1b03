"""Freed memory stays with the process that trains."""

import platform
import subprocess
import sys

import pytest

from icgan_demo.training.common import kept_memory

PROBE = """
import resource
import torch
from icgan_demo.training.common.kept_memory import keep_freed_memory

def faults(megabytes=48, times=10):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        torch.ones(megabytes << 18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
keep_freed_memory()
torch.ones(48 << 18)
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_large_tensors_made_again_take_the_memory_that_is_there():
    told = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True, timeout=120).stdout
    before, kept = map(int, told.split())
    assert before > 1000
    assert kept < before / 10


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(kept_memory.ctypes, "CDLL", lambda _: object())
    kept_memory.keep_freed_memory()
