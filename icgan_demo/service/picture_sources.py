"""Pictures from wherever many of them lie, one after the other: folders, ZIPs, TAR shards, Parquet, lists of files.

The order is the same each time, and whoever has seen the first so many may pass them over without reading them.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.guards.archive import is_archive, read_archive
from icgan_demo.guards.candidate import Candidate, read_candidate
from icgan_demo.guards.file_names import PICTURE_SUFFIXES, is_clutter, one_line
from icgan_demo.guards.labels import clean_label, labels_of
from icgan_demo.guards.parquet_file import is_parquet, read_parquet
from icgan_demo.guards.tar_file import is_tar, read_tar
from icgan_demo.service.source_picture import SourcePicture
from icgan_demo.training.common.image_set import ZIP_LIMITS, declared_labels, files_under

LIST_SUFFIX = ".txt"
MAX_LINE = 4_096


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


def count_pictures(sources: Sequence[Path]) -> int:
    """Return how many pictures ``pictures_of`` yields, without reading them; raises what it raises."""
    return sum(1 for _ in pictures_of(sources, unread=sys.maxsize))


def class_of_each(groups: Sequence[str]) -> list[str]:
    """Return the class of each group: the label that it is, or what its folder means among the others."""
    folders = [group[1:] for group in groups if group.startswith("/")]
    of_folder = dict(zip(folders, labels_of([f"{folder}/one" if folder else "one" for folder in folders]), strict=True))
    return [of_folder[group[1:]] if group.startswith("/") else clean_label(group[1:]) for group in groups]


def _of_folder(folder: Path, unread: int) -> Iterator[SourcePicture]:
    """Yield what lies below a folder; a ``dataset.json`` there says the classes of its pictures."""
    declared = declared_labels(folder)
    for path in files_under(folder):
        name = path.relative_to(folder).as_posix()
        if is_clutter(name) or not (_is_picture(path) or path.suffix.lower() == ".zip" or _is_packed(path)):
            continue
        for found in _of_file(path, name, unread):
            unread = max(0, unread - 1)
            if declared is not None and _is_picture(path):
                found = replace(found, group=f"={declared.get(name, '')}")
            yield found


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES


def _is_packed(path: Path) -> bool:
    return is_tar(path) or is_parquet(path)


def _of_file(path: Path, name: str, unread: int) -> Iterator[SourcePicture]:
    """Yield the pictures of a file; ``name`` is the file's own, used for a single picture."""
    if _is_picture(path):
        yield _single(path, name, is_read=unread == 0)
    elif is_tar(path):
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
            yield SourcePicture.of_class(member)
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
