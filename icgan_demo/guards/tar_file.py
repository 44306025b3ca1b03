"""TAR shards of pictures, as WebDataset makes them: files of one sample stand together and share a name up to its dot.

Nothing is unpacked: what looks like a picture is read into memory, within a limit, and passes the picture guard.

Source: https://github.com/webdataset/webdataset, "The WebDataset Format".
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from icgan_demo.errors import ImageError
from icgan_demo.guards.candidate import MAX_PACKED_BYTES, Candidate, read_candidate
from icgan_demo.guards.file_names import PICTURE_SUFFIXES, is_clutter, one_line
from icgan_demo.guards.labels import clean_label
from icgan_demo.guards.picture import DEFAULT_LIMITS, PictureLimits

DAMAGED = "The TAR file is damaged or incomplete from here on."
CLASS_SUFFIX = ".cls"
MAX_CLASS_BYTES = 1_000


@dataclass
class _Sample:
    """The files of one sample: where they lie."""

    key: str
    pictures: list[tarfile.TarInfo] = field(default_factory=list)
    label: tarfile.TarInfo | None = None


def is_tar(path: Path) -> bool:
    """Return whether a file is called a TAR file."""
    return path.suffix.lower() == ".tar"


def read_tar(path: Path, picture_limits: PictureLimits = DEFAULT_LIMITS, unread: int = 0) -> Iterator[Candidate]:
    """Yield the pictures of an uncompressed TAR file, with a reason those of no use; the list is never in memory.

    The label is what a sample's ``.cls`` file says; empty without one. A file that is damaged says so as its last
    entry, and what stood before counts.

    Args:
        unread: pictures at the beginning of which only the names are wanted.
    """
    done = 0
    try:
        with tarfile.open(path, "r:") as archive:
            for sample in _samples(archive):
                wanted = done + len(sample.pictures) > unread
                label = _label(archive, sample) if wanted else ""
                for member in sample.pictures:
                    done += 1
                    yield (
                        _picture(archive, member, label, picture_limits)
                        if done > unread
                        else Candidate(one_line(member.name), "", None)
                    )
    except (tarfile.TarError, OSError, EOFError, ValueError, MemoryError):
        yield Candidate(one_line(path.name), "", None, DAMAGED)


def _samples(archive: tarfile.TarFile) -> Iterator[_Sample]:
    sample = _Sample("")
    while (member := archive.next()) is not None:
        archive.members = []  # type: ignore[attr-defined]  # the reader would keep them all
        if not member.isreg() or is_clutter(member.name):
            continue
        folder, _, file = member.name.rpartition("/")
        stem, _, suffix = file.partition(".")
        key, suffix = f"{folder}/{stem}", f".{suffix.lower()}"
        if key != sample.key:
            yield sample
            sample = _Sample(key)
        if Path(suffix).suffix in PICTURE_SUFFIXES or suffix in PICTURE_SUFFIXES:
            sample.pictures.append(member)
        elif suffix == CLASS_SUFFIX:
            sample.label = member
    yield sample


def _picture(archive: tarfile.TarFile, member: tarfile.TarInfo, label: str, picture_limits: PictureLimits) -> Candidate:
    name = one_line(member.name)
    try:
        content = _content(archive, member, MAX_PACKED_BYTES)
    except ImageError as error:
        return Candidate(name, label, None, str(error))
    return read_candidate(name, label, content, picture_limits)


def _label(archive: tarfile.TarFile, sample: _Sample) -> str:
    if sample.label is None:
        return ""
    try:
        return clean_label(_content(archive, sample.label, MAX_CLASS_BYTES).decode("utf-8", "replace").strip())
    except ImageError:
        return ""


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo, most: int) -> bytes:
    if member.size > most:
        raise ImageError(f"The file is too large: the limit is {most // 1_000_000} MB.")
    stream = archive.extractfile(member)
    content = b"" if stream is None else stream.read(most)
    if len(content) != member.size:
        raise ImageError("The image file is damaged.")
    return content
