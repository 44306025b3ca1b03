"""IDX files: round trips, and every way a file can be wrong, each answered with one plain sentence."""

import gzip
import os
import tracemalloc

import numpy as np
import pytest
from digit_fakes import write_idx

from icgan_demo.errors import RequestError
from icgan_demo.guards.idx_file import read_images, read_labels


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def header(*shape, kind=8):
    return bytes([0, 0, kind, len(shape)]) + np.array(shape, ">u4").tobytes()


@pytest.mark.parametrize("name", ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
def test_pictures_survive_the_round_trip_plain_and_packed(tmp_path, pictures, name):
    write_idx(pictures, tmp_path / name)
    assert np.array_equal(read_images(tmp_path / name), pictures)


def test_labels_survive_the_round_trip(tmp_path):
    labels = np.arange(10, dtype=np.uint8)
    write_idx(labels, tmp_path / "labels")
    assert np.array_equal(read_labels(tmp_path / "labels"), labels)


def test_packing_is_known_by_content_and_not_by_name(tmp_path, pictures):
    write_idx(pictures, tmp_path / "packed.gz")
    (tmp_path / "packed.gz").rename(tmp_path / "images")
    assert np.array_equal(read_images(tmp_path / "images"), pictures)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\0\0\x08", "empty or incomplete"),
        (b"<html>not found</html>", "not an IDX file"),
        (b"version https://git-lfs", "not an IDX file"),
        (header(3), "does not hold pictures"),
        (header(2, 2, 2, kind=13), "does not hold pictures"),
        (header(2, 28, 28)[:9], "incomplete"),
        (header(2, 28, 28) + bytes(28 * 28), "784 of 1568 values"),
        (header(1, 2, 2) + bytes(5), "continues after"),
        (header(0, 28, 28), "claims 0 x 28 x 28"),
        (header(2, 0, 28), "claims"),
        (header(4_000_000_000, 28, 28), "claims"),
        (header(10, 60_000, 60_000), "claims"),
        (header(1_000_000, 512, 512), "too large"),
        (gzip.compress(header(2, 28, 28) + bytes(100), mtime=0), "incomplete"),
        (gzip.compress(b"hello, hello", mtime=0), "not an IDX file"),
        (b"\x1f\x8bgarbage that is no gzip at all", "cannot be decompressed"),
    ],
)
def test_a_wrong_file_is_refused_in_a_plain_sentence(tmp_path, content, sentence):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(RequestError, match=sentence) as refusal:
        read_images(path)
    assert str(tmp_path) not in str(refusal.value)
    assert str(refusal.value).startswith(path.name)


def test_a_packed_file_that_was_cut_is_incomplete(tmp_path, pictures):
    write_idx(pictures, tmp_path / "cut.gz")
    content = (tmp_path / "cut.gz").read_bytes()
    (tmp_path / "cut.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(RequestError, match="incomplete"):
        read_images(tmp_path / "cut.gz")


def test_a_packed_file_with_a_flipped_byte_is_refused(tmp_path, pictures):
    write_idx(pictures, tmp_path / "flipped.gz")
    content = bytearray((tmp_path / "flipped.gz").read_bytes())
    content[-6] ^= 255  # in the checksum, which gzip reads after the last value
    (tmp_path / "flipped.gz").write_bytes(content)
    with pytest.raises(RequestError, match="damaged"):
        read_images(tmp_path / "flipped.gz")


def test_pictures_and_labels_exchanged_are_told_apart(tmp_path, pictures):
    write_idx(pictures, tmp_path / "images")
    with pytest.raises(RequestError, match="exchanged"):
        read_labels(tmp_path / "images")


def test_a_bomb_costs_no_more_memory_than_its_header_admits(tmp_path):
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(header(1, 28, 28) + bytes(200_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(RequestError, match="continues after"):
        read_images(tmp_path / "bomb.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_lying_header_costs_no_more_memory_than_the_file_holds(tmp_path):
    (tmp_path / "liar").write_bytes(header(1_000_000, 28, 28) + bytes(1000))
    tracemalloc.start()
    with pytest.raises(RequestError, match="1000 of 784000000 values"):
        read_images(tmp_path / "liar")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_missing_file_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing", "folder", "pipe"):
        with pytest.raises(RequestError, match="cannot be read"):
            read_images(tmp_path / name)
