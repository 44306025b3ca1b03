"""Pictures from wherever many of them lie, one after the other: folders, ZIPs, TAR shards, Parquet, lists of files.

The order is the same each time, and whoever has seen the first so many may pass them over without reading them.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.archive import is_archive, read_archive
from icgan_demo.guards.candidate import Candidate, read_candidate
from icgan_demo.guards.file_names import PICTURE_SUFFIXES, is_clutter, one_line
from icgan_demo.guards.parquet_file import is_parquet, read_parquet
from icgan_demo.guards.tar_file import is_tar, read_tar
from icgan_demo.training.common.image_set import ZIP_LIMITS

LIST_SUFFIX = ".txt"
MAX_LINE = 4_096


@dataclass(frozen=True)
class SourcePicture:
    """A picture that was found, or the name of one that is of no use or was not read."""

    candidate: Candidate
    """Named below the folder or archive that it was found in; without picture and reason if it was not read."""
    group: str
    """What its class follows from: ``=`` and a label that stands with it, or ``/`` and the folder of its name."""


def pictures_of(sources: Sequence[Path], unread: int = 0) -> Iterator[SourcePicture]:
    """Yield the pictures of files and folders in a fixed order, one in memory at a time.

    Args:
        unread: at the beginning, of which only the names are wanted.
    Raises:
        RequestError: if a source does not exist, or something to read it with is missing.
    """
    for source in sources:
        if not source.exists():
            raise RequestError(f"There is no file or folder named {source.name!r}.")
        for found in _of_folder(source, unread) if source.is_dir() else _of_file(source, source.name, unread):
            unread = max(0, unread - 1)
            yield found


def _of_folder(folder: Path, unread: int) -> Iterator[SourcePicture]:
    """Yield what lies below a folder; of the names, only those of the folders on the way are in memory."""
    for path in _files_under(folder, frozenset()):
        name = path.relative_to(folder).as_posix()
        if is_clutter(name) or not _may_hold_pictures(path):
            continue
        for found in _of_file(path, name, unread):
            unread = max(0, unread - 1)
            yield found


def _files_under(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    """Yield files at any depth by name; links to folders count as folders, but for those that lead back."""
    here = folder.resolve()
    if here in above:
        return
    for name in sorted(os.listdir(folder)):
        path = folder / name
        if path.is_dir():
            yield from _files_under(path, above | {here})
        elif path.is_file():
            yield path


def _may_hold_pictures(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES | {".zip"} or is_tar(path) or is_parquet(path)


def _of_file(path: Path, name: str, unread: int) -> Iterator[SourcePicture]:
    """Yield the pictures of a file; ``name`` is the file's own, used for a single picture."""
    if is_tar(path):
        yield from map(_of_archive, read_tar(path, unread=unread))
    elif is_parquet(path):
        yield from map(_of_archive, read_parquet(path, unread=unread))
    elif path.suffix.lower() == LIST_SUFFIX:
        yield from _of_list(path, unread)
    elif is_archive(path):
        yield from _of_zip(path, unread)
    else:
        yield _single(path, name, is_read=unread == 0)


def _of_zip(path: Path, unread: int) -> Iterator[SourcePicture]:
    try:
        for member in read_archive(path, ZIP_LIMITS, unread=unread):
            yield SourcePicture(member, f"={member.label}")
    except ArchiveError as error:
        yield SourcePicture(Candidate(one_line(path.name), "", None, str(error)), "/")


def _of_list(path: Path, unread: int) -> Iterator[SourcePicture]:
    """Yield the pictures that a text file names, one a line, relative to its own folder."""
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in _lines(lines):
            yield _single(path.parent / line, line.replace("\\", "/"), is_read=unread == 0)
            unread = max(0, unread - 1)


def _lines(stream: Iterable[str]) -> Iterator[str]:
    for line in stream:
        text = line.strip()
        if text and not text.startswith("#"):
            yield text[:MAX_LINE]


def _single(path: Path, name: str, is_read: bool) -> SourcePicture:
    shown, group = one_line(name), f"/{name.rpartition('/')[0]}"
    return SourcePicture(read_candidate(shown, "", path) if is_read else Candidate(shown, "", None), group)


def _of_archive(member: Candidate) -> SourcePicture:
    group = f"={member.label}" if member.label else f"/{member.name.rpartition('/')[0]}"
    return SourcePicture(member, group)
