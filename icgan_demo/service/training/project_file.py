"""A training project as one file: what of a run travels to another machine, and in which form.

It is a ZIP of ``project.json``, ``run/`` (what the page shows of the run, its newest checkpoint, its model) and, if
wanted, ``images/``. Nothing in it says where it came from: ids, paths and processes stay behind.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, with_config

from icgan_demo.config import MEGABYTE, Limits
from icgan_demo.errors import RequestError
from icgan_demo.guards.archive import ArchiveLimits
from icgan_demo.guards.file_names import PICTURE_SUFFIXES
from icgan_demo.guards.json_text import STRICT
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.training.common.run_folder import LOG, METRICS, SHEETS, WORST

SCHEMA: Literal[1] = 1
KIND: Literal["icgan-demo project"] = "icgan-demo project"
HEAD = "project.json"
"""First file of the archive, by which a project is known."""
ENDING = ".project.zip"
RUN, IMAGES = "run", "images"
"""Folders of the archive."""
MAX_HEAD_BYTES = 32 * MEGABYTE
MAX_STEP = 10_000_000
MAX_SHEETS = 500
"""Sheets of a kind that travel, spread over the run."""
OPENED_BY_COMMAND = ArchiveLimits(
    members=120_000, total_bytes=20_000 * MEGABYTE, directory_bytes=50 * MEGABYTE, member_bytes=4_000 * MEGABYTE
)
"""Of a project on the command line, whose files are the user's own."""


class Form(StrEnum):
    """How a file of a run is checked."""

    LINES = "lines"
    """JSON lines of numbers over the steps."""
    PICTURE = "picture"


@dataclass(frozen=True)
class RunPart:
    """Files of a run folder that travel."""

    pattern: str
    """Of their paths in the run folder."""
    form: Form
    most_bytes: int
    """Length of one."""


PARTS = (
    RunPart(f"({LOG}|{METRICS})".replace(".", r"\."), Form.LINES, 64 * MEGABYTE),
    RunPart(rf"({SHEETS}|{WORST})/step_(\d{{6,8}})\.png", Form.PICTURE, 20 * MEGABYTE),
    RunPart(rf"{SHEETS}/(real|model)\.png", Form.PICTURE, 20 * MEGABYTE),
)
"""All that travels of a run beside its record, checkpoints and model; a new kind of file is one line here."""


class Lack(StrEnum):
    """What a run that was opened needs to continue and does not have."""

    IMAGES = "images"
    SAME_IMAGES = "same-images"
    """There are images, but not the very files that it learned from."""
    CHECKPOINT = "checkpoint"
    BASE = "base"


NO_IMAGES = "Its images are not in the project file, so this run cannot continue. Export it with its images."
OTHER_IMAGES = "Its images are not the very files that it learned from, so this run cannot continue here. Train anew."
NO_CHECKPOINT = "Its checkpoint is not in the project file, so this run cannot continue. Export it with that."
NO_BASE = "The model that this run started from is not on this machine, so it cannot continue here."
WHY_NOT = {Lack.IMAGES: NO_IMAGES, Lack.SAME_IMAGES: OTHER_IMAGES, Lack.CHECKPOINT: NO_CHECKPOINT, Lack.BASE: NO_BASE}


def _image_path(path: str) -> str:
    parts = path.split("/")
    is_plain = all(0 < len(part.encode()) <= 240 and part[0] != "." for part in parts) and min(path) >= " "
    if not is_plain or "\\" in path or len(parts) > 10 or PurePosixPath(path).suffix.lower() not in PICTURE_SUFFIXES:
        raise ValueError("it is no path of an image")
    return path


@with_config(STRICT)
@dataclass(frozen=True)
class ProjectImage:
    """One image that a run learns from."""

    path: Annotated[str, AfterValidator(_image_path)]
    """Where it lies among the run's images, in the folder of its class."""
    label: Annotated[str, Field(max_length=200)] = ""
    """Class, empty for none."""
    name: Annotated[str, Field(max_length=200)] = ""
    """What its giver called it."""
    is_frame: bool = False
    """Whether it comes from a video or a camera."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class Project:
    """The content of ``project.json``."""

    schema: Literal[1] = SCHEMA
    kind: Literal["icgan-demo project"] = KIND
    written_by: Annotated[str, Field(max_length=100)]
    """Version of the program."""
    request: TrainRequest
    """Settings of the run."""
    step: Annotated[int, Field(ge=0, le=MAX_STEP)]
    """Step of its newest checkpoint."""
    steps: Annotated[int, Field(ge=0, le=MAX_STEP)]
    """Steps that it shall have."""
    elapsed_s: Annotated[float, Field(ge=0, le=1e9)]
    """Time that was worked on it."""
    is_finished: bool
    """Whether its model is there."""
    images: Annotated[tuple[ProjectImage, ...], Field(max_length=100_000)] | None = None
    """The images in the order of the set; None where they stay behind."""


PROJECT = TypeAdapter(Project)


def is_project(file: Path) -> bool:
    """Return whether a file begins as a project does; reading it then shows whether it is one."""
    with file.open("rb") as stream:
        start = stream.read(30 + len(HEAD))
    return start[:4] == b"PK\3\4" and start[30:] == HEAD.encode()


def refuse_project(files: Sequence[Path]) -> None:
    """Raise RequestError if a project is among files that shall be images."""
    if any(map(is_project, files)):
        raise RequestError("This is a project file, not a set of images. Drop it on the Train page alone.")


def limits_of_page(limits: Limits) -> ArchiveLimits:
    """Return what a project may cost that a visitor opens."""
    return ArchiveLimits(
        members=limits.pictures + 3 * MAX_SHEETS,
        member_bytes=limits.project_bytes,
        total_bytes=limits.project_bytes,
        seconds=limits.reading_s,
    )


def part_of(path: str) -> RunPart | None:
    """Return which kind of file a path in a run folder is; None for what does not travel."""
    return next((part for part in PARTS if re.fullmatch(part.pattern, path)), None)


def step_in(path: str) -> int | None:
    """Return the step that a run's file is of; None for one of the whole run."""
    found = re.search(r"step_(\d+)\.", path)
    return int(found[1]) if found else None


def files_of(run: Path) -> Iterator[str]:
    """Yield the paths of a run folder's files down to one folder, in order."""
    for path in sorted(run.glob("*")):
        for file in sorted(path.glob("*")) if path.is_dir() else [path]:
            if file.is_file():
                yield file.relative_to(run).as_posix()
