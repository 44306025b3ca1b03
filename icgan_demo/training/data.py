"""Plain image folders as memory-mapped uint8 arrays: scan, decode once, cache."""

import hashlib
import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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

    def __len__(self) -> int:
        return len(self.paths)


def load_image_folder(folder: Path, side: int, cache_dir: Path) -> ImageSet:
    """Return the pictures under ``folder`` as squares of ``side`` px, decoded once and then memory-mapped.

    Labels are the names of the folders that hold the pictures, at any depth; pictures directly in ``folder`` make
    the set unlabelled. The cache is keyed by names, sizes and times of the files, so a changed folder is decoded anew.

    Raises:
        TrainingError: if the folder does not exist or holds no usable picture.
    """
    if not folder.is_dir():
        raise TrainingError(f"There is no folder named {folder.name!r}. Give a folder that holds pictures.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise TrainingError(f"The folder {folder.name!r} holds no JPEG, PNG, WebP, GIF or BMP picture.")
    names = [path.relative_to(folder).as_posix() for path in files]
    key = _fingerprint(files, names, side)
    array_path, list_path = cache_dir / f"{key}.npy", cache_dir / f"{key}.json"
    if not list_path.exists():
        _decode(files, names, side, array_path, list_path)
    listing = json.loads(list_path.read_text())
    kept = tuple(listing["kept"])
    labels, class_names = label_by_folder(kept)
    pixels = np.load(array_path, mmap_mode="r")
    return ImageSet(pixels, labels, class_names, kept, tuple((path, why) for path, why in listing["skipped"]))


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
    class_names = tuple(sorted(_readable(name) for name in shown.values()))
    row = {name: index for index, name in enumerate(class_names)}
    return np.array([row[_readable(shown[parent])] for parent in parents], dtype=np.int64), class_names


def _readable(name: str) -> str:
    return name.replace("-", " ").replace("_", " ")


def _fingerprint(files: Sequence[Path], names: Sequence[str], side: int) -> str:
    digest = hashlib.sha256(f"squares of {side}".encode())
    for path, name in zip(files, names, strict=True):
        stat = path.stat()
        digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:24]


def _decode(files: Sequence[Path], names: Sequence[str], side: int, array_path: Path, list_path: Path) -> None:
    """Write the decoded squares and then the listing, which publishes them: no listing, no cache."""
    array_path.parent.mkdir(parents=True, exist_ok=True)
    logger.info("decoding %d pictures to %d px", len(files), side)
    rows, kept, skipped = [], [], []
    for path, name in zip(files, names, strict=True):
        try:
            rows.append(np.asarray(crop_to_square(read_picture(path).picture, side)))
            kept.append(name)
        except ImageError as error:
            skipped.append((name, str(error)))
            logger.warning("skipped %r: %s", name, error)
    if not rows:
        raise TrainingError(f"None of the {len(files)} pictures can be used; the first: {skipped[0][1]}")
    scratch = array_path.with_suffix(f".{os.getpid()}.tmp")
    with scratch.open("wb") as stream:
        np.save(stream, np.stack(rows))
    scratch.replace(array_path)
    scratch.write_text(json.dumps({"kept": kept, "skipped": skipped}))
    scratch.replace(list_path)
