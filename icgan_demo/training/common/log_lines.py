"""Logs as JSON lines: read whole even after a crash, cut back to a checkpoint."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from icgan_demo.atomic_files import atomic_write


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the whole lines of a JSON-lines file; a last line that a crash cut short is left out."""
    lines = []
    with suppress(OSError):
        for text in path.read_text().splitlines():
            with suppress(ValueError):
                lines.append(json.loads(text))
    return lines


def cut_log(path: Path, step: int, key: str = "step") -> None:
    """Drop the lines after ``step``, a number that each has under ``key``: a resumed run writes them again."""
    if path.exists():
        kept = [line for line in read_lines(path) if line[key] <= step]
        with atomic_write(path, durable=True) as scratch:
            scratch.write_text("".join(json.dumps(line) + "\n" for line in kept))
