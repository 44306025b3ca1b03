"""What visitors upload, zips and pictures in any mix, as pictures one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from icgan_demo.config import Limits
from icgan_demo.errors import ArchiveError
from icgan_demo.guards.archive import ArchiveLimits, is_archive, read_archive
from icgan_demo.guards.candidate import Candidate, read_candidate
from icgan_demo.guards.file_names import sidecars_of
from icgan_demo.guards.picture import PictureLimits


def check_uploads(files: Sequence[Path], limits: Limits) -> None:
    """Raise ArchiveError if images and archives that come together are larger than a page takes."""
    if sum(file.stat().st_size for file in files) > limits.upload_bytes:
        raise ArchiveError(f"The files take more than {limits.upload_bytes // 1_000_000} MB. Use fewer.")


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
            yield from read_archive(file, archive_limits, picture_limits, encoding)
        elif file.name not in notes:
            yield read_candidate(file.name, "", file, picture_limits)
