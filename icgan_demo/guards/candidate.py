"""Pictures on their way into a collection: each with its name and class, or with the reason why it is none."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture import DEFAULT_LIMITS, PictureLimits, read_picture

MAX_PACKED_BYTES = 10_000_000
"""One picture in a TAR or Parquet file."""


@dataclass(frozen=True)
class Candidate:
    """A picture that may become part of a collection."""

    name: str
    """What its giver calls it, on one line; only ever to be shown as text."""
    label: str
    """Class, clean text; empty for none."""
    picture: Image.Image | None
    """None if it cannot be used."""
    reason: str = ""
    """Why not, a sentence for the visitor."""
    is_frame: bool = False
    """Whether it is one of many of a video or a camera, most of which look alike."""


def read_candidate(name: str, label: str, data: Path | bytes, limits: PictureLimits = DEFAULT_LIMITS) -> Candidate:
    """Return an uploaded file, or its content, as ``read_picture`` reads it, or why it cannot be used."""
    try:
        return Candidate(name, label, read_picture(data, limits).picture)
    except ImageError as error:
        return Candidate(name, label, None, str(error))


def nothing_usable(skipped: list[tuple[str, str]]) -> str:
    """Return the sentence about a collection of which nothing is left, with the first (name, reason) of ``skipped``."""
    first = f" {skipped[0][0]}: {skipped[0][1]}" if skipped else " Give JPEG, PNG, WebP, GIF or BMP images."
    return f"No usable image was found.{first}"


def pixel_digest(picture: Image.Image) -> str:
    """Return a hash of a picture's pixels: equal ones are duplicates."""
    return hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).hexdigest()
