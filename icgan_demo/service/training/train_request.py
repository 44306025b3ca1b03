"""What a visitor may set for a training run, and the command line that does the same."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from icgan_demo.config import MAX_SEED, RESOLUTIONS, Conditioning, Limits
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, check_number, whole
from icgan_demo.setting import kind_of, setting

AUGMENTATIONS = ("translation", "cutout", "color")
AUTO = "auto"
BATCH_SIZES = ("The batch size", 2, 64)
FREEZES = ("Frozen blocks", 0, 4)
MAX_TITLE = 80
LICENCES = ("unknown", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "MIT")


@dataclass(frozen=True)
class TrainRequest:
    """Settings of one run; None leaves a choice to the trainer.

    The public endpoint takes the fields that have a help, in this order.
    """

    base: str = setting("", "model to start from, a name from /models; empty for none.")
    steps: int = setting(500, "updates of the generator.", range=("Steps", 1, 1_000_000))
    minutes: float | None = setting(None, "ends the run early; nothing for no such limit.", range=("Minutes", 0.1, 1e5))
    batch_size: int | None = setting(
        None, "images per step, 2 to 64; null: chosen by the number of images.", range=BATCH_SIZES
    )
    neighbours: int | None = setting(
        None, "size of a neighbourhood; null: chosen by the number of images.", range=("Neighbours", 1, 100)
    )
    freeze: int | None = setting(
        None, "lower discriminator blocks kept as they are, 0 to 4; nothing for the trainer's choice.", range=FREEZES
    )
    """Only with a base that has a discriminator."""
    title: str = setting("My model", "of the model, shown in the list.")
    licence: str = setting(LICENCES[0], f"of the images: {', '.join(LICENCES[:-1])} or {LICENCES[-1]}.")
    """For the card."""
    learning_rate: float | None = setting(
        None,
        "of both networks; nothing for the trainer's choice.",
        range=("The learning rate", 1e-6, 0.1),
        options=("lr-generator", "lr-discriminator"),
    )
    augment: tuple[str, ...] | None = setting(
        None, 'comma-separated, of translation, cutout and color; "none"; or "auto" for the trainer\'s choice.'
    )
    """What is done to pictures before the discriminator sees them, of ``AUGMENTATIONS``; empty for nothing."""
    seed: int = setting(0, "seed of every random choice.", range=("The seed", 0, MAX_SEED))
    conditioning: str | None = setting(
        None, f"what the networks are told: {', '.join(Conditioning)}; nothing for what those of the base are told."
    )
    held_out: float | None = setting(
        None,
        "share of the images held out to see overfitting, 0 to 0.3; nothing for a tenth, 0 for none.",
        range=("The share held out", 0, 0.3),
    )
    resolution: int = 64
    """Side of the pictures, px; only without a base, which has its own."""

    def __post_init__(self) -> None:
        if self.base and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", self.base):  # never a path
            raise RequestError("There is no base model of that name.")
        for each in fields(self):
            value, kept_within = getattr(self, each.name), each.metadata.get("range")
            if kept_within and (value is not None or each.default is not None):
                said, low, high = kept_within
                (check_integer if kind_of(each) is int else check_number)(said, value, low, high)
        if self.resolution not in RESOLUTIONS:
            raise RequestError(f"The resolution must be one of {_listed(RESOLUTIONS)}.")
        if not set(self.augment or ()) <= set(AUGMENTATIONS):
            raise RequestError(f"Augmentation knows {_listed(AUGMENTATIONS)}.")
        if self.conditioning not in (None, *Conditioning):
            raise RequestError(f"The conditioning must be one of {_listed(tuple(Conditioning))}.")
        if self.licence not in LICENCES:
            raise RequestError(f"The licence must be one of {_listed(LICENCES)}.")
        if not self.title.strip() or len(self.title) > MAX_TITLE or not self.title.isprintable():
            raise RequestError(f"Give the model a title of 1 to {MAX_TITLE} characters.")

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "TrainRequest":
        """Return the request of a form, where whole numbers may be floats and augmentation is one word.

        Raises:
            RequestError: if a value cannot be had.
        """
        kinds = {each.name: kind_of(each) for each in fields(cls)}
        taken = {name: whole(value) if kinds[name] is int else value for name, value in values.items()}
        augment = taken["augment"]
        taken["augment"] = None if augment in (None, AUTO) else tuple(x for x in augment.split(",") if x != "none")
        taken["conditioning"] = taken.get("conditioning") or None
        return cls(**taken | {"freeze": taken["freeze"] if taken["base"] else None})

    def check(self, limits: Limits) -> None:
        """Raise RequestError if the run is longer than this page allows."""
        if self.steps > limits.steps:
            raise RequestError(f"Steps must be at most {limits.steps:,}, got {self.steps:,}.")
        if self.minutes is not None and self.minutes > limits.minutes:
            raise RequestError(f"Minutes must be at most {limits.minutes:g}, got {self.minutes:g}.")


def arguments(
    request: TrainRequest, data: str | Path, out: str | Path, *, name: str, base: str | Path = "", threads: int = 0
) -> list[str]:
    """Return the arguments of ``icgan-demo train`` for a request.

    Args:
        data: folder of the pictures.
        out: folder of the run.
        name: of the model that the run writes.
        base: where the base model is, if its name alone does not say it.
        threads: processor threads, 0 to leave them to torch.
    """
    own: dict[str, Any] = {
        option: _plain(getattr(request, each.name))
        for each in fields(request)
        for option in each.metadata.get("options", [each.name.replace("_", "-")])
    }
    own |= {"base": base or request.base or None, "resolution" if request.base else "freeze": None}
    further = {"sheet-every": max(1, request.steps // 20), "threads": threads or None, "name": name, "out": out}
    # One word for option and value: a title that starts with a dash is still a title.
    options = {"data": data, **own, **further}
    return [f"--{key}={value}" for key, value in options.items() if value is not None]


def command_line(request: TrainRequest, name: str) -> str:
    """Return the command that a visitor can run at home, one option on a line; folders are placeholders."""
    words = (word.partition("=") for word in arguments(request, "IMAGES", "RUN", name=name))
    lines = [f"  {option} {shlex.quote(value)}" for option, _, value in words]
    return " \\\n".join(["icgan-demo train", *lines])


def _plain(value: Any) -> str | int | None:
    """Return a setting as a word of the command line, None for none."""
    if isinstance(value, tuple):
        return ",".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else value


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))
