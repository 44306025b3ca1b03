"""Training sets of visitors: pictures from zips, uploads and cameras, or drawn here, re-encoded under numbered names.

A set lives under a random id as ``set.json`` and ``pictures/``, with a folder for each class where every picture has
one. It changes only by replacing ``set.json``: a refused upload leaves nothing behind. Each class is a box that takes
pictures; a named box may still be empty.
"""

import json
import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from icgan_demo.atomic_files import atomic_write, link, write_json
from icgan_demo.config import Limits
from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.archive import ArchiveLimits, is_archive, survey_archive
from icgan_demo.guards.candidate import Candidate, nothing_usable, pixel_digest, read_candidate
from icgan_demo.guards.labels import UNNAMED, are_classes, clean_label
from icgan_demo.guards.picture import PictureLimits
from icgan_demo.guards.video import is_video, read_video
from icgan_demo.secret_names import is_secret_name, secret_name
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.service.training.drawn_objects import draw_objects
from icgan_demo.service.training.looks import SAME_FRAME, differences, levels_of, look_of
from icgan_demo.service.training.project_file import refuse_project
from icgan_demo.service.uploads import check_uploads, read_uploads

logger = logging.getLogger(__name__)

STORED_SIDE = 512
"""Longest side of a stored picture, px; the largest model draws half of that."""
LISTED = 200
"""Skipped files that are listed by name."""
MAX_BOXES = 100
"""Classes that may be named by hand; a ZIP may bring more."""
FRAMES_AT_ONCE = 40
"""Frames of a camera that come together."""
LISTING = "set.json"
PICTURES = "pictures"
LOCKS = 16
"""Sets share so many locks by their number: one visitor's long upload holds up few others."""
NOT_FOUND = "The images are no longer here. Please add them again."
NO_NAME = "Give the class a name of letters or digits."


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
    look: str = ""
    """What it looks like at a glance (``look_of``); empty in sets of earlier versions."""
    is_frame: bool = False
    """Whether it comes from a video or a camera: frames that look like one of their class are left out."""


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
    similar: int = 0
    """Frames left out because they look like another one of their class."""
    named: tuple[str, ...] = ()
    """Classes that the visitor named, with pictures or without, the first one first."""
    changes: int = 0
    """How often pictures were taken out or classes renamed: what was arranged before holds no longer."""
    numbered: int = 0
    """The highest number that a picture's file ever had; one that was taken out is not given again."""

    @property
    def boxes(self) -> dict[str, tuple[StoredPicture, ...]]:
        """The pictures of each class, empty ones included; the visitor's own order first, those of no class last."""
        labels = sorted({picture.label for picture in self.pictures} - set(self.named) - {""})
        held: dict[str, list[StoredPicture]] = {label: [] for label in (*self.named, *labels, "")}
        for picture in self.pictures:
            held[picture.label].append(picture)
        return {label: tuple(pictures) for label, pictures in held.items() if label or pictures}

    @property
    def classes(self) -> dict[str, int]:
        """Number of pictures of each class, sorted by name; empty where most pictures lie outside class folders."""
        if not are_classes(picture.label for picture in self.pictures):
            return {}
        return dict(sorted(Counter(picture.label for picture in self.pictures if picture.label).items()))

    @property
    def places(self) -> dict[str, StoredPicture]:
        """The pictures that a run learns from, by the paths at which it finds them, in folders of their classes."""
        classes = self.classes
        learned = [picture for picture in self.pictures if picture.label or not classes]
        return {f"{one.label}/{one.file}" if classes else one.file: one for one in learned}

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

    def add(
        self, set_id: str | None, files: Sequence[Path], encoding: str = "", label: str | None = None
    ) -> TrainingSet:
        """Return the set with the pictures of ``files`` (zips, pictures and videos, in any mix) added to it.

        Args:
            set_id: the set to extend, None for a new one.
            files: uploads; the part of their names after the last separator is shown.
            encoding: of names in zips that do not say it, a key of ``ENCODINGS``; empty to guess it.
            label: class of all of them; None for that of a zip's folders, and of each video its name.
        Raises:
            ArchiveError: if an archive is refused; the set is then as it was before.
            RequestError: if there is no such set, nothing was given, or the set would grow beyond its limits.
        """
        if not files:
            raise RequestError("Choose some images or a ZIP file first.")
        check_uploads(files, self._limits)
        refuse_project(files)
        label = None if label is None else _checked(label)
        surveys = [survey_archive(file, self._archive_limits, encoding) for file in files if is_archive(file)]
        candidates = self._read(files, encoding)
        if label is not None:
            candidates = (replace(candidate, label=label) for candidate in candidates)
        return self._extended(set_id, candidates, [note for one in surveys for note in one.notes])

    def add_frames(self, set_id: str | None, frames: Sequence[bytes], label: str) -> TrainingSet:
        """Return the set with a camera's frames added to a class, without those that look like one it holds.

        Args:
            set_id: the set to extend, None for a new one.
            frames: files of pictures, in the order they were taken.
            label: the class.
        Raises:
            ArchiveError, RequestError: as ``add``.
        """
        label, limits = _checked(label), PictureLimits(max_side=STORED_SIDE)
        taken = (read_candidate("camera", label, frame, limits) for frame in frames[:FRAMES_AT_ONCE])
        return self._extended(set_id, (replace(one, is_frame=True) for one in taken), [])

    def name(self, set_id: str | None, label: str) -> TrainingSet:
        """Return the set with a class of that name, still empty if it is new; ``set_id`` None for a new set.

        Raises:
            RequestError: if there is no such set, nothing is left of the name, or there are too many classes.
        """
        label = _checked(label)
        if set_id is None:
            found = TrainingSet(secret_name(), named=(label,))
            (self._path(found.set_id) / PICTURES).mkdir(parents=True)
            _write_listing(self._path(found.set_id), found)
            return found

        def named(found: TrainingSet) -> TrainingSet:
            if label not in found.boxes and len(found.boxes) >= MAX_BOXES:
                raise RequestError(f"Too many classes: the limit is {MAX_BOXES}.")
            return found if label in found.boxes else replace(found, named=(*found.named, label))

        return self._changed(set_id, named)

    def rename(self, set_id: str, label: str, new: str) -> TrainingSet:
        """Return the set with another name for a class, empty for the pictures of none; two of one name become one.

        Raises:
            RequestError: if there is no such set, or nothing is left of the name.
        """
        new = _checked(new)

        def renamed(found: TrainingSet) -> TrainingSet:
            pictures = tuple(replace(one, label=new) if one.label == label else one for one in found.pictures)
            named = tuple(dict.fromkeys(new if one == label else one for one in found.named))
            return replace(found, pictures=pictures, named=named, changes=found.changes + 1)

        return self._changed(set_id, renamed)

    def remove(self, set_id: str, file: str) -> TrainingSet:
        """Return the set without a picture, named by its file; nothing happens where it is gone already."""
        return self._without(set_id, lambda picture: picture.file == file)

    def remove_class(self, set_id: str, label: str) -> TrainingSet:
        """Return the set without a class and its pictures; empty for those of no class."""
        found = self._without(set_id, lambda picture: picture.label == label)
        if label not in found.named:
            return found
        return self._changed(
            set_id, lambda before: replace(before, named=tuple(one for one in before.named if one != label))
        )

    def copy(self, set_id: str) -> TrainingSet:
        """Return a further set of the same pictures, which may change while a run needs the first one."""
        found = replace(self.get(set_id), set_id=secret_name())
        root = self._path(found.set_id)
        (root / PICTURES).mkdir(parents=True)
        for picture in found.pictures:
            link(self._path(set_id) / PICTURES / picture.file, root / PICTURES / picture.file)
        _write_listing(root, found)
        return found

    def new_folder(self, set_id: str) -> Path:
        """Make the folder of a set that is yet to come; ``sweep`` removes it if nothing comes of it."""
        folder = self._path(set_id)
        folder.mkdir(parents=True)
        return folder

    def restore(self, set_id: str, files: Iterable[tuple[Candidate, int, bytes]]) -> TrainingSet:
        """Return a new set in the folder of that id, of pictures that come with the files that they are stored as.

        Args:
            set_id: of ``new_folder``.
            files: pictures, each with the number of its file, 0 for the next one, and the content, a PNG.
        Raises:
            ArchiveError, RequestError: as ``add``.
        """
        root = self._path(set_id)
        adding = _Adding(TrainingSet(set_id), root / PICTURES, self._limits)
        for candidate, number, content in files:
            adding.take(candidate, number, content)
        found = adding.result(())
        _write_listing(root, found)
        return found

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
            values.get("similar", 0),  # this and what follows: not in sets of earlier versions
            tuple(values.get("named", ())),
            values.get("changes", 0),
            values.get("numbered", len(values["pictures"])),
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

    def learned(self, set_id: str, count: int | None = None) -> list[Path]:
        """Return the files of the pictures that a run on the first ``count`` ones learns from."""
        found = self.get(set_id)
        taken = replace(found, pictures=found.pictures[:count])
        return [self.picture(set_id, picture) for picture in taken.pictures if picture not in taken.strays]

    def candidates(self, set_id: str) -> Iterator[SourcePicture]:
        """Yield the pictures with their classes, in the order of the set, one in memory at a time."""
        for picture in self.get(set_id).pictures:
            file = self.picture(set_id, picture)
            yield SourcePicture.of_class(read_candidate(picture.name, picture.label, file))

    def picture(self, set_id: str, picture: StoredPicture) -> Path:
        """Return the file of one picture."""
        return self._path(set_id) / PICTURES / picture.file

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
            with suppress(FileNotFoundError):  # a project that was refused goes meanwhile
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

    def _read(self, files: Sequence[Path], encoding: str = "") -> Iterator[Candidate]:
        limits = PictureLimits(max_side=STORED_SIDE)
        videos = [file for file in files if is_video(file)]
        yield from read_uploads([file for file in files if file not in videos], self._archive_limits, limits, encoding)
        for video in videos:
            yield from read_video(video, clean_label(video.stem) or UNNAMED, limits)

    def _without(self, set_id: str, is_gone: Callable[[StoredPicture], bool]) -> TrainingSet:
        gone: list[StoredPicture] = []

        def removed(found: TrainingSet) -> TrainingSet:
            gone.extend(filter(is_gone, found.pictures))
            kept = tuple(picture for picture in found.pictures if not is_gone(picture))
            return replace(found, pictures=kept, changes=found.changes + bool(gone))

        found = self._changed(set_id, removed)
        for picture in gone:
            (self._path(set_id) / PICTURES / picture.file).unlink(missing_ok=True)
        return found

    def _changed(self, set_id: str, change: Callable[[TrainingSet], TrainingSet]) -> TrainingSet:
        root = self._path(set_id)
        with self._locks[int(root.name, 16) % LOCKS]:
            before = self.get(set_id)
            after = change(before)
            if after != before:
                _write_listing(root, after)
        return after

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
        change = f"-{found.changes}" if found.changes else ""
        folder = self._path(found.set_id) / f"by-class-{len(found.pictures)}{change}"
        if not folder.exists():
            with atomic_write(folder) as scratch:
                for place, picture in found.places.items():
                    target = scratch / place
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
        self._number = before.numbered
        self._frames: dict[str, list[np.ndarray]] = {}
        """What the frames of each class look like."""
        for picture in before.pictures:
            if picture.is_frame:
                self._frames.setdefault(picture.label, []).append(levels_of([picture.look]))
        self._new: list[StoredPicture] = []
        self._similar = 0
        self._skipped: list[tuple[str, str]] = []
        self._duplicates = 0
        self._bytes = sum(path.stat().st_size for path in folder.iterdir())

    def take(self, candidate: Candidate, number: int = 0, content: bytes = b"") -> None:
        """Store one picture, or count why not.

        Args:
            number: of its file, if it comes with one; higher than those before.
            content: of that file.
        """
        if candidate.picture is None:
            self._skipped.append((candidate.name, candidate.reason))
            return
        digest = pixel_digest(candidate.picture)
        look = look_of(candidate.picture)
        if candidate.is_frame and not content and not self._is_new_frame(candidate.label, levels_of([look])):
            self._similar += 1
            return
        if digest in self._digests:
            self._duplicates += 1
            return
        if len(self._before.pictures) + len(self._new) >= self._limits.pictures:
            raise RequestError(f"Too many images: the limit is {self._limits.pictures:,}.")
        self._number = max(self._number + 1, number)
        path = self._folder / f"{self._number:06d}.png"
        if content:
            path.write_bytes(content)
        else:
            candidate.picture.save(path, "PNG", compress_level=1)
        self._digests.add(digest)
        self._new.append(
            StoredPicture(path.name, candidate.label, digest, candidate.name[:200], look, candidate.is_frame)
        )
        self._bytes += path.stat().st_size
        if self._bytes > self._limits.set_bytes:
            raise RequestError(f"The images take more than {self._limits.set_bytes // 1_000_000} MB. Use fewer.")

    def result(self, notes: Sequence[str]) -> TrainingSet:
        """Return the extended set."""
        before = self._before
        if not (self._new or self._duplicates or self._similar or before.pictures):
            raise ArchiveError(nothing_usable(self._skipped))
        return replace(
            before,
            pictures=before.pictures + tuple(self._new),
            duplicates=before.duplicates + self._duplicates,
            skipped=(before.skipped + tuple(self._skipped))[:LISTED],
            notes=tuple(dict.fromkeys(before.notes + tuple(notes))),
            similar=before.similar + self._similar,
            numbered=self._number,
        )

    def _is_new_frame(self, label: str, levels: np.ndarray) -> bool:
        """Return whether a frame looks like none of its class so far; a new one counts from then on."""
        known = self._frames.setdefault(label, [])
        if known and differences(levels, np.concatenate(known)).min() < SAME_FRAME:
            return False
        known.append(levels)
        return True

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
        "similar": found.similar,
        "named": found.named,
        "changes": found.changes,
        "numbered": found.numbered,
    }
    write_json(values, root / LISTING)


def _checked(label: str) -> str:
    """Return the name of a class as it may be stored; raises RequestError if nothing is left of it."""
    if not (cleaned := clean_label(label)):
        raise RequestError(NO_NAME)
    return cleaned
