"""Pictures and zips for the tests of training sets."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image


def noise(number: int, side: int = 40) -> Image.Image:
    """Return a picture that no other number has."""
    source = np.random.default_rng(number)
    return Image.fromarray(source.integers(0, 255, (side, side, 3), dtype=np.uint8))


def png(number: int, side: int = 40) -> bytes:
    """Return that picture as a file's content."""
    buffer = io.BytesIO()
    noise(number, side).save(buffer, "PNG")
    return buffer.getvalue()


def save_pictures(folder: Path, count: int) -> list[Path]:
    """Write ``count`` different pictures; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"picture {number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(png(number))
    return paths


def write_zip(path: Path, members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write a zip with these members."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def class_zip(path: Path, classes: tuple[str, ...] = ("otter", "heron"), each: int = 6) -> Path:
    """Write a zip with a folder for each class."""
    numbers = iter(range(10_000))
    return write_zip(
        path, {f"photos/{label}/{number}.png": png(next(numbers)) for label in classes for number in range(each)}
    )
