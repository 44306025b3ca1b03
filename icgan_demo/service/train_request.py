"""What a visitor may set for a training run, and the command line that does the same."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icgan_demo.config import RESOLUTIONS, Limits
from icgan_demo.errors import RequestError
from icgan_demo.service.requests import MAX_SEED

AUGMENTATIONS = ("translation", "cutout", "color")
MAX_BATCH = 64
MAX_NEIGHBOURS = 100
MAX_FREEZE = 4
MAX_TITLE = 80
LICENCES = ("unknown", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "MIT")


@dataclass(frozen=True)
class TrainRequest:
    """Settings of one run; None leaves a choice to the trainer."""

    base: str = ""
    """Name of the model to start from; empty to start from nothing."""
    steps: int = 500
    """Generator updates."""
    minutes: float | None = None
    """Time after which the run ends by itself; None for no such limit."""
    batch_size: int | None = None
    """Pictures per update."""
    learning_rate: float | None = None
    """Learning rate of both networks."""
    neighbours: int | None = None
    """Size of a neighbourhood."""
    freeze: int | None = None
    """Lower discriminator blocks kept as they are; only with a base that has a discriminator."""
    augment: tuple[str, ...] | None = None
    """What is done to pictures before the discriminator sees them, of ``AUGMENTATIONS``; empty for nothing."""
    resolution: int = 64
    """Side of the pictures, px; only without a base, which has its own."""
    seed: int = 0
    """Every random choice derives from it."""
    title: str = "My model"
    """Shown in the model list."""
    licence: str = LICENCES[0]
    """Terms of the training pictures, for the card; of ``LICENCES``."""

    def __post_init__(self) -> None:
        if self.base and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", self.base):  # never a path
            raise RequestError("There is no base model of that name.")
        _whole("Steps", self.steps, 1, 1_000_000)
        _number("Minutes", self.minutes, 0.1, 100_000)
        _optional("The batch size", self.batch_size, 2, MAX_BATCH)
        _number("The learning rate", self.learning_rate, 1e-6, 0.1)
        _optional("Neighbours", self.neighbours, 1, MAX_NEIGHBOURS)
        _optional("Frozen blocks", self.freeze, 0, MAX_FREEZE)
        _whole("The seed", self.seed, 0, MAX_SEED)
        if self.resolution not in RESOLUTIONS:
            raise RequestError(f"The resolution must be one of {_listed(RESOLUTIONS)}.")
        if not set(self.augment or ()) <= set(AUGMENTATIONS):
            raise RequestError(f"Augmentation knows {_listed(AUGMENTATIONS)}.")
        if self.licence not in LICENCES:
            raise RequestError(f"The licence must be one of {_listed(LICENCES)}.")
        if not self.title.strip() or len(self.title) > MAX_TITLE or not self.title.isprintable():
            raise RequestError(f"Give the model a title of 1 to {MAX_TITLE} characters.")

    def check(self, limits: Limits) -> None:
        """Raise RequestError if the run is longer than this page allows."""
        if self.steps > limits.steps:
            raise RequestError(f"Steps must be at most {limits.steps:,}, got {self.steps:,}.")
        if self.minutes is not None and self.minutes > limits.minutes:
            raise RequestError(f"Minutes must be at most {limits.minutes:g}, got {self.minutes:g}.")


def arguments(
    request: TrainRequest, data: str | Path, out: str | Path, *, name: str, base: str | Path = "", threads: int = 0
) -> list[str]:
    """Return the arguments of ``python -m icgan_demo train`` for a request.

    Args:
        data: folder of the pictures.
        out: folder of the run.
        name: of the model that the run writes.
        base: where the base model is, if its name alone does not say it.
        threads: processor threads, 0 to leave them to torch.
    """
    options: dict[str, Any] = {
        "data": data,
        "base": base or request.base or None,
        "resolution": None if request.base else request.resolution,
        "steps": request.steps,
        "minutes": None if request.minutes is None else f"{request.minutes:g}",
        "batch-size": request.batch_size,
        "sheet-every": max(1, request.steps // 20),
        "seed": request.seed,
        "neighbours": request.neighbours,
        "freeze": request.freeze if request.base else None,
        "augment": None if request.augment is None else ",".join(request.augment) or "none",
        "lr-generator": _plain(request.learning_rate),
        "lr-discriminator": _plain(request.learning_rate),
        "threads": threads or None,
        "name": name,
        "title": request.title,
        "licence": request.licence,
        "out": out,
    }
    # One word for option and value: a title that starts with a dash is still a title.
    return [f"--{key}={value}" for key, value in options.items() if value is not None]


def command_line(request: TrainRequest, name: str) -> str:
    """Return the command that a visitor can run at home, one option on a line; folders are placeholders."""
    words = (word.partition("=") for word in arguments(request, "PICTURES", "RUN", name=name))
    lines = [f"  {option} {shlex.quote(value)}" for option, _, value in words]
    return " \\\n".join(["python -m icgan_demo train", *lines])


def _plain(value: float | None) -> str | None:
    return None if value is None else f"{value:g}"


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def _whole(what: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RequestError(f"{what} must be a whole number between {low:,} and {high:,}, got {value!r:.40}.")


def _optional(what: str, value: Any, low: int, high: int) -> None:
    if value is not None:
        _whole(what, value, low, high)


def _number(what: str, value: Any, low: float, high: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise RequestError(f"{what} must be a number between {low:g} and {high:g}, got {value!r:.40}.")
