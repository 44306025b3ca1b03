"""Training sets of visitors: pictures from zips, from uploads or drawn here, re-encoded under numbered names.

A set lives under a random id as ``set.json`` and ``pictures/``, with a folder for each class where every picture has
one. It changes only by replacing ``set.json``: a refused upload leaves nothing behind.
"""

import json
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from icgan_demo.aside import link, write_json, written_aside
from icgan_demo.config import Limits
from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.archive import ArchiveLimits, ArchiveSurvey, is_archive, survey_archive
from icgan_demo.guards.candidate import Candidate, nothing_usable, pixel_digest
from icgan_demo.guards.labels import are_classes
from icgan_demo.guards.picture import PictureLimits
from icgan_demo.secret_names import is_secret_name, secret_name
from icgan_demo.service.training.drawn_objects import draw_objects
from icgan_demo.service.uploads import read_uploads

logger = logging.getLogger(__name__)

STORED_SIDE = 512
"""Longest side of a stored picture, px; the largest model draws half of that."""
LISTED = 200
"""Skipped files that are listed by name."""
LISTING = "set.json"
PICTURES = "pictures"
LOCKS = 16
"""Sets share so many locks by their number: one visitor's long upload holds up few others."""
NOT_FOUND = "The images are no longer here. Please add them again."


@dataclass(frozen=True)
class StoredPicture:
    """One picture of a set."""

    file: str
    """Name of its file, for example ``000001.png``."""
    label: str
    """Class, empty for none."""
    digest: str
    """Hash of its pixels: equal ones are duplicates."""
    name: str
    """What the visitor called it."""


@dataclass(frozen=True)
class TrainingSet:
    """What is known of a set."""

    set_id: str
    pictures: tuple[StoredPicture, ...] = ()
    duplicates: int = 0
    """Pictures left out because another one has the same pixels."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(name, reason) of files that cannot be used."""
    notes: tuple[str, ...] = ()
    """Sentences for the visitor, such as that a folder is empty."""
    is_built_in: bool = False

    @property
    def classes(self) -> dict[str, int]:
        """Number of pictures of each class, sorted by name; empty where most pictures lie outside class folders."""
        if not are_classes(picture.label for picture in self.pictures):
            return {}
        return dict(sorted(Counter(picture.label for picture in self.pictures if picture.label).items()))

    @property
    def strays(self) -> tuple[StoredPicture, ...]:
        """Pictures outside the classes; a run leaves them out."""
        return tuple(picture for picture in self.pictures if not picture.label) if self.classes else ()

    @property
    def loses_folders(self) -> bool:
        """Whether some pictures lie in folders that do not count as classes."""
        return not self.classes and any(picture.label for picture in self.pictures)


class TrainingSets:
    """Makes, extends and forgets training sets below one folder."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self._folder = folder
        self._limits = limits
        self._locks = tuple(threading.Lock() for _ in range(LOCKS))
        """One is held while a set changes, so that two uploads at once do not lose each other's pictures."""

    def add(self, set_id: str | None, files: Sequence[Path], encoding: str = "") -> TrainingSet:
        """Return the set with the pictures of ``files`` (zips and pictures, in any mix) added to it.

        Args:
            set_id: the set to extend, None for a new one.
            files: uploads; the part of their names after the last separator is shown.
            encoding: of names in zips that do not say it, a key of ``ENCODINGS``; empty to guess it.
        Raises:
            ArchiveError: if an archive is refused; the set is then as it was before.
            RequestError: if there is no such set, nothing was given, or the set would grow beyond its limits.
        """
        if not files:
            raise RequestError("Choose some images or a ZIP file first.")
        notes = [note for file in files if is_archive(file) for note in self._survey(file, encoding).notes]
        return self._extended(set_id, self._read(files, encoding), notes)

    def built_in(self) -> TrainingSet:
        """Return a new set of pictures that the project draws itself, always the same."""
        drawn = (Candidate(f"{label} {number}", label, picture) for label, number, picture in draw_objects())
        return self._extended(None, drawn, [], is_built_in=True)

    def get(self, set_id: str) -> TrainingSet:
        """Return a set; raises RequestError if there is none of that id."""
        try:
            values = json.loads((self._path(set_id) / LISTING).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RequestError(NOT_FOUND) from error
        return TrainingSet(
            set_id,
            tuple(StoredPicture(**picture) for picture in values["pictures"]),
            values["duplicates"],
            tuple((name, reason) for name, reason in values["skipped"]),
            tuple(values["notes"]),
            values["is_built_in"],
        )

    def folder(self, set_id: str, count: int | None = None) -> Path:
        """Return the folder to train on, arranged by class where every picture has one.

        Args:
            count: how many pictures it holds, the first ones; None for all.
        """
        found = self.get(set_id)
        return self._arranged(replace(found, pictures=found.pictures[:count]))

    def files(self, set_id: str) -> list[Path]:
        """Return the pictures' files in the order of the set."""
        root = self._path(set_id) / PICTURES
        return [root / picture.file for picture in self.get(set_id).pictures]

    def check_size(self, found: TrainingSet) -> None:
        """Raise RequestError if a set is too small to learn from."""
        count, least = len(found.pictures) - len(found.strays), self._limits.min_pictures
        if count < least:
            more = f" ({found.duplicates} duplicates)" if found.duplicates else ""
            raise RequestError(f"Need at least {least} different images; found {count}{more}.")

    def delete(self, set_id: str) -> None:
        """Remove a set, if it is there."""
        shutil.rmtree(self._path(set_id), ignore_errors=True)

    def sweep(self, keep: Iterable[str], older_than_s: float) -> None:
        """Remove the sets that have not changed for so long, except those of the ids in ``keep``."""
        kept, oldest = set(keep), time.time() - older_than_s
        for folder in self._folder.glob("*"):
            if folder.name not in kept and folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)

    # --- pieces ---

    def _path(self, set_id: str) -> Path:
        if not is_secret_name(set_id):
            raise RequestError(NOT_FOUND)
        return self._folder / set_id

    @property
    def _archive_limits(self) -> ArchiveLimits:
        limits = self._limits
        return ArchiveLimits(members=limits.archive_members, total_bytes=limits.archive_bytes, seconds=limits.reading_s)

    def _survey(self, file: Path, encoding: str) -> ArchiveSurvey:
        return survey_archive(file, self._archive_limits, encoding)

    def _read(self, files: Sequence[Path], encoding: str = "") -> Iterator[Candidate]:
        return read_uploads(files, self._archive_limits, PictureLimits(max_side=STORED_SIDE), encoding)

    def _extended(
        self, set_id: str | None, candidates: Iterable[Candidate], notes: Sequence[str], *, is_built_in: bool = False
    ) -> TrainingSet:
        root = self._path(secret_name() if set_id is None else set_id)
        with self._locks[int(root.name, 16) % LOCKS]:
            before = TrainingSet(root.name, is_built_in=is_built_in) if set_id is None else self.get(root.name)
            adding = _Adding(before, root / PICTURES, self._limits)
            try:
                for candidate in candidates:
                    adding.take(candidate)
                after = adding.result(notes)
                _write_listing(root, after)
            except BaseException:
                adding.undo()
                if set_id is None:
                    shutil.rmtree(root, ignore_errors=True)
                raise
        logger.info("training set: %d pictures, %d skipped", len(after.pictures), len(after.skipped))
        return after

    def _arranged(self, found: TrainingSet) -> Path:
        """Return a folder of links to the pictures, in class folders where they have classes."""
        folder = self._path(found.set_id) / f"by-class-{len(found.pictures)}"
        classes = found.classes
        if not folder.exists():
            with written_aside(folder) as scratch:
                for picture in found.pictures:
                    if classes and not picture.label:
                        continue  # a stray
                    target = scratch / picture.label / picture.file if classes else scratch / picture.file
                    target.parent.mkdir(parents=True, exist_ok=True)
                    link(self._path(found.set_id) / PICTURES / picture.file, target)
        return folder


class _Adding:
    """Pictures on their way into a set; nothing counts before ``set.json`` has been replaced."""

    def __init__(self, before: TrainingSet, folder: Path, limits: Limits) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._before = before
        self._folder = folder
        self._limits = limits
        self._digests = {picture.digest for picture in before.pictures}
        self._new: list[StoredPicture] = []
        self._skipped: list[tuple[str, str]] = []
        self._duplicates = 0
        self._bytes = sum(path.stat().st_size for path in folder.iterdir())

    def take(self, candidate: Candidate) -> None:
        """Store one picture, or count why not."""
        if candidate.picture is None:
            self._skipped.append((candidate.name, candidate.reason))
            return
        digest = pixel_digest(candidate.picture)
        if digest in self._digests:
            self._duplicates += 1
            return
        number = len(self._before.pictures) + len(self._new) + 1
        if number > self._limits.pictures:
            raise RequestError(f"Too many images: the limit is {self._limits.pictures:,}.")
        path = self._folder / f"{number:06d}.png"
        candidate.picture.save(path, "PNG", compress_level=1)
        self._digests.add(digest)
        self._new.append(StoredPicture(path.name, candidate.label, digest, candidate.name[:200]))
        self._bytes += path.stat().st_size
        if self._bytes > self._limits.set_bytes:
            raise RequestError(f"The images take more than {self._limits.set_bytes // 1_000_000} MB. Use fewer.")

    def result(self, notes: Sequence[str]) -> TrainingSet:
        """Return the extended set."""
        before = self._before
        if not self._new and not self._duplicates and not before.pictures:
            raise ArchiveError(nothing_usable(self._skipped))
        return replace(
            before,
            pictures=before.pictures + tuple(self._new),
            duplicates=before.duplicates + self._duplicates,
            skipped=(before.skipped + tuple(self._skipped))[:LISTED],
            notes=tuple(dict.fromkeys(before.notes + tuple(notes))),
        )

    def undo(self) -> None:
        """Remove the pictures stored so far."""
        for picture in self._new:
            (self._folder / picture.file).unlink(missing_ok=True)


def _write_listing(root: Path, found: TrainingSet) -> None:
    values = {
        "pictures": [asdict(picture) for picture in found.pictures],
        "duplicates": found.duplicates,
        "skipped": found.skipped,
        "notes": found.notes,
        "is_built_in": found.is_built_in,
    }
    write_json(values, root / LISTING)
