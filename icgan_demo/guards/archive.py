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
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from icgan_demo.errors import ArchiveError, ImageError
from icgan_demo.guards.candidate import Candidate
from icgan_demo.guards.dataset_json import FILE as DATASET_JSON
from icgan_demo.guards.dataset_json import MAX_BYTES as MAX_DATASET_JSON
from icgan_demo.guards.dataset_json import read_dataset_labels
from icgan_demo.guards.file_names import is_clutter, labels_of_files, one_line, sidecars_of
from icgan_demo.guards.labels import clean_label
from icgan_demo.guards.name_encoding import ENCODINGS, UTF_8, NameEncoding, decode_name, guess_encoding
from icgan_demo.guards.picture import DEFAULT_LIMITS as DEFAULT_PICTURE_LIMITS
from icgan_demo.guards.picture import PictureLimits, read_picture

logger = logging.getLogger(__name__)

ONLY_ZIP = "Only ZIP is supported."
DAMAGED = "The ZIP file is damaged or incomplete. Please create it again."
UNSAFE_PATH = "The archive contains an unsafe path."
LINKS = "The archive contains links, which are not allowed."
ENCRYPTED = "Password-protected archives are not supported."
OVERLAPPING = "Files in the archive overlap, which is not allowed."
TOO_SLOW = "The archive took too long to read. Try fewer or smaller images."
NESTED = "An archive inside the archive; unpack it first."
SAME_NAME = "Another file has the same name."
ODD_COMPRESSION = "Compressed in a way that is not supported."

_LOCAL = struct.Struct("<4s5HLLLHH")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64_BYTES = 20
_BLOCK = 1 << 16
_IS_UTF8 = 0x800
_NOTED_FOLDERS = 20
_ENTRIES_PER_MEMBER = 4
"""Each picture may have notes beside it, which do not count."""


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may cost at most."""

    members: int = 2_000
    """Entries, folders included; notes that programs put beside pictures do not count."""
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
class ArchiveSurvey:
    """What an archive lists, before a picture is read."""

    files: int = 0
    """Members that may be pictures."""
    empty_folders: tuple[str, ...] = ()
    """Labels of folders that hold no file."""
    sidecars: int = 0
    """Notes of programs beside pictures, which are passed over."""
    encoding: NameEncoding = UTF_8
    """Of the names that do not say it."""
    has_own_labels: bool = False
    """Whether a ``dataset.json`` names the classes."""

    @property
    def notes(self) -> list[str]:
        """What a visitor should know, one sentence each."""
        said = [f"The folder {label!r} is empty." for label in self.empty_folders[:_NOTED_FOLDERS]]
        if self.encoding.is_guess:
            said.append(f"The names in the ZIP were read as {ENCODINGS[self.encoding.name]}, a guess.")
        if self.has_own_labels:
            said.append("The classes come from dataset.json, not from the folders.")
        if self.sidecars:
            said.append(f"Other files beside the images were ignored: {self.sidecars}.")
        return said


def is_archive(path: Path) -> bool:
    """Return whether a file claims to be a zip, by its first bytes or its name; the reader then decides."""
    with path.open("rb") as stream:
        return stream.read(2) == b"PK" or path.suffix.lower() == ".zip"


def read_archive(
    path: Path,
    limits: ArchiveLimits = ArchiveLimits(),
    picture_limits: PictureLimits = DEFAULT_PICTURE_LIMITS,
    encoding: str = "",
    unread: int = 0,
) -> Iterator[Candidate]:
    """Yield the pictures of a zip, and with a reason every member that looked like one and is not.

    System files, hidden files and the notes that programs put beside pictures are passed over in silence.

    Args:
        encoding: of names that do not say it, a key of ``ENCODINGS``; empty to guess it.
        unread: members at the beginning of which only the names and labels are wanted.
    Raises:
        ArchiveError: if the archive as a whole is refused; a caller that keeps pictures drops those it has then.
    """
    try:
        with path.open("rb") as stream, _opened(stream, limits, encoding) as (archive, listing):
            yield from _pictures(archive, listing, limits, picture_limits, unread)
    except (ArchiveError, GeneratorExit):
        raise
    except Exception as error:  # the edge: whatever the zip reader thinks of, a visitor gets a sentence
        reference = secrets.token_hex(4)
        logger.warning("reference %s: %s", reference, type(error).__name__)
        raise ArchiveError(DAMAGED) from error


def survey_archive(path: Path, limits: ArchiveLimits = ArchiveLimits(), encoding: str = "") -> ArchiveSurvey:
    """Return what an archive lists, without reading a picture; nothing for one that ``read_archive`` will refuse."""
    try:
        with path.open("rb") as stream, _opened(stream, limits, encoding) as (_, listing):
            return listing.survey
    except Exception:  # said with its reason where the archive is read
        return ArchiveSurvey()


@dataclass(frozen=True)
class Member:
    """An entry of an archive."""

    info: zipfile.ZipInfo
    name: str
    """Its path, decoded, with forward slashes."""


@dataclass(frozen=True)
class _Listing:
    """The entries of an archive, sorted by what they are."""

    members: tuple[Member, ...]
    """In the archive's order."""
    labels: Mapping[str, str]
    """Class of each member by its path."""
    survey: ArchiveSurvey


@contextmanager
def sound_zip(
    stream: BinaryIO, limits: ArchiveLimits, encoding: str = ""
) -> Iterator[tuple[zipfile.ZipFile, list[Member], NameEncoding]]:
    """Yield an archive whose structure is in order, its entries, and the encoding of names that do not say theirs.

    How many they are, and how large, is for the caller to judge.

    Args:
        stream: a file of any content.
        limits: of the list of entries.
        encoding: see ``read_archive``.
    Raises:
        ArchiveError: if the archive is refused.
    """
    start = stream.read(4)
    if start not in (b"PK\3\4", b"PK\5\6"):
        raise ArchiveError(ONLY_ZIP)
    _check_end(stream, limits)
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        entries = archive.infolist()
        names, used = _decoded_names(entries, encoding)
        for entry, name in zip(entries, names, strict=True):
            _check_entry(entry, name)
        _check_spans(stream, entries, archive.start_dir)
        named = [Member(entry, path) for entry, name in zip(entries, names, strict=True) if (path := _path(name))]
        yield archive, named, used


def check_totals(members: Sequence[Member], limits: ArchiveLimits) -> None:
    """Raise ArchiveError if there are too many members, or if they would expand to too much."""
    if len(members) > limits.members:
        raise _too_many(limits)
    if sum(member.info.file_size for member in members) > limits.total_bytes:
        raise _too_large(limits)


@contextmanager
def _opened(stream: BinaryIO, limits: ArchiveLimits, encoding: str) -> Iterator[tuple[zipfile.ZipFile, _Listing]]:
    """Yield the archive and its listing after every check that needs no picture."""
    with sound_zip(stream, limits, encoding) as (archive, named, used):
        notes = sidecars_of([member.name for member in named])
        check_totals([member for member in named if member.name not in notes], limits)
        yield archive, _listing(archive, named, notes, used)


def _listing(archive: zipfile.ZipFile, named: Sequence[Member], notes: Set[str], encoding: NameEncoding) -> _Listing:
    visible = [member for member in named if not is_clutter(member.name)]
    files = tuple(member for member in visible if not member.name.endswith("/") and member.name not in notes)
    paths = [member.name for member in files]
    ordered = sorted(paths)
    empty = {member.name for member in visible if member.name.endswith("/") and not _holds_any(member.name, ordered)}
    declared = _declared_labels(archive, visible)
    labels = labels_of_files(paths) if declared is None else {path: declared.get(path, "") for path in paths}
    survey = ArchiveSurvey(
        len(files),
        tuple(sorted(clean_label(PurePosixPath(folder).name) for folder in empty)),
        sum(member.name in notes for member in visible) - (declared is not None),
        encoding,
        has_own_labels=declared is not None,
    )
    return _Listing(files, labels, survey)


def _holds_any(folder: str, ordered: Sequence[str]) -> bool:
    """Return whether one of some sorted paths begins with a folder's."""
    at = bisect_left(ordered, folder)
    return at < len(ordered) and ordered[at].startswith(folder)


def _declared_labels(archive: zipfile.ZipFile, visible: Sequence[Member]) -> dict[str, str] | None:
    """Return the classes that a ``dataset.json`` gives, by the members' paths; None where there is none."""
    found = [member for member in visible if PurePosixPath(member.name).name == DATASET_JSON]
    if not found:
        return None
    highest = min(found, key=lambda member: member.name.count("/"))
    try:
        content = _content_of(archive, highest.info, MAX_DATASET_JSON)
    except ImageError:
        return None
    labels = read_dataset_labels(content)
    above = highest.name.removesuffix(DATASET_JSON)
    return labels if labels is None else {above + path: label for path, label in labels.items()}


def _decoded_names(entries: Sequence[zipfile.ZipInfo], encoding: str) -> tuple[list[str], NameEncoding]:
    """Return the names as they were meant, and the encoding of those that do not say theirs."""
    raw = [_undeclared_name(entry) for entry in entries]
    if encoding and encoding not in ENCODINGS:
        raise ArchiveError(f"Names can be read as {', '.join(ENCODINGS)}, not as {encoding!r:.40}.")
    asked = NameEncoding(encoding) if encoding else None
    used = asked or guess_encoding([name for name in raw if name is not None])
    names = [
        _declared_name(entry) if name is None else decode_name(name, used)
        for entry, name in zip(entries, raw, strict=True)
    ]
    return names, used


def _undeclared_name(entry: zipfile.ZipInfo) -> bytes | None:
    """Return the bytes of a name of unknown encoding; the zip reader takes them for code page 437."""
    if entry.flag_bits & _IS_UTF8 or _unicode_path(entry) is not None:
        return None
    return entry.orig_filename.encode("cp437")


def _declared_name(entry: zipfile.ZipInfo) -> str:
    unicode_path = None if entry.flag_bits & _IS_UTF8 else _unicode_path(entry)
    return entry.orig_filename if unicode_path is None else unicode_path


def _unicode_path(entry: zipfile.ZipInfo) -> str | None:
    """Return the name in UTF-8 that some archivers write beside the old one, if it belongs to that.

    Source: PKWARE APPNOTE 4.6.9, Info-ZIP Unicode Path Extra Field.
    """
    extra = entry.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        content, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == 0x7075 and len(content) > 5 and content[0] == 1:
            (checksum,) = struct.unpack_from("<L", content, 1)
            if entry.flag_bits & _IS_UTF8 or checksum != zlib.crc32(entry.orig_filename.encode("cp437")):
                return None
            try:
                return content[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _path(name: str) -> str:
    """Return a checked name as a path with forward slashes; empty for an entry that stands for the archive itself."""
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    return "/".join(parts) + ("/" if parts and slashed.endswith(("/", "/.")) else "")


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
    if count > _ENTRIES_PER_MEMBER * limits.members or directory_bytes > limits.directory_bytes:
        raise _too_many(limits)


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    for spelling in (entry.orig_filename, name):
        path = spelling.replace("\\", "/")
        is_root = not path.strip("/")  # some clouds list the folder that they packed
        if "\0" in path or (path.startswith("/") and not is_root) or re.match("[A-Za-z]:", path):
            raise ArchiveError(UNSAFE_PATH)
        if ".." in path.split("/"):
            raise ArchiveError(UNSAFE_PATH)
    if entry.flag_bits & (0x1 | 0x40 | 0x2000):
        raise ArchiveError(ENCRYPTED)
    kind = stat.S_IFMT(entry.external_attr >> 16)
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
    archive: zipfile.ZipFile, listing: _Listing, limits: ArchiveLimits, picture_limits: PictureLimits, unread: int
) -> Iterator[Candidate]:
    seen: set[str] = set()
    total = 0
    deadline = time.monotonic() + limits.seconds
    for place, member in enumerate(listing.members):
        name, label = member.name, listing.labels[member.name]
        if name in seen:
            yield Candidate(one_line(name), label, None, SAME_NAME)
            continue
        seen.add(name)
        if place < unread:
            yield Candidate(one_line(name), label, None)
            continue
        try:
            content = _content_of(archive, member.info, limits.member_bytes)
            total += len(content)
            if total > limits.total_bytes:
                raise _too_large(limits)
            yield Candidate(one_line(name), label, read_picture(content, picture_limits).picture)
        except ImageError as error:
            yield Candidate(one_line(name), label, None, str(error))
        if time.monotonic() > deadline:
            raise ArchiveError(TOO_SLOW)


def _content_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """Return one member's bytes, read in blocks; raises ImageError with the reason if it is of no use."""
    if member.file_size > most:
        raise ImageError(f"The file is too large: the limit is {most // 1_000_000} MB.")
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


def _too_many(limits: ArchiveLimits) -> ArchiveError:
    return ArchiveError(f"Too many files: the limit is {limits.members:,}.")


def _too_large(limits: ArchiveLimits) -> ArchiveError:
    return ArchiveError(f"The archive expands to more than the {limits.total_bytes // 1_000_000} MB limit.")
