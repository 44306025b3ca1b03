"""Files asked for by name in ZIPs from strangers."""

import struct
import zipfile

import pytest
from training_sets import write_zip

from icgan_demo.errors import ArchiveError
from icgan_demo.guards.archive import ArchiveLimits
from icgan_demo.guards.packed_files import packed_files

MEMBERS = {"a.json": b"{}", "folder/b.bin": bytes(range(256)) * 40}


def test_files_are_read_and_copied_by_name(tmp_path):
    with packed_files(write_zip(tmp_path / "a.zip", MEMBERS), ArchiveLimits()) as packed:
        assert packed.names == list(MEMBERS)
        assert packed.read("a.json", 10) == b"{}"
        packed.copy("folder/b.bin", tmp_path / "b", 20_000)
    assert (tmp_path / "b").read_bytes() == MEMBERS["folder/b.bin"]


def test_a_file_is_read_no_further_than_agreed(tmp_path):
    with packed_files(write_zip(tmp_path / "a.zip", MEMBERS), ArchiveLimits()) as packed:
        with pytest.raises(ArchiveError, match="too large"):
            packed.read("folder/b.bin", 1000)
        with pytest.raises(ArchiveError, match="damaged or incomplete"):
            packed.read("missing", 1000)


def test_a_file_that_expands_without_measure_is_refused(tmp_path):
    file = write_zip(tmp_path / "a.zip", {"a": bytes(50_000_000)})
    with packed_files(file, ArchiveLimits()) as packed, pytest.raises(ArchiveError, match="too large"):
        packed.read("a", 10**9)


def test_a_size_that_the_list_tells_wrongly_is_noticed(tmp_path):
    file = write_zip(tmp_path / "a.zip", {"a": bytes(1000)})
    content = bytearray(file.read_bytes())
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = struct.pack("<I", 10)
    file.write_bytes(content)
    with packed_files(file, ArchiveLimits()) as packed, pytest.raises(ArchiveError, match="damaged or incomplete"):
        packed.read("a", 1000)


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        ({"members": 1}, "Too many files"),
        ({"total_bytes": 100}, "expands to more"),
        ({"directory_bytes": 20}, "Too many"),
    ],
)
def test_an_archive_beyond_its_limits_is_refused(tmp_path, limits, sentence):
    file = write_zip(tmp_path / "a.zip", MEMBERS)
    with pytest.raises(ArchiveError, match=sentence), packed_files(file, ArchiveLimits(**limits)):
        pass


def test_an_encrypted_file_and_an_odd_compression_are_refused(tmp_path):
    packed = write_zip(tmp_path / "a.zip", MEMBERS, zipfile.ZIP_BZIP2)
    with packed_files(packed, ArchiveLimits()) as files, pytest.raises(ArchiveError, match="not supported"):
        files.read("a.json", 10)
    content = bytearray(packed.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    packed.write_bytes(content)
    with pytest.raises(ArchiveError, match="Password"), packed_files(packed, ArchiveLimits()):
        pass
