"""Folders and zips of pictures as memory-mapped arrays: leave out doubles and broken files, decode once, cache."""

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from icgan_demo.atomic_files import atomic_write, write_json
from icgan_demo.errors import TrainingError
from icgan_demo.guards.archive import ArchiveLimits, read_archive
from icgan_demo.guards.candidate import Candidate, nothing_usable, pixel_digest, read_candidate
from icgan_demo.guards.dataset_json import FILE as DATASET_JSON
from icgan_demo.guards.dataset_json import MAX_BYTES as MAX_DATASET_JSON
from icgan_demo.guards.dataset_json import read_dataset_labels
from icgan_demo.guards.file_names import PICTURE_SUFFIXES
from icgan_demo.guards.labels import are_classes, labels_of
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.pixels import crop_to_square

logger = logging.getLogger(__name__)

STRAY = "It is outside the class folders."
ZIP_LIMITS = ArchiveLimits(members=100_000, total_bytes=20_000_000_000, directory_bytes=50_000_000, seconds=24 * 3600.0)
"""Of a zip on the command line, which is the user's own; a page's visitors have ``Limits``."""


class SomeRows:
    """Some rows of an array, read only when they are asked for: a memory map stays one."""

    def __init__(self, array: "np.ndarray | SomeRows", rows: np.ndarray) -> None:
        self._array, self._rows = array, rows

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array of these rows alone."""
        return (len(self._rows), *self._array.shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, key: Any) -> np.ndarray:
        return self._array[self._rows[key]]


@dataclass(frozen=True)
class ImageSet:
    """Pictures of one size with optional labels."""

    pixels: np.ndarray | SomeRows
    """uint8, shape (N, side, side, 3); usually a read-only memory map."""
    labels: np.ndarray
    """int64, shape (N,); all -1 when the folder has no class folders."""
    class_names: tuple[str, ...]
    """One name per label, sorted; empty without class folders."""
    paths: tuple[str, ...]
    """Path of each picture relative to the folder, in the order of the rows."""
    skipped: tuple[tuple[str, str], ...] = ()
    """(relative path, reason) of files that look like pictures but cannot be used."""
    duplicates: tuple[tuple[str, str], ...] = ()
    """(relative path, path of the picture it repeats) of files left out as doubles."""
    hashes: dict[str, str] = field(default_factory=dict)
    """SHA-256 of every picture file (in a zip: of its pixels) by its relative path, the left out ones included."""
    key: str = ""
    """Names the decoded copy in the cache."""

    def __len__(self) -> int:
        return len(self.paths)

    def only(self, rows: np.ndarray) -> "ImageSet":
        """Return some of the pictures, int64 rows (M,), with the same class names; the rest of it stays as it is."""
        paths = tuple(self.paths[row] for row in rows.tolist())
        return replace(self, pixels=SomeRows(self.pixels, rows), labels=self.labels[rows], paths=paths, key="")

    def summary(self) -> dict[str, Any]:
        """Return what was understood, as JSON values: counts of pictures, classes and doubles, skipped files."""
        counts = Counter(self.labels.tolist())
        return {
            "pictures": len(self),
            "classes": [{"name": name, "count": counts[row]} for row, name in enumerate(self.class_names)],
            "duplicates": len(self.duplicates),
            "duplicate_files": [list(pair) for pair in self.duplicates],
            "skipped": [list(pair) for pair in self.skipped],
        }


def load_image_folder(
    folder: Path,
    side: int,
    cache_dir: Path,
    *,
    drop_duplicates: bool = False,
    tell: Callable[[], None] = lambda: None,
) -> ImageSet:
    """Return the pictures under ``folder``, or in a zip, as squares of ``side`` px, decoded once, then memory-mapped.

    Labels are the names of the folders that hold the pictures, at any depth, or those that a ``dataset.json`` gives.
    A few pictures outside the class folders are skipped; where they are the most, the set has no classes. The cache is
    keyed by names, sizes and times of the files, or by the bytes of the zip, so changed pictures are decoded again.

    Args:
        drop_duplicates: whether of files with the same bytes, or the same pixels, only the first by name counts.
        tell: called after each picture.
    Raises:
        TrainingError: if the folder does not exist or holds no usable picture.
        ArchiveError: if the zip is damaged or not to be trusted.
    """
    doubles = "out" if drop_duplicates else "in"
    if folder.is_file():
        key = hashlib.sha256(f"{sha256_of(folder)}, squares of {side}, doubles {doubles}".encode()).hexdigest()[:24]
        found = _in_zip(folder)
    else:
        files = _files_under(folder)
        names = [path.relative_to(folder).as_posix() for path in files]
        declared = declared_labels(folder)
        form = f"squares of {side}, doubles {doubles}" + ("" if declared is None else f", labels {declared}")
        key = _fingerprint(files, names, form)
        labels = labels_of(names) if declared is None else [declared.get(name, "") for name in names]
        found = map(_read, files, names, labels)
    if not (cache_dir / f"{key}.json").exists():
        _decode(found, side, cache_dir / key, drop_duplicates, tell)
    return open_decoded(cache_dir, key)


def open_decoded(cache_dir: Path, key: str) -> ImageSet:
    """Return the pictures that were decoded as ``key``; raises TrainingError if they are not in the cache."""
    try:
        listing = json.loads((cache_dir / f"{key}.json").read_text())
        pixels = np.load(cache_dir / f"{key}.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise TrainingError("The decoded copy of the images is gone. Start a new run.") from error
    kept = tuple(listing["kept"])
    labels, class_names = _rows(listing["labels"] if "labels" in listing else labels_of(kept))
    skipped, duplicates = (tuple((first, second) for first, second in listing[part]) for part in _LEFT_OUT)
    return ImageSet(pixels, labels, class_names, kept, skipped, duplicates, listing["hashes"], key)


_LEFT_OUT = ("skipped", "duplicates")


def label_by_folder(names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return int64 labels and sorted class names from relative paths such as ``Fruit/Apple/Red/1.jpg``.

    Pictures outside the class folders are labelled -1; where they are the most, all are.
    """
    return _rows(labels_of(names))


def _rows(labels: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    if not are_classes(labels):
        return np.full(len(labels), -1, dtype=np.int64), ()
    class_names = tuple(sorted(set(labels) - {""}))
    row = {name: index for index, name in enumerate(class_names)}
    return np.array([row.get(label, -1) for label in labels], dtype=np.int64), class_names


_Found = tuple[Candidate, str]
"""A picture, and the hash of its file (in a zip: of its pixels), empty if it could not be read."""


def pictures_under(folder: Path) -> list[Path]:
    """Return the picture files below a folder at any depth, in order; see ``files_under``."""
    return [path for path in files_under(folder) if path.suffix.lower() in PICTURE_SUFFIXES]


def files_under(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yield files at any depth by name; links to folders count as folders, but for those that lead back.

    Of the names, only those of the folders on the way are in memory. Folders that cannot be read are passed over.
    """
    here = folder.resolve()
    try:
        names = [] if here in above else sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = folder / name
        if path.is_dir():
            yield from files_under(path, above | {here})
        elif path.is_file():
            yield path


def _files_under(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise TrainingError(f"There is no folder named {folder.name!r}. Give a folder that holds images.")
    files = pictures_under(folder)
    if not files:
        raise TrainingError(f"The folder {folder.name!r} holds no JPEG, PNG, WebP, GIF or BMP image.")
    return files


def declared_labels(folder: Path) -> dict[str, str] | None:
    """Return the classes that a ``dataset.json`` in the folder gives, None where there is none that can be read."""
    try:
        with (folder / DATASET_JSON).open("rb") as stream:
            return read_dataset_labels(stream.read(MAX_DATASET_JSON + 1))
    except OSError:
        return None


def _read(path: Path, name: str, label: str) -> _Found:
    try:
        content = path.read_bytes()
    except OSError:
        return Candidate(name, label, None, "The file could not be read."), ""
    return read_candidate(name, label, content), hashlib.sha256(content).hexdigest()


def _in_zip(path: Path) -> Iterator[_Found]:
    for member in read_archive(path, ZIP_LIMITS):
        yield member, "" if member.picture is None else pixel_digest(member.picture)


def _fingerprint(files: Sequence[Path], names: Sequence[str], form: str) -> str:
    digest = hashlib.sha256(form.encode())
    for path, name in zip(files, names, strict=True):
        stat = path.stat()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:24]


def _decode(
    pictures: Iterable[_Found], side: int, target: Path, drop_duplicates: bool, tell: Callable[[], None]
) -> None:
    """Write the decoded squares and then the listing, which publishes them: no listing, no cache."""
    logger.info("decoding pictures to %d px", side)
    rows: list[np.ndarray] = []
    kept: list[str] = []
    labels: list[str] = []
    skipped: list[tuple[str, str]] = []
    duplicates: list[tuple[str, str]] = []
    hashes: dict[str, str] = {}
    seen: dict[str, str] = {}  # hash of bytes or of pixels -> first file that had it
    for found, digest in pictures:
        tell()
        if digest:
            hashes[found.name] = digest
        if found.picture is None:
            skipped.append((found.name, found.reason))
            logger.warning("skipped %r: %s", found.name, found.reason)
            continue
        marks = (digest, pixel_digest(found.picture))
        first = next((seen[mark] for mark in marks if mark in seen), None)
        if first is not None and drop_duplicates:
            duplicates.append((found.name, first))
            continue
        for mark in marks:
            seen.setdefault(mark, found.name)
        rows.append(np.asarray(crop_to_square(found.picture, side)))
        kept.append(found.name)
        labels.append(found.label)
    if are_classes(labels):
        skipped += [(name, STRAY) for name, label in zip(kept, labels, strict=True) if not label]
        rows = [row for row, label in zip(rows, labels, strict=True) if label]
        kept = [name for name, label in zip(kept, labels, strict=True) if label]
        labels = [label for label in labels if label]
    if not rows:
        raise TrainingError(nothing_usable(skipped))
    with atomic_write(target.with_suffix(".npy"), durable=True) as scratch, scratch.open("wb") as stream:
        np.save(stream, np.stack(rows))
    listing = {"kept": kept, "labels": labels, "skipped": skipped, "duplicates": duplicates, "hashes": hashes}
    write_json(listing, target.with_suffix(".json"))
