"""Zip archives from strangers: a file in, clean pictures with names and class labels out, or one plain sentence.

Everything that can be refused is refused from the archive's structure, before a member is read. Members are then read
one at a time into memory and pass the picture guard; nothing of the archive, not even a name, reaches the disk here.
"""

import logging
import re
import secrets
import stat
import struct
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from icgan_demo.errors import ArchiveError, ImageError
from icgan_demo.guards.picture import DEFAULT_LIMITS as DEFAULT_PICTURE_LIMITS
from icgan_demo.guards.picture import GuardedPicture, PictureLimits, read_picture

logger = logging.getLogger(__name__)

ONLY_ZIP = "Only ZIP is supported."
DAMAGED = "The ZIP file is damaged or incomplete. Please make it again."
UNSAFE_PATH = "The archive contains an unsafe path."
LINKS = "The archive contains links, which are not allowed."
ENCRYPTED = "Password-protected archives are not supported."
OVERLAPPING = "The archive's files overlap, which is not allowed."
TOO_SLOW = "The archive took too long to read. Try it with fewer or smaller pictures."
NESTED = "An archive inside the archive; unpack it first."
SAME_NAME = "Another file has the same name."
ODD_COMPRESSION = "Compressed in a way that is not supported."

_LOCAL = struct.Struct("<4s5HLLLHH")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64_BYTES = 20
_BLOCK = 1 << 16
_CLUTTER_FOLDERS = frozenset({"__macosx", "$recycle.bin", "@eadir"})
_CLUTTER_FILES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
_LABEL_LENGTH = 80


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may cost at most."""

    members: int = 2_000
    """Entries, folders included."""
    member_bytes: int = 10_000_000
    """One file after expansion; larger ones are skipped."""
    total_bytes: int = 200_000_000
    """All files after expansion, as declared and again as read."""
    directory_bytes: int = 2_000_000
    """The list of entries, which is read as a whole."""
    seconds: float = 120.0
    """Time for reading all members."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name} must be positive, got {getattr(self, field.name)}")


@dataclass(frozen=True)
class ArchivePicture:
    """One member: a picture, or the reason why it is none."""

    name: str
    """As the archive calls it, on one line; only ever to be shown as text."""
    label: str
    """Name of the folder that holds it, cleaned; empty at the top of the archive."""
    guarded: GuardedPicture | None
    reason: str = ""
    """Why there is no picture, a sentence for the visitor."""


def is_archive(path: Path) -> bool:
    """Return whether a file claims to be a zip, by its first bytes or its name; the reader then decides."""
    with path.open("rb") as stream:
        return stream.read(2) == b"PK" or path.suffix.lower() == ".zip"


def read_archive(
    path: Path, limits: ArchiveLimits = ArchiveLimits(), picture_limits: PictureLimits = DEFAULT_PICTURE_LIMITS
) -> Iterator[ArchivePicture]:
    """Yield the pictures of a zip, and with a reason every member that looked like one and is not.

    System files and hidden files are passed over in silence.

    Raises:
        ArchiveError: if the archive as a whole is refused; a caller that keeps pictures drops those it has then.
    """
    try:
        with path.open("rb") as stream, _opened(stream, limits) as archive:
            yield from _pictures(archive, limits, picture_limits)
    except (ArchiveError, GeneratorExit):
        raise
    except Exception as error:  # the edge: whatever the zip reader thinks of, a visitor gets a sentence
        reference = secrets.token_hex(4)
        logger.warning("reference %s: %s", reference, type(error).__name__)
        raise ArchiveError(DAMAGED) from error


def count_members(path: Path, limits: ArchiveLimits = ArchiveLimits()) -> int:
    """Return how many files an archive lists, for a progress bar; 0 for one that ``read_archive`` will refuse."""
    try:
        with path.open("rb") as stream, _opened(stream, limits) as archive:
            members = archive.infolist()
            return sum(not member.is_dir() and not _is_clutter(_shown_name(member)) for member in members)
    except Exception:  # said with its reason where the archive is read
        return 0


def empty_folders(path: Path, limits: ArchiveLimits = ArchiveLimits()) -> list[str]:
    """Return the labels of folders that hold no file, for a note; the archive must have passed ``read_archive``."""
    with path.open("rb") as stream, _opened(stream, limits) as archive:
        names = [_shown_name(member) for member in archive.infolist() if not _is_clutter(_shown_name(member))]
    folders = {name.rstrip("/") for name in names if name.endswith("/")}
    holding = {str(parent) for name in names if not name.endswith("/") for parent in PurePosixPath(name).parents}
    return sorted(clean_label(PurePosixPath(folder).name) for folder in folders - holding)


def clean_label(name: str) -> str:
    """Return a name from outside as a label that is also safe as a folder's name; empty if nothing is left of it."""
    readable = "".join(letter if letter.isalnum() or letter in " -_().,&'" else " " for letter in name)
    return " ".join(readable.split())[:_LABEL_LENGTH].strip(" .")


def _opened(stream: BinaryIO, limits: ArchiveLimits) -> zipfile.ZipFile:
    """Return the archive after every check that needs no member."""
    start = stream.read(4)
    if start not in (b"PK\3\4", b"PK\5\6"):
        raise ArchiveError(ONLY_ZIP)
    _check_end(stream, limits)
    stream.seek(0)
    archive = zipfile.ZipFile(stream)
    members = archive.infolist()
    if len(members) > limits.members:
        raise _too_many(limits)
    for member in members:
        _check_member(member)
    if sum(member.file_size for member in members) > limits.total_bytes:
        raise _too_large(limits)
    _check_spans(stream, members, archive.start_dir)
    return archive


def _check_end(stream: BinaryIO, limits: ArchiveLimits) -> None:
    """Bound the list of entries before the zip reader takes it in."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END.size - 0xFFFF))
    tail = stream.read()
    at = tail.rfind(b"PK\5\6")
    if at < 0 or at + _END.size > len(tail):
        raise ArchiveError(DAMAGED)
    _, _, _, _, count, directory_bytes, _, _ = _END.unpack_from(tail, at)
    record = at - _LOCATOR64_BYTES - _END64.size
    if record >= 0 and tail[at - _LOCATOR64_BYTES :].startswith(b"PK\6\7"):
        _, _, _, _, _, _, _, count, directory_bytes, _ = _END64.unpack_from(tail, record)
    if count > limits.members or directory_bytes > limits.directory_bytes:
        raise _too_many(limits)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if "\0" in name or "\\" in name or name.startswith("/") or re.match("[A-Za-z]:", name):
        raise ArchiveError(UNSAFE_PATH)
    if ".." in name.split("/"):
        raise ArchiveError(UNSAFE_PATH)
    if member.flag_bits & (0x1 | 0x40 | 0x2000):
        raise ArchiveError(ENCRYPTED)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ArchiveError(LINKS)


def _check_spans(stream: BinaryIO, members: list[zipfile.ZipInfo], end: int) -> None:
    """Refuse members that share bytes: that is how a small archive expands without limit."""
    position = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if position == 0 and member.header_offset != 0:  # something else comes first
            raise ArchiveError(ONLY_ZIP)
        if member.header_offset < position:
            raise ArchiveError(OVERLAPPING)
        stream.seek(member.header_offset)
        header = stream.read(_LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\3\4":
            raise ArchiveError(DAMAGED)
        name_bytes, extra_bytes = _LOCAL.unpack(header)[-2:]
        position = member.header_offset + _LOCAL.size + name_bytes + extra_bytes + member.compress_size
        if position > end:
            raise ArchiveError(OVERLAPPING)


def _pictures(
    archive: zipfile.ZipFile, limits: ArchiveLimits, picture_limits: PictureLimits
) -> Iterator[ArchivePicture]:
    seen: set[str] = set()
    total = 0
    deadline = time.monotonic() + limits.seconds
    for member in archive.infolist():
        name = _shown_name(member)
        if member.is_dir() or _is_clutter(name):
            continue
        label = clean_label(PurePosixPath(name).parent.name)
        if name in seen:
            yield ArchivePicture(_one_line(name), label, None, SAME_NAME)
            continue
        seen.add(name)
        try:
            content = _content_of(archive, member, limits)
            total += len(content)
            if total > limits.total_bytes:
                raise _too_large(limits)
            yield ArchivePicture(_one_line(name), label, read_picture(content, picture_limits))
        except ImageError as error:
            yield ArchivePicture(_one_line(name), label, None, str(error))
        if time.monotonic() > deadline:
            raise ArchiveError(TOO_SLOW)


def _content_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: ArchiveLimits) -> bytes:
    """Return one member's bytes, read in blocks; raises ImageError with the reason if it is of no use."""
    if member.file_size > limits.member_bytes:
        raise ImageError(f"The file is too large: the limit is {limits.member_bytes // 1_000_000} MB.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ImageError(ODD_COMPRESSION)
    blocks: list[bytes] = []
    length = 0
    try:
        with archive.open(member) as stream:
            while block := stream.read(_BLOCK):
                blocks.append(block)
                length += len(block)
                if length > member.file_size:
                    raise ImageError("The image file is damaged.")
    except ImageError:
        raise
    except Exception as error:  # a wrong checksum, a broken stream, a local header that says otherwise
        raise ImageError("The image file is damaged.") from error
    content = b"".join(blocks)
    if content.startswith((b"PK\3\4", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        raise ImageError(NESTED)
    return content


def _shown_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; macOS writes UTF-8 without saying so, which the zip reader takes for code page 437."""
    name = member.filename
    if not member.flag_bits & 0x800:
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name


def _is_clutter(name: str) -> bool:
    *folders, file = name.rstrip("/").split("/")
    hidden = any(part.startswith(".") or part.lower() in _CLUTTER_FOLDERS for part in (*folders, file))
    return hidden or file.lower() in _CLUTTER_FILES


def _one_line(name: str) -> str:
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return printable if len(printable) <= 200 else f"{printable[:199]}…"


def _too_many(limits: ArchiveLimits) -> ArchiveError:
    return ArchiveError(f"Too many files: the limit is {limits.members:,}.")


def _too_large(limits: ArchiveLimits) -> ArchiveError:
    return ArchiveError(f"The archive expands to more than the {limits.total_bytes // 1_000_000} MB limit.")
