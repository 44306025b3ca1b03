"""A project file from a stranger: checked part by part, and unpacked into a scratch folder of the caller's.

Every file has its own length and its own reader: JSON becomes dataclasses, images pass the picture guard, weights are
safetensors whose headers and values are checked, and the model is loaded as one that draws. What is not expected is
never read.
"""

import hashlib
import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, with_config

from icgan_demo.atomic_files import write_json
from icgan_demo.config import MEGABYTE, GeneratorConfig
from icgan_demo.errors import ArchiveError, DemoError, ImageError, WeightsError
from icgan_demo.guards.archive import DAMAGED, TOO_SLOW, ArchiveLimits
from icgan_demo.guards.json_text import STRICT, read_json
from icgan_demo.guards.packed_files import PackedFiles, packed_files
from icgan_demo.guards.picture import PictureLimits, read_picture, stored_png
from icgan_demo.guards.weights_file import check_safetensors, load_tensors
from icgan_demo.inference.loading import open_model
from icgan_demo.service.training.project_file import (
    HEAD,
    IMAGES,
    MAX_HEAD_BYTES,
    MAX_SHEETS,
    MAX_STEP,
    PROJECT,
    RUN,
    SCHEMA,
    Form,
    Lack,
    Project,
    ProjectImage,
    part_of,
    step_in,
)
from icgan_demo.service.training.project_record import Digest, read_project_record
from icgan_demo.training.common.run_folder import PICTURES, PRESENT, RECORD, State, Status, step_file, write_status
from icgan_demo.training.session import RunState
from icgan_demo.weights.cards import (
    DISCRIMINATOR,
    ENCODER,
    GENERATOR,
    INSTANCES,
    MAX_CARD_BYTES,
    PROJECTED,
    Card,
    FreeForm,
    find_cards,
    inspect_model,
    read_card,
    write_card,
)
from icgan_demo.weights.folders import CARD, MODEL
from icgan_demo.weights.learning import LEARNING, MAX_LEARNING_BYTES
from icgan_demo.weights.tensor_files import FileRecord

logger = logging.getLogger(__name__)

BROKEN = "The project file is damaged or incomplete. Export it again, or fetch it again."
NO_PROJECT = "This is not a project file. Choose one that was exported from a training run."
JSON_BYTES_OF_ONE = 1_300
"""What the lists of a project may take for each file in it: a few bytes of JSON can stand for much memory."""
MAX_MARKER_BYTES = 1 << 16
MAX_LINE_BYTES = 1 << 14
MAX_COLUMNS = 200
"""Names in a log: each is a curve."""
MAX_CHECKPOINTS = 2
"""The newest, and an earlier one that the model is made of."""
SHEET = PictureLimits(max_side=8192, max_file_bytes=20 * MEGABYTE, min_side=8, max_pixels=16_000_000)
MODEL_FILES = frozenset({GENERATOR, DISCRIMINATOR, PROJECTED, ENCODER, INSTANCES, LEARNING})
ENCODERS = frozenset({"bundled", "lite0", "resnet50-swav", "resnet50-supervised", "resnet50-imagenet-lt"})
"""Kinds whose record names no file but the model's own, and nothing to fetch."""
MAX_INPUT_SIDE = 512
"""Of an encoder or a discriminator, px: an honest one has half of it."""
MAX_LAYERS = 64
TENSOR_NAME = re.compile(r"[a-z_]{1,40}/[\w./]{1,300}", re.ASCII)


@with_config(STRICT)
@dataclass(frozen=True)
class _Marker:
    """What publishes a checkpoint."""

    step: Annotated[int, Field(ge=0, le=MAX_STEP)]
    size: Annotated[int, Field(ge=1)]
    sha256: Digest
    settings: FreeForm


_MARKER, _STATE = TypeAdapter(_Marker), TypeAdapter(RunState)
_HASHES = TypeAdapter(dict[Annotated[str, Field(max_length=2000)], Digest])


@dataclass(frozen=True)
class UnpackedRun:
    """What was unpacked of a run."""

    hashes: dict[str, str]
    """SHA-256 of the images that it began with, by their paths; empty where it does not say so."""
    base: tuple[str, str] | None
    """Name and hash of the model that it started from."""
    has_checkpoint: bool

    def lacks(self, images: dict[str, str], models: list[Path]) -> tuple[Lack, ...]:
        """Return what it needs to continue and does not have.

        Args:
            images: SHA-256 of the images that are here, by their paths.
            models: folders of the models that are here.
        """
        are_same = bool(self.hashes) and images == self.hashes
        return (
            *(() if are_same else (Lack.SAME_IMAGES if images else Lack.IMAGES,)),
            *(() if self.has_checkpoint else (Lack.CHECKPOINT,)),
            *(() if self.base is None or self.base in _known(models) else (Lack.BASE,)),
        )


class PackedProject:
    """An open project file."""

    def __init__(self, packed: PackedFiles, limits: ArchiveLimits) -> None:
        self._packed = packed
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._most_json = min(MAX_HEAD_BYTES, JSON_BYTES_OF_ONE * limits.members)
        head = packed.read(HEAD, self._most_json)
        self.project: Project = read_json(head, PROJECT, "The project file", ArchiveError, schema=SCHEMA)

    def images(self, limits: PictureLimits) -> Iterator[tuple[ProjectImage, bytes]]:
        """Yield the images with the content of their files, not checked yet; none where they stayed behind."""
        images = self.project.images or ()
        if len({image.path for image in images}) < len(images):
            raise ArchiveError(BROKEN)
        for image in images:
            self._check_time()
            yield image, self._packed.read(f"{IMAGES}/{image.path}", limits.max_file_bytes)

    def write_images(self, folder: Path, limits: PictureLimits) -> dict[str, str]:
        """Write the images into ``folder`` as they are, those that pass the guard; returns their hashes by their paths.

        Raises:
            ArchiveError: if one is missing, too large or damaged on the way.
            OSError: if the disk fails.
        """
        hashes = {}
        for image, content in self.images(limits):
            try:
                read_picture(content, limits)
            except ImageError:
                continue
            (folder / image.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / image.path).write_bytes(content)
            hashes[image.path] = hashlib.sha256(content).hexdigest()
        return hashes

    def unpack_run(self, run: Path, name: str) -> UnpackedRun:
        """Write everything else into the new folder ``run``, its model under another name.

        Raises:
            ArchiveError, WeightsError, EncoderError, RequestError: if a part is not what it should be.
            OSError: if the disk fails.
        """
        run.mkdir(parents=True)
        base, hashes = self._unpack_record(run)
        self._unpack_files(run)
        has_checkpoint = self._unpack_checkpoints(run)
        has_model = self._unpack_model(run / MODEL, name)
        if has_model != self.project.is_finished:
            raise ArchiveError(BROKEN)
        self._unpack_model(run / PRESENT, f"{name}-step-{self.project.step}")
        told = self.project
        state = State.FINISHED if has_model else State.STOPPED
        write_status(Status(state, told.step, told.steps, told.elapsed_s), run)
        return UnpackedRun(hashes, base, has_checkpoint)

    # --- parts of a run ---

    def _check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise ArchiveError(TOO_SLOW)

    def _names(self, pattern: str) -> list[str]:
        """Return the paths in the run folder that a pattern fits."""
        inner = [name.removeprefix(f"{RUN}/") for name in self._packed.names if name.startswith(f"{RUN}/")]
        return [name for name in inner if re.fullmatch(pattern, name)]

    def _read(self, name: str, most: int) -> bytes:
        return self._packed.read(f"{RUN}/{name}", most)

    def _unpack_record(self, run: Path) -> tuple[tuple[str, str] | None, dict[str, str]]:
        record = read_project_record(self._read(RECORD, self._most_json))
        write_json(record.to_json(), run / RECORD)
        hashes = {}
        if self._names(re.escape(PICTURES)):
            hashes = _HASHES.validate_json(self._read(PICTURES, self._most_json))
            write_json(hashes, run / PICTURES)
        return (record.base.name, record.base.sha256) if record.base else None, hashes

    def _unpack_files(self, run: Path) -> None:
        count = size = 0
        for name in self._names(".*"):
            if (part := part_of(name)) is None or (step_in(name) or 0) > self.project.step:
                continue
            self._check_time()
            count += 1
            if count > 3 * MAX_SHEETS:
                raise ArchiveError(BROKEN)
            content = self._read(name, min(part.most_bytes, self._limits.total_bytes // 10))
            clean = _lines(content, self.project.step) if part.form is Form.LINES else stored_png(content, SHEET)[0]
            size += len(clean)  # a photo as PNG is many times as large
            if size > self._limits.total_bytes:
                raise ArchiveError(BROKEN)
            (run / name).parent.mkdir(exist_ok=True)
            (run / name).write_bytes(clean)

    def _unpack_checkpoints(self, run: Path) -> bool:
        """Unpack the checkpoints, and return whether there is one to continue from."""
        steps = sorted(step for name in self._names(r"step_\d{6,8}\.json") if (step := step_in(name)) is not None)
        if not steps:
            return False
        if len(steps) > MAX_CHECKPOINTS or steps[-1] != self.project.step:
            raise ArchiveError(BROKEN)
        for step in steps:
            file = step_file(run, step, ".safetensors")
            marker = _MARKER.validate_json(self._read(file.with_suffix(".json").name, MAX_MARKER_BYTES))
            state = _STATE.validate_python(marker.settings.get("state"))
            best = state.best.get("step", step)
            is_sound = state.elapsed_s >= 0 and 0 < state.rate_scale <= 1 and state.rollbacks >= 0
            if marker.step != step or not is_sound or (step == steps[-1] and best not in steps):
                raise ArchiveError(BROKEN)
            self._check_time()
            self._packed.copy(f"{RUN}/{file.name}", file, min(marker.size, self._limits.member_bytes))
            tensors = load_tensors(file, None, marker.sha256)
            if not all(TENSOR_NAME.fullmatch(tensor) for tensor in tensors):
                raise ArchiveError(BROKEN)
            write_json(asdict(marker), file.with_suffix(".json"))
        return True

    def _unpack_model(self, folder: Path, name: str) -> bool:
        """Unpack a model that draws, and return whether there is one."""
        if not self._names(re.escape(f"{folder.name}/{CARD}")):
            return False
        folder.mkdir()
        (folder / CARD).write_bytes(self._read(f"{folder.name}/{CARD}", MAX_CARD_BYTES))
        card = read_card(folder)
        _check_card(card)
        for file, record in card.files.items():
            path = f"{RUN}/{folder.name}/{file}"
            self._packed.copy(path, folder / file, min(record.size, self._limits.member_bytes))
            _check_model_file(folder / file, record)
        title = self.project.request.title
        shown = title if folder.name == MODEL else f"{title}, step {self.project.step:,}"
        write_card(replace(card, name=name, title=shown), folder)
        open_model(inspect_model(folder))
        return True


@contextmanager
def opened_project(file: Path, limits: ArchiveLimits) -> Iterator[PackedProject]:
    """Yield a project file whose structure is in order, and explain what is found wrong in the block.

    Raises:
        ArchiveError: if it is no project, of a newer version, damaged, or too large; one sentence that says what to do.
        WeightsError, EncoderError, RequestError: of what is in it.
    """
    try:
        with packed_files(file, limits) as packed:
            if HEAD not in packed.names:
                raise ArchiveError(NO_PROJECT)
            yield PackedProject(packed, limits)
    except ArchiveError as error:
        raise ArchiveError(BROKEN if str(error) == DAMAGED else str(error)) from error
    except ImageError as error:
        raise ArchiveError(BROKEN) from error
    except (DemoError, OSError):
        raise
    except Exception as error:  # the edge: whatever a reader thinks of, a visitor gets a sentence
        logger.warning("a project was refused: %s", type(error).__name__)
        raise ArchiveError(BROKEN) from error


def _known(models: list[Path]) -> set[tuple[str, str]]:
    """Return name and hash of the generators that are here."""
    cards = [found.card for found in find_cards(models) if found.card is not None]
    return {(card.name, card.files[GENERATOR].sha256) for card in cards}


def _check_card(card: Card) -> None:
    """Refuse a model that no training here writes: its building alone could take for ever."""
    told: Any = card.encoder.get("settings")
    told = told if isinstance(told, dict) else {}
    sides = [told.get("input_side", 0), told.get("detail_side", 0), card.projected.input_side if card.projected else 0]
    layers = told.get("layers") or []
    is_small = (
        all(isinstance(side, int) and side <= MAX_INPUT_SIDE for side in sides)
        and isinstance(layers, list | tuple)
        and all(isinstance(count, int) and 0 < count <= MAX_LAYERS for count in layers)
    )
    if not is_small or not isinstance(card.generator, GeneratorConfig) or not set(card.files) <= MODEL_FILES:
        raise WeightsError("The model of this project is not one that a training here writes. Export it again.")
    if card.encoder["kind"] not in ENCODERS:
        raise WeightsError("The model of this project has an encoder that a project file cannot bring along.")


def _check_model_file(path: Path, record: FileRecord) -> None:
    if path.name == LEARNING:
        if record.size > MAX_LEARNING_BYTES:
            raise ArchiveError(BROKEN)
        read_picture(path, SHEET)
    else:
        check_safetensors(path, None, record.sha256)


def _lines(content: bytes, last: int) -> bytes:
    """Return the lines of a log, each checked; their steps ascend up to ``last``."""
    clean: list[str] = []
    before, columns = -1, set[str]()
    for line in content.splitlines():
        values = _numbers(json.loads(line[:MAX_LINE_BYTES])) if len(line) <= MAX_LINE_BYTES else None
        step = values.get("step") if values else None
        if values is None or type(step) is not int or not before < step <= last:
            raise ArchiveError(BROKEN)
        columns.update(_names_in(values))
        if len(columns) > MAX_COLUMNS:
            raise ArchiveError(BROKEN)
        before = step
        clean.append(json.dumps(values, allow_nan=False))
    return "".join(f"{line}\n" for line in clean).encode()


def _names_in(values: dict[str, Any], outer: str = "") -> Iterator[str]:
    for name, value in values.items():
        yield f"{outer}/{name}"
        if isinstance(value, dict):
            yield from _names_in(value, f"{outer}/{name}")


def _numbers(values: Any, depth: int = 0) -> Any:
    """Return what a log's line holds: names with numbers or short words, at most two levels deep."""
    if isinstance(values, dict) and depth < 3 and len(values) <= 100:
        return {name[:100]: _numbers(value, depth + 1) for name, value in values.items()}
    if isinstance(values, str) and depth:
        return "".join(filter(str.isprintable, values[:200]))
    if depth and (values is None or isinstance(values, int | float)):
        return values
    raise ArchiveError(BROKEN)
