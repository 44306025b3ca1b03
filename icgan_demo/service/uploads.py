"""What visitors upload, zips and pictures in any mix, as pictures one after the other."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from icgan_demo.errors import ImageError
from icgan_demo.guards.archive import ArchiveLimits, ArchivePicture, is_archive, read_archive
from icgan_demo.guards.file_names import sidecars_of
from icgan_demo.guards.picture import PictureLimits, read_picture


@dataclass(frozen=True)
class Candidate:
    """A picture that may become part of a collection."""

    name: str
    """What the visitor called it."""
    label: str
    """Class, empty for none."""
    picture: Image.Image | None
    """None if it cannot be used."""
    reason: str = ""
    """Why not."""


def read_uploads(
    files: Sequence[Path], archive_limits: ArchiveLimits, picture_limits: PictureLimits, encoding: str = ""
) -> Iterator[Candidate]:
    """Yield every picture of ``files``, one in memory at a time; unusable ones with their reason.

    Notes that programs put beside pictures are passed over.

    Args:
        encoding: of names in zips that do not say it, a key of ``ENCODINGS``; empty to guess it.
    Raises:
        ArchiveError: if an archive is refused, perhaps after some of its pictures were yielded.
    """
    notes = sidecars_of(file.name for file in files)
    for file in files:
        if is_archive(file):
            yield from map(_of_archive, read_archive(file, archive_limits, picture_limits, encoding))
            continue
        if file.name in notes:
            continue
        try:
            yield Candidate(file.name, "", read_picture(file, picture_limits).picture)
        except ImageError as error:
            yield Candidate(file.name, "", None, str(error))


def pixel_digest(picture: Image.Image) -> str:
    """Return a hash of a picture's pixels: equal ones are duplicates."""
    return hashlib.sha256(repr(picture.size).encode() + picture.tobytes()).hexdigest()


def _of_archive(member: ArchivePicture) -> Candidate:
    return Candidate(member.name, member.label, member.guarded.picture if member.guarded else None, member.reason)
