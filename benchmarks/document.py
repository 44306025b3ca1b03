"""Measured figures in ``docs/benchmarks.md``: every command rewrites its own section."""

import os
import platform
import re
from pathlib import Path

import torch

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def write_section(name: str, text: str, document: Path = DOCUMENT) -> None:
    """Put ``text`` between the markers of section ``name``, or at the end of ``document`` if there are none."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    content = document.read_text(encoding="utf-8") if document.exists() else "# Benchmarks\n"
    before, found, rest = content.partition(begin)
    if found and end in rest:
        content = before + section + rest.partition(end)[2]
    else:
        content = f"{content.rstrip()}\n\n{section}\n"
    document.write_text(content, encoding="utf-8")


def describe_machine() -> str:
    """Return the processor, its cores, the threads in use and the version of torch in one line."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return (
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, {torch.get_num_threads()} threads, "
        f"torch {torch.__version__}"
    )


def process_memory_mb(pid: int, field: str = "VmRSS") -> float:
    """Return the resident memory of a process in MB (2^20), now (``VmRSS``) or at its highest (``VmHWM``)."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found, field
    return int(found[1]) / 1024
