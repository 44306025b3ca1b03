"""Files in a ZIP from strangers that are asked for by name: each is read within the length agreed for it."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from icgan_demo.errors import ArchiveError
from icgan_demo.guards.archive import DAMAGED, ODD_COMPRESSION, ArchiveLimits, check_totals, sound_zip

MAX_RATIO = 200
"""How much longer than its compressed bytes a file may be: logs reach 20, what is made to do harm 1,000."""
_BLOCK = 1 << 16


class PackedFiles:
    """The files of an archive by their paths; names that nobody asks for do no harm."""

    def __init__(self, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> None:
        self._archive = archive
        self._members = members

    @property
    def names(self) -> list[str]:
        """Paths of all files, in the archive's order."""
        return list(self._members)

    def read(self, name: str, most: int) -> bytes:
        """Return a file's content, at most ``most`` bytes; raises ArchiveError if it is missing, longer or damaged."""
        return b"".join(self._blocks(name, most))

    def copy(self, name: str, target: Path, most: int) -> None:
        """Write a file's content, at most ``most`` bytes, to ``target``.

        Raises:
            ArchiveError: if it is missing, longer or damaged.
            OSError: if the disk fails.
        """
        with target.open("wb") as stream:
            for block in self._blocks(name, most):
                stream.write(block)

    def _blocks(self, name: str, most: int) -> Iterator[bytes]:
        info = self._members.get(name)
        if info is None:
            raise ArchiveError(DAMAGED)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveError(ODD_COMPRESSION)
        if info.file_size > min(most, MAX_RATIO * (info.compress_size + _BLOCK)):
            raise ArchiveError(f"A file in the archive is too large: the limit is {most / 1e6:g} MB.")
        left = info.file_size
        try:
            stream = self._archive.open(info)
        except Exception as error:  # a local header that says otherwise
            raise ArchiveError(DAMAGED) from error
        with stream:
            while block := _next_block(stream):
                left -= len(block)
                if left < 0:
                    raise ArchiveError(DAMAGED)
                yield block


def _next_block(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_BLOCK)
    except Exception as error:  # a wrong checksum, a broken stream
        raise ArchiveError(DAMAGED) from error


@contextmanager
def packed_files(path: Path, limits: ArchiveLimits) -> Iterator[PackedFiles]:
    """Yield the files of a ZIP after every check of its structure; raises ArchiveError if it is refused."""
    with path.open("rb") as stream, ExitStack() as opened:
        try:
            archive, members, _ = opened.enter_context(sound_zip(stream, limits))
        except ArchiveError:
            raise
        except Exception as error:  # whatever the zip reader thinks of
            raise ArchiveError(DAMAGED) from error
        check_totals(members, limits)
        files = [member for member in members if not member.name.endswith("/")]
        by_name = {member.name: member.info for member in files}
        if len(by_name) < len(files):
            raise ArchiveError("Two files in the archive have the same name.")
        yield PackedFiles(archive, by_name)
