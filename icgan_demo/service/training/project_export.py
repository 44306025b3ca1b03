"""A run into a project file: also while it learns, as it was at its newest checkpoint."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save

import icgan_demo
from icgan_demo.atomic_files import atomic_write, json_bytes
from icgan_demo.errors import RequestError, TrainingError
from icgan_demo.guards.labels import labels_of
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.service.training.job_record import slug_of
from icgan_demo.service.training.project_file import (
    HEAD,
    IMAGES,
    MAX_SHEETS,
    PARTS,
    PROJECT,
    RUN,
    Form,
    Project,
    ProjectImage,
    files_of,
    part_of,
    step_in,
)
from icgan_demo.service.training.project_record import read_project_record
from icgan_demo.service.training.train_request import AUGMENTATIONS, TrainRequest
from icgan_demo.service.training.trainer_process import is_alive
from icgan_demo.service.values import spread
from icgan_demo.training.common.checkpoint import newest_marker
from icgan_demo.training.common.image_set import declared_labels
from icgan_demo.training.common.run_folder import (
    LOG,
    PICTURES,
    PRESENT,
    RECORD,
    State,
    Status,
    read_status,
    step_file,
)
from icgan_demo.training.run_record import read_record
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.folders import CARD, MODEL

ATTEMPTS = 3
"""A run that learns drops old checkpoints meanwhile."""
NOT_YET = "This run has saved nothing yet. Wait for its first step, then export it."
ONLY_TO_CONTINUE = ("generator/", "optimizer_")
"""Of the best checkpoint, tensors that are needed to learn on from there, which a run does from the newest alone."""
IMAGE_BYTES = 400
"""What an image takes in the list of a project, and in the archive's own."""

Entry = tuple[str, Path | bytes]
"""Path in the archive, and the file or its content."""


@dataclass(frozen=True)
class Exported:
    """What a project file holds."""

    step: int
    """Step of the checkpoint that it is of."""
    size: int
    """Bytes of the file."""


def export_project(
    run: Path,
    target: Path,
    request: TrainRequest,
    images: Sequence[tuple[ProjectImage, Path]] | None,
    *,
    with_checkpoint: bool = True,
    most_bytes: int | None = None,
) -> Exported:
    """Write the run in a folder as the project file ``target``, in place of what was there.

    Args:
        run: folder of a run.
        request: its settings.
        images: what it learns from, with the files; None leaves them out.
        with_checkpoint: whether it can continue elsewhere.
        most_bytes: longest file, None for no limit.
    Raises:
        RequestError: if the run has saved nothing yet, or the file would be longer.
        TrainingError: if the disk is full.
        WeightsError: if the model of the run is damaged.
    """
    for attempt in range(ATTEMPTS):
        try:
            return _export(run, target, request, images, with_checkpoint, most_bytes)
        except FileNotFoundError as error:
            if attempt == ATTEMPTS - 1:
                raise TrainingError("The run changed while it was read. Please try again.") from error
        except OSError as error:
            raise TrainingError("The disk is full. Delete old runs, then try again.") from error
    raise AssertionError("unreachable")


def request_of(run: Path, title: str) -> TrainRequest:
    """Return the settings of a command line's run as a page would say them; raises RequestError if it is no run."""
    record = read_record(run)
    if record is None:
        raise RequestError(f"There is no training run in {run.name!r}. Give the folder that train --out was given.")
    asked, base = record["asked"], record["base"]
    augment = asked.get("augment")
    own = {name: asked.get(name) for name in ("minutes", "batch_size", "neighbours", "freeze", "held_out")}
    return TrainRequest(
        base=base["name"] if base else "",
        steps=record["settings"]["steps"],
        title=title,
        seed=record["settings"]["seed"],
        conditioning=asked.get("conditioning"),
        resolution=record["resolution"],
        augment=tuple(augment) if augment is not None and set(augment) <= set(AUGMENTATIONS) else None,
        **{**own, "minutes": own["minutes"] or None},
    )


def images_below(run: Path, folder: Path) -> list[tuple[ProjectImage, Path]]:
    """Return the images of a command line's run from the folder that it learned from.

    Raises:
        RequestError: if they are not those that the run began with.
    """
    known = json.loads((run / PICTURES).read_text())
    for path, digest in known.items():
        if not (folder / path).is_file() or sha256_of(folder / path) != digest:
            raise RequestError(f"The images in {folder.name!r} are not those that this run learns from.")
    paths = list(known)
    declared = declared_labels(folder)
    labels = labels_of(paths) if declared is None else [declared.get(path, "") for path in paths]
    return [
        (ProjectImage(path, label, Path(path).name), folder / path) for path, label in zip(paths, labels, strict=True)
    ]


def _export(
    run: Path,
    target: Path,
    request: TrainRequest,
    images: Sequence[tuple[ProjectImage, Path]] | None,
    with_checkpoint: bool,
    most_bytes: int | None,
) -> Exported:
    marker, status = newest_marker(run), read_status(run) or Status()
    is_at_work = status.state in (State.PREPARING, State.RUNNING) and is_alive(status.pid, status.pid_started)
    is_finished = status.state is State.FINISHED and (run / MODEL / CARD).is_file()
    if marker is None and (is_at_work or not (run / LOG).is_file()):
        raise RequestError(NOT_YET)
    state = marker["settings"].get("state", {}) if marker else {}
    step = marker["step"] if marker else status.step  # a run may have come here without its checkpoint
    project = Project(
        written_by=f"icgan-demo {icgan_demo.__version__}",
        request=request,
        step=step,
        steps=max(step, status.steps or request.steps),
        elapsed_s=max(0.0, float(state.get("elapsed_s", status.elapsed_s))),
        is_finished=is_finished,
        images=None if images is None else tuple(image for image, _ in images),
    )
    entries = [
        *_record(run),
        *_files(run, step),
        *_model(run, MODEL if is_finished else PRESENT, is_at_work=is_at_work),
        *(_checkpoints(run, marker) if marker and with_checkpoint else ()),
    ]
    packed = [(f"{RUN}/{name}", source) for name, source in entries]
    packed += [(f"{IMAGES}/{image.path}", file) for image, file in images or ()]
    _check_size(packed, target, most_bytes, has_images=bool(images))
    with atomic_write(target, durable=True) as scratch, zipfile.ZipFile(scratch, "w") as archive:
        archive.writestr(HEAD, PROJECT.dump_json(project), zipfile.ZIP_DEFLATED)
        for name, source in packed:
            _pack(archive, name, source, step)
    return Exported(step, target.stat().st_size)


def _pack(archive: zipfile.ZipFile, name: str, source: Path | bytes, step: int) -> None:
    """Add a file: weights and images as they are, since they hardly compress."""
    kind = zipfile.ZIP_DEFLATED if name.endswith((".json", ".jsonl")) else zipfile.ZIP_STORED
    part = part_of(name.removeprefix(f"{RUN}/"))
    if isinstance(source, bytes):
        archive.writestr(name, source, kind)
    elif part is not None and part.form is Form.LINES:
        info = zipfile.ZipInfo(name)
        info.compress_type = kind
        with source.open("rb") as lines, archive.open(info, "w", force_zip64=True) as stream:
            stream.writelines(_until(lines, step))
    else:
        archive.write(source, name, kind)


def _until(lines: Iterable[bytes], step: int) -> Iterator[bytes]:
    """Yield the whole lines of a log up to a step: what comes later is made again by whoever continues."""
    for line in lines:
        try:
            if line.endswith(b"\n") and json.loads(line)["step"] <= step:
                yield line
        except (ValueError, KeyError, TypeError):
            continue


def _record(run: Path) -> list[Entry]:
    record = read_project_record((run / RECORD).read_bytes())
    hashes = [(PICTURES, run / PICTURES)] if (run / PICTURES).is_file() else []
    return [(RECORD, json_bytes(record.to_json())), *hashes]


def _files(run: Path, step: int) -> list[Entry]:
    """Return what is to be seen of a run up to a step; of many sheets, some that are spread over it."""
    travelling = {name: part for name in files_of(run) if (part := part_of(name)) and (step_in(name) or 0) <= step}
    chosen: list[str] = []
    for part in PARTS:
        for folder in dict.fromkeys(Path(name).parent for name, own in travelling.items() if own is part):
            names = [name for name, own in travelling.items() if own is part and Path(name).parent == folder]
            chosen += [*spread(names[:-1], MAX_SHEETS - 1), *names[-1:]]
    return [(name, run / name) for name in chosen]


def _model(run: Path, folder: str, *, is_at_work: bool) -> list[Entry]:
    """Return the files of the model, or of the state in which a run was left; none of one that may change."""
    if is_at_work or not (run / folder / CARD).is_file():
        return []
    card = read_card(run / folder)
    told = replace(card, name=slug_of(card.title))  # its name here may be all that it takes to draw with it
    files = [(f"{folder}/{name}", run / folder / name) for name in card.files]
    return [(f"{folder}/{CARD}", json_bytes(told.to_json())), *files]


def _checkpoints(run: Path, marker: dict[str, Any]) -> list[Entry]:
    """Return the newest checkpoint; and what the model is made of, if that is an earlier one."""
    newest = step_file(run, marker["step"], ".safetensors")
    best = int(marker["settings"].get("state", {}).get("best", {}).get("step", marker["step"]))
    entries: list[Entry] = [(newest.name, newest), (newest.with_suffix(".json").name, json_bytes(marker))]
    if best == marker["step"]:
        return entries
    file = step_file(run, best, ".safetensors")
    tensors = {name: value for name, value in load_file(file).items() if not name.startswith(ONLY_TO_CONTINUE)}
    content = save(tensors)
    told = json.loads(file.with_suffix(".json").read_text())
    told |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return [*entries, (file.name, content), (file.with_suffix(".json").name, json_bytes(told))]


def _check_size(packed: Sequence[Entry], target: Path, most_bytes: int | None, *, has_images: bool) -> None:
    size = sum(len(source) if isinstance(source, bytes) else source.stat().st_size for _, source in packed)
    size += IMAGE_BYTES * len(packed)
    if most_bytes is not None and size > most_bytes:
        would, most = f"{size / 1e6:,.0f}", f"{most_bytes / 1e6:,.0f}"
        if has_images:
            raise RequestError(
                f"The project file would have {would} MB; a page opens at most {most} MB. Leave out its images or its "
                "checkpoint."
            )
        raise RequestError(
            f"The project file would have {would} MB; a page opens at most {most} MB. Leave out its checkpoint."
        )
    place = next(folder for folder in target.absolute().parents if folder.is_dir())
    if shutil.disk_usage(place).free < 2 * size:
        raise TrainingError("The disk is full. Delete old runs, then try again.")
