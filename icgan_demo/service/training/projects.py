"""Training projects of a page: a run out as one file, and in again as a run of its own."""

import hashlib
import logging
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from icgan_demo.config import Limits
from icgan_demo.errors import ImageError, RequestError, TrainingError
from icgan_demo.guards.candidate import Candidate
from icgan_demo.guards.file_names import one_line
from icgan_demo.guards.labels import clean_label
from icgan_demo.guards.picture import PictureLimits, stored_png
from icgan_demo.secret_names import secret_name
from icgan_demo.service.training.job_queue import RUN_FOLDER, JobQueue
from icgan_demo.service.training.job_record import JobRecord, Phase, Wish, new_record, slug_of
from icgan_demo.service.training.project_file import ENDING, ProjectImage, limits_of_page
from icgan_demo.service.training.training_sets import STORED_SIDE
from icgan_demo.weights.folders import model_folders

if TYPE_CHECKING:
    from icgan_demo.service.training.project_export import Exported
    from icgan_demo.service.training.project_opening import PackedProject

logger = logging.getLogger(__name__)

NOT_HERE = "A public page opens no project files. Open it on a page of your own, or with `icgan-demo project open`."
FULL = "The disk is full. Delete old runs, then try again."
GONE = "The images of this run are not on this page. Export it without them."
JOB = "job"
"""Folder of a run that is being unpacked, beside the images of its set."""


class Projects:
    """Exports and opens the runs of a queue."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue
        self._sets = queue.sets
        self._limits: Limits = queue.limits

    def export(self, run_id: str, folder: Path, *, images: bool, checkpoint: bool = True) -> tuple[Path, "Exported"]:
        """Write a run into a file in ``folder``, as it was at its newest checkpoint; returns it and what it holds.

        Args:
            images: whether its images travel as well.
            checkpoint: whether it can continue elsewhere.
        Raises:
            RequestError: if there is no such run, it has saved nothing yet, or a page could not open the file.
            TrainingError: if the disk is full.
        """
        from icgan_demo.service.training.project_export import export_project  # here: it brings torch

        record = self._queue.record(run_id)
        slug = slug_of(record.request.title)
        target = folder / f".{slug}-{secret_name()}"
        exported = export_project(
            self._queue.files(run_id).folder,
            target,
            record.request,
            self._images_of(record) if images else None,
            with_checkpoint=checkpoint,
            most_bytes=self._limits.project_bytes,
        )
        target = target.replace(folder / f"{slug}-step-{exported.step}{ENDING}")
        for older in set(folder.glob(f"*{ENDING}")) - {target}:
            older.unlink(missing_ok=True)  # one is kept, for an hour
        logger.info("run %s: exported at step %d, %d bytes", run_id[:8], exported.step, exported.size)
        return target, exported

    def open(self, file: Path) -> str:
        """Return the id of a new run made of a project file; its model and its images are here as well.

        Everything is checked in the folder of a training set that does not exist yet, and then appears at once.

        Raises:
            ArchiveError, WeightsError, EncoderError, RequestError: if the file cannot be used; nothing is left of it.
            RequestError: on a public page, whose limits on runs and models such a file would bring its own way around.
            TrainingError: if the disk is full.
        """
        if self._limits.is_public:
            raise RequestError(NOT_HERE)
        if shutil.disk_usage(self._queue.folder).free < self._limits.free_disk_bytes + 2 * file.stat().st_size:
            raise TrainingError(FULL)
        set_id = secret_name()
        root = self._sets.new_folder(set_id)
        try:
            record = self._unpacked(file, set_id, root)
            with self._queue.exclusive():
                self._queue.adopt(record, root / JOB)
        except OSError as error:
            shutil.rmtree(root, ignore_errors=True)
            raise TrainingError(FULL) from error
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
        if not record.pictures:
            shutil.rmtree(root, ignore_errors=True)
        self._queue.wake()
        logger.info("run %s: opened from a project file", record.run_id[:8])
        return record.run_id

    def _unpacked(self, file: Path, set_id: str, root: Path) -> JobRecord:
        """Unpack a project below ``root``, and return the record of its run."""
        from icgan_demo.service.training.project_opening import opened_project  # here: it brings torch

        limits = self._limits
        with opened_project(file, limits_of_page(limits)) as packed:
            record = new_record(set_id, packed.project.request, 0, is_secret=False)
            run = packed.unpack_run(root / JOB / RUN_FOLDER, record.name)
            hashes = self._keep_images(set_id, packed)
        lacks = run.lacks(hashes, [*model_folders(), self._queue.models])
        return record.with_(phase=Phase.STARTED, wish=Wish.STOP, pictures=len(hashes), lacks=lacks)

    def _images_of(self, record: JobRecord) -> list[tuple[ProjectImage, Path]]:
        try:
            found = self._sets.get(record.set_id)
        except RequestError as error:
            raise RequestError(GONE) from error
        places = replace(found, pictures=found.pictures[: record.pictures]).places
        return [
            (ProjectImage(place, one.label, one.name, one.is_frame), self._sets.picture(found.set_id, one))
            for place, one in places.items()
        ]

    def _keep_images(self, set_id: str, packed: "PackedProject") -> dict[str, str]:
        """Make a training set of a project's images; returns the hashes of their files by their places in it."""
        if packed.project.images is None:
            return {}
        found = self._sets.restore(set_id, self._checked(packed))
        files = {place: self._sets.picture(set_id, one) for place, one in found.places.items()}
        return {place: hashlib.sha256(file.read_bytes()).hexdigest() for place, file in files.items()}

    def _checked(self, packed: "PackedProject") -> Iterator[tuple[Candidate, int, bytes]]:
        """Yield a project's images as they may be stored, each with the number of its file, 0 for a new one."""
        limits = PictureLimits(max_side=STORED_SIDE)
        for image, content in packed.images(limits):
            name, label = one_line(image.name), clean_label(image.label)
            try:
                stored, picture = stored_png(content, limits)
            except ImageError as error:
                yield Candidate(name, label, None, str(error)), 0, b""
                continue
            numbered = re.fullmatch(r"(\d{6})\.png", image.path.rpartition("/")[2], re.ASCII)
            yield Candidate(name, label, picture, is_frame=image.is_frame), int(numbered[1]) if numbered else 0, stored
