"""Texts of PNG files from strangers: found without decoding, and every kind of nonsense is one sentence."""

import struct
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from icgan_demo.errors import RequestError
from icgan_demo.guards.png_text import SIGNATURE, read_png_text


def chunk(kind, content, check=None):
    crc = zlib.crc32(kind + content) if check is None else check
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def written(folder, *chunks):
    path = folder / "file.png"
    path.write_bytes(SIGNATURE + b"".join(chunks))
    return path


def itxt(text, keyword=b"recipe", flag=b"\0"):
    return chunk(b"iTXt", keyword + b"\0" + flag + b"\0\0\0" + text)


def test_the_text_that_pillow_wrote_is_read(tmp_path):
    text = PngInfo()
    text.add_itxt("other", "no")
    text.add_itxt("recipe", "배 {}")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", pnginfo=text)
    assert read_png_text(tmp_path / "a.png", "recipe", 100) == "배 {}"
    assert read_png_text(tmp_path / "a.png", "recip", 100) is None


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([chunk(b"IHDR", b"x", check=7)], "damaged"),
        ([struct.pack(">I4s", 2**31, b"iTXt")], "damaged"),
        ([itxt(b"x" * 101)], "too long"),
        ([itxt(b"\xff\xfe")], "damaged"),
        ([itxt(b"x", flag=b"\1")], "damaged"),
        ([itxt(b"x", flag=b"\2")], "damaged"),
        ([chunk(b"iTXt", b"recipe\0\0\0")], "damaged"),
        ([chunk(b"tEXt", b"recipe\0" + b"x" * 101)], "too long"),
        ([chunk(b"zTXt", b"recipe\0\0" + zlib.compress(b"x" * 101))], "too long"),
        ([chunk(b"zTXt", b"recipe\0\0" + zlib.compress(bytes(10_000_000)))], "too long"),
        ([chunk(b"zTXt", b"recipe\0\0" + zlib.compress(b"x" * 80)[:-6])], "damaged"),
        ([itxt(zlib.compress(bytes(10_000_000)), flag=b"\1")], "too long"),
        ([chunk(b"zTXt", b"recipe\0\0" + zlib.compress(b"{}"), check=5)], "damaged"),
    ],
)
def test_nonsense_is_one_sentence(tmp_path, chunks, message):
    with pytest.raises(RequestError, match=message):
        read_png_text(written(tmp_path, *chunks), "recipe", 100)


@pytest.mark.parametrize("chunks", [[], [chunk(b"IEND", b"")], [chunk(b"IEND", b""), itxt(b"after the end")]])
def test_a_file_without_the_text_has_none(tmp_path, chunks):
    assert read_png_text(written(tmp_path, *chunks), "recipe", 100) is None


def test_another_kind_of_file_and_a_large_one_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"GIF89a")
    with pytest.raises(RequestError, match="not a PNG"):
        read_png_text(tmp_path / "a.png", "recipe", 100)
    with pytest.raises(RequestError, match="larger than"):
        read_png_text(tmp_path / "a.png", "recipe", 100, max_file_bytes=3)


RECIPE = '{"label": "배"}'


@pytest.mark.parametrize(
    "rewritten",
    [
        chunk(b"tEXt", b"recipe\0" + RECIPE.encode()),
        chunk(b"zTXt", b"recipe\0\0" + zlib.compress(RECIPE.encode())),
        itxt(zlib.compress(RECIPE.encode()), flag=b"\1"),
        itxt(RECIPE.encode()),
    ],
)
def test_a_recipe_that_an_editor_rewrote_is_found(tmp_path, rewritten):
    others = [chunk(b"pHYs", bytes(9), check=7), *[chunk(b"IDAT", bytes(10))] * 1500, chunk(b"tEXt", b"recipes\0no")]
    path = written(tmp_path, chunk(b"IHDR", bytes(13)), *others, rewritten, chunk(b"IEND", b""))
    assert read_png_text(path, "recipe", 100) == RECIPE


def test_endless_small_chunks_end(tmp_path):
    assert read_png_text(written(tmp_path, *[chunk(b"tEXt", b"")] * 61_000), "recipe", 100) is None
