"""Plain image folders as memory-mapped uint8 arrays: scan, leave out doubles and broken files, decode once, cache."""

import hashlib
import json
import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from icgan_demo.errors import ImageError, TrainingError
from icgan_demo.guards.picture import read_picture
from icgan_demo.pixels import crop_to_square

logger = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})


@dataclass(frozen=True)
class ImageSet:
    """Pictures of one size with optional labels."""

    pixels: np.ndarray
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
    """SHA-256 of every picture file by its relative path, the left out ones included."""
    key: str = ""
    """Names the decoded copy in the cache."""

    def __len__(self) -> int:
        return len(self.paths)

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
    """Return the pictures under ``folder`` as squares of ``side`` px, decoded once and then memory-mapped.

    Labels are the names of the folders that hold the pictures, at any depth; pictures directly in ``folder`` make
    the set unlabelled. The cache is keyed by names, sizes and times of the files, so a changed folder is decoded anew.

    Args:
        drop_duplicates: whether of files with the same bytes, or the same pixels, only the first by name counts.
        tell: called after each picture.
    Raises:
        TrainingError: if the folder does not exist or holds no usable picture.
    """
    if not folder.is_dir():
        raise TrainingError(f"There is no folder named {folder.name!r}. Give a folder that holds pictures.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise TrainingError(f"The folder {folder.name!r} holds no JPEG, PNG, WebP, GIF or BMP picture.")
    names = [path.relative_to(folder).as_posix() for path in files]
    key = _fingerprint(files, names, side, drop_duplicates)
    if not (cache_dir / f"{key}.json").exists():
        _decode(files, names, side, cache_dir / key, drop_duplicates, tell)
    return open_decoded(cache_dir, key)


def open_decoded(cache_dir: Path, key: str) -> ImageSet:
    """Return the pictures that were decoded as ``key``; raises TrainingError if they are not in the cache."""
    try:
        listing = json.loads((cache_dir / f"{key}.json").read_text())
        pixels = np.load(cache_dir / f"{key}.npy", mmap_mode="r")
    except (OSError, ValueError) as error:
        raise TrainingError("The decoded copy of the pictures is gone. Start a new run.") from error
    kept = tuple(listing["kept"])
    labels, class_names = label_by_folder(kept)
    skipped, duplicates = (tuple((first, second) for first, second in listing[part]) for part in _LEFT_OUT)
    return ImageSet(pixels, labels, class_names, kept, skipped, duplicates, listing["hashes"], key)


_LEFT_OUT = ("skipped", "duplicates")


def label_by_folder(names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return int64 labels and sorted class names from relative paths such as ``Fruit/Apple/Red/1.jpg``.

    A class is named after the folder that holds its pictures; where two folders share that name, by its whole path.
    """
    parents = [name.rpartition("/")[0] for name in names]
    if "" in parents:
        return np.full(len(names), -1, dtype=np.int64), ()
    folders = set(parents)
    leaves = [folder.rpartition("/")[2] for folder in folders]
    shown = {folder: leaf if leaves.count(leaf) == 1 else folder for folder, leaf in zip(folders, leaves, strict=True)}
    class_names = tuple(sorted({_readable(name) for name in shown.values()}))  # folders that read alike are one class
    row = {name: index for index, name in enumerate(class_names)}
    return np.array([row[_readable(shown[parent])] for parent in parents], dtype=np.int64), class_names


def _readable(name: str) -> str:
    return name.replace("-", " ").replace("_", " ")


def _fingerprint(files: Sequence[Path], names: Sequence[str], side: int, drop_duplicates: bool) -> str:
    digest = hashlib.sha256(f"squares of {side}, doubles {'out' if drop_duplicates else 'in'}".encode())
    for path, name in zip(files, names, strict=True):
        stat = path.stat()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:24]


def _decode(
    files: Sequence[Path],
    names: Sequence[str],
    side: int,
    target: Path,
    drop_duplicates: bool,
    tell: Callable[[], None],
) -> None:
    """Write the decoded squares and then the listing, which publishes them: no listing, no cache."""
    target.parent.mkdir(parents=True, exist_ok=True)
    logger.info("decoding %d pictures to %d px", len(files), side)
    rows: list[np.ndarray] = []
    kept: list[str] = []
    skipped: list[tuple[str, str]] = []
    duplicates: list[tuple[str, str]] = []
    hashes: dict[str, str] = {}
    seen: dict[str, str] = {}  # hash of bytes or of pixels -> first file that had it
    for path, name in zip(files, names, strict=True):
        tell()
        try:
            hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            picture = read_picture(path).picture
        except (ImageError, OSError) as error:
            reason = str(error) if isinstance(error, ImageError) else "The file could not be read."
            skipped.append((name, reason))
            logger.warning("skipped %r: %s", name, reason)
            continue
        marks = (hashes[name], _pixel_hash(picture))
        first = next((seen[mark] for mark in marks if mark in seen), None)
        if first is not None and drop_duplicates:
            duplicates.append((name, first))
            continue
        for mark in marks:
            seen.setdefault(mark, name)
        rows.append(np.asarray(crop_to_square(picture, side)))
        kept.append(name)
    if not rows:
        raise TrainingError(f"None of the {len(files)} pictures can be used; the first: {skipped[0][1]}")
    scratch = target.with_suffix(f".{os.getpid()}.tmp")
    with scratch.open("wb") as stream:
        np.save(stream, np.stack(rows))
    scratch.replace(target.with_suffix(".npy"))
    listing = {"kept": kept, "skipped": skipped, "duplicates": duplicates, "hashes": hashes}
    scratch.write_text(json.dumps(listing))
    scratch.replace(target.with_suffix(".json"))


def _pixel_hash(picture: Image.Image) -> str:
    return hashlib.sha256(f"{picture.size}".encode() + picture.tobytes()).hexdigest()
