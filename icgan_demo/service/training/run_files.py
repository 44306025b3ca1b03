"""What a trainer leaves in its run folder, read while it is being written and never trusted to be whole."""

import json
import math
import shutil
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icgan_demo.atomic_files import atomic_write
from icgan_demo.guards.numbers import finite_number
from icgan_demo.service.card_figures import ByClass, by_class
from icgan_demo.training.common.run_folder import (
    LOG,
    METRICS,
    MODEL_SHEET,
    REAL_SHEET,
    RECORD,
    SHEETS,
    WORST,
    Status,
    read_status,
    steps_in,
)
from icgan_demo.weights.folders import CARD, MODEL

POINTS = 500
"""Points of a plotted curve; more are neither seen nor drawn quickly."""


@dataclass(frozen=True)
class Curve:
    """One plotted quantity."""

    name: str
    steps: tuple[int, ...]
    values: tuple[float, ...]


class Series:
    """A growing file of JSON lines, read on from where the last reading ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # two tabs may look at one run
        self._start_anew()

    def curves(self, smoothing: float = 0.0, points: int = POINTS) -> list[Curve]:
        """Return every numeric column over the steps, smoothed and thinned to ``points``.

        Args:
            smoothing: weight of what came before, 0 (none) .. 0.99, bias-corrected at the start.
        """
        with self._lock:
            self._read()
            return [_thinned(name, rows, smoothing, points) for name, rows in self._columns.items()]

    @property
    def last(self) -> Mapping[str, Any]:
        """The newest line, empty before there is one."""
        with self._lock:
            self._read()
            return self._last

    def _start_anew(self) -> None:
        self._offset = 0
        self._columns: dict[str, list[tuple[int, float]]] = {}
        self._last: Mapping[str, Any] = {}

    def _read(self) -> None:
        try:
            with self._path.open("rb") as stream:
                if stream.seek(0, 2) < self._offset:
                    self._start_anew()  # a resumed run cuts its log back to its checkpoint
                stream.seek(self._offset)
                content = stream.read()
        except OSError:
            return
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.splitlines():
            if not self._take(_parsed(line)):
                self._start_anew()
                return self._read()
        return None

    def _take(self, values: Mapping[str, Any]) -> bool:
        """Add one line; return whether it continues where the last one ended."""
        step = values.get("step")
        if not isinstance(step, int):
            return True
        if self._last and step <= self._last["step"]:
            return False
        self._last = values
        for name, value in _numbers(values):
            self._columns.setdefault(name, []).append((step, value))
        return True


class RunFiles:
    """One run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = Series(folder / LOG)
        self.metrics = Series(folder / METRICS)

    def status(self) -> Status | None:
        """Return what the trainer says of itself; None before it does."""
        return read_status(self.folder)

    def sheets(self) -> dict[int, Path]:
        """Return the sheets drawn so far by their step, oldest first."""
        return steps_in(self.folder / SHEETS, ".png")

    def worst_sheets(self) -> dict[int, Path]:
        """Return the sheets of the worst samples by their step, oldest first."""
        return steps_in(self.folder / WORST, ".png")

    def held_out(self) -> int | None:
        """Return the number of pictures held out; None where the run does not say it."""
        names = read_object(self.folder / RECORD).get("held_out")
        return len(names) if isinstance(names, list) else None

    @property
    def real_sheet(self) -> Path:
        """The sheet of training pictures; it may not be there yet."""
        return self.folder / REAL_SHEET

    @property
    def model_sheet(self) -> Path:
        """The sheet of the finished model; a run that has not ended has none, nor an old one."""
        return self.folder / MODEL_SHEET

    @property
    def model(self) -> Path:
        """The folder of the finished model; it may not be there yet."""
        return self.folder / MODEL

    def by_class(self) -> ByClass | None:
        """Return how often images of the finished model are recognised as their class; None where nobody looked."""
        return by_class(read_object(self.model / CARD).get("figures"))


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is none."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def copy_once(file: Path, folder: Path, name: str) -> Path | None:
    """Return a copy of a finished file in a folder whose files may be served; None if there is no such file."""
    target = folder / name
    if not target.exists():
        if not file.is_file():
            return None
        with atomic_write(target) as scratch:
            shutil.copyfile(file, scratch)
    return target


def zip_folder(folder: Path, target: Path) -> Path:
    """Return a zip of the files in a model folder, under the folder's name; made once."""
    if not target.exists():
        # Weights hardly compress.
        with atomic_write(target) as scratch, zipfile.ZipFile(scratch, "w") as archive:
            for path in sorted(folder.iterdir()):
                if path.is_file():
                    archive.write(path, f"{target.stem}/{path.name}")
    return target


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(line)
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


def _numbers(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found += _numbers(value, f"{prefix}{key} ")
        elif key != "step" and (number := finite_number(value)) is not None:
            found.append((f"{prefix}{key}", number))
    return found


def _thinned(name: str, rows: list[tuple[int, float]], smoothing: float, points: int) -> Curve:
    smooth: list[float] = []
    average = weight = 0.0
    for _, value in rows:
        average = smoothing * average + (1 - smoothing) * value
        weight = smoothing * weight + (1 - smoothing)
        smooth.append(average / weight)
    stride = max(1, math.ceil(len(rows) / points))
    last = len(rows) - 1
    kept = [row for row in range(len(rows)) if (last - row) % stride == 0]  # counted from the newest, which is shown
    return Curve(name, tuple(rows[row][0] for row in kept), tuple(smooth[row] for row in kept))
