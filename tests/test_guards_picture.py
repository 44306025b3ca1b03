"""Every class of bad picture, built from scratch; after each refusal a good picture must still come through."""

import logging
import os
import random
import re
import struct
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture import DEFAULT_LIMITS, GuardedPicture, PictureLimits, read_picture, reader, stored_png
from icgan_demo.guards.picture import plain_pixels as pixels

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


def scene(width=64, height=48):
    """A smooth picture that is dark at the left, bright at the right, and red at the top."""
    across = np.linspace(0, 255, width, dtype=np.uint8)[None].repeat(height, 0)
    down = np.linspace(255, 0, height, dtype=np.uint8)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([down, across, across // 2], axis=-1))


def noise(width=64, height=48, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def encode(picture, kind="PNG", **options):
    stream = BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width, height, pixel_data, extra=(), depth=8, colour=2):
    """A PNG from raw parts; ``extra`` chunks stand before the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    others = b"".join(chunk(name, content) for name, content in extra)
    return PNG_SIGNATURE + header + others + chunk(b"IDAT", pixel_data) + chunk(b"IEND", b"")


def flat_rows(width, height, channels=3, level=120):
    """Deflated rows of one grey level."""
    return zlib.compress((b"\0" + bytes([level]) * width * channels) * height)


def deflated_zeros(megabytes):
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def with_jpeg_segment(data, marker, content):
    return data[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + data[2:]


def with_jpeg_size(data, width, height):
    frame = re.search(rb"\xff[\xc0\xc2]\0\x11\x08", data)
    return data[: frame.end()] + struct.pack(">HH", height, width) + data[frame.end() + 4 :]


def scan_starts(data):
    return [found.start() for found in re.finditer(rb"\xff\xda", data)]


def with_scans_repeated(data, times):
    last = data[scan_starts(data)[-1] : -2]
    return data[:-2] + last * times + data[-2:]


def with_riff_size(data):
    return b"RIFF" + struct.pack("<I", len(data) - 8) + data[8:]


def webp_lossless(width, height):
    """A WebP that claims a size and holds the few bits of a picture of one colour."""
    bits = struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\x88\x88\x08\0\0\0"
    content = b"\x2f" + bits
    return with_riff_size(b"RIFF\0\0\0\0WEBPVP8L" + struct.pack("<I", len(content)) + content + bytes(len(content) & 1))


def bmp(width, height, body, bits=24, coding=0, palette=b""):
    start = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, coding, len(body), 0, 0, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + header + palette + body


def after_gif_palette(data):
    return 13 + (3 << (data[10] & 7) + 1)


def exif_block(orientation, order="<", kind=3):
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHIHH", 8, 1, 0x0112, kind, 1, orientation, 0) + bytes(4)


def briefly(value):
    """A test's name for a long parameter."""
    return ascii(value)[:40]


GREYS = b"".join(bytes([level, level, level, 0]) for level in range(256))
GOOD = encode(scene())


def pixels_of(guarded):
    return np.asarray(guarded.picture).astype(int)


def assert_good_still_works():
    np.testing.assert_array_equal(pixels_of(read_picture(GOOD)), np.asarray(scene()))


def assert_refused(source, sentence, limits=DEFAULT_LIMITS):
    with pytest.raises(ImageError) as caught:
        read_picture(source, limits)
    assert re.search(sentence, str(caught.value)), str(caught.value)
    assert_good_still_works()


def outcome_of(data):
    """Return the sentence, or "" for a picture; anything else is an error of the guard."""
    try:
        guarded = assert_accepted(data)
    except ImageError as error:
        sentence = str(error)
    else:
        assert max(guarded.picture.size) <= 1024
        return ""
    assert sentence.endswith(".")
    assert not set(sentence) & set("\n/\\<>"), sentence
    return sentence


def assert_accepted(source) -> GuardedPicture:
    guarded = read_picture(source)
    assert guarded.picture.mode == "RGB"
    assert guarded.picture.info == {}
    return guarded


# ------------------------------------------------------------------------------------------------------ honest pictures


@pytest.mark.parametrize("kind", FORMATS)
def test_every_supported_format_comes_through_with_its_pixels(kind):
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    data = encode(scene(), kind, **options)
    guarded = assert_accepted(data)
    assert guarded.notes == ()
    assert guarded.picture.size == (64, 48)
    with Image.open(BytesIO(data)) as direct:
        np.testing.assert_array_equal(np.asarray(guarded.picture), np.asarray(direct.convert("RGB")))


@pytest.mark.parametrize("name", ["photo.png", "photo.txt", "사진 🙂.jpeg", "-rf;$(x).jpg", "no_extension", ".hidden"])
def test_the_content_decides_and_not_the_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(encode(scene(), "JPEG"))
    assert assert_accepted(path).picture.size == (64, 48)


def test_a_link_to_a_picture_is_followed(tmp_path):
    (tmp_path / "target.png").write_bytes(GOOD)
    (tmp_path / "link.png").symlink_to(tmp_path / "target.png")
    assert_accepted(tmp_path / "link.png")


@pytest.mark.parametrize(
    ("kind", "mode"),
    [*((kind, mode) for kind in ("PNG", "GIF", "BMP") for mode in "1LP"), ("JPEG", "L"), ("WEBP", "L")],
)
def test_bitmaps_greys_and_palettes_keep_their_levels(kind, mode):
    original = scene().convert("L").convert(mode) if mode != "P" else scene().quantize(64)
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}}.get(kind, {})
    guarded = assert_accepted(encode(original, kind, **options))
    assert np.abs(pixels_of(guarded) - np.asarray(original.convert("RGB"))).max() <= 2


def test_sixteen_bit_grey_is_scaled_and_not_clipped_to_white():
    levels = np.linspace(0, 65535, 64 * 48).astype(np.uint16).reshape(48, 64)
    guarded = assert_accepted(encode(Image.fromarray(levels)))
    np.testing.assert_array_equal(pixels_of(guarded)[..., 0], levels >> 8)


def test_sixteen_bit_colour_is_scaled_and_ignores_a_colour_key():
    """Pillow would compare the 16-bit key with 8-bit pixels; the key is left out."""
    row = b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0x0100) * 40
    key = (b"tRNS", struct.pack(">HHH", 0xFFFF, 0x8000, 0x0100))
    guarded = assert_accepted(png(40, 40, zlib.compress(row * 40), [key], depth=16))
    assert guarded.picture.getpixel((20, 20)) == (255, 128, 1)
    assert guarded.notes == ()


def test_floats_are_scaled_and_not_finite_ones_are_refused():
    """None of the five formats holds floats today; the rule stands for the day one does."""
    ramp = Image.fromarray(np.linspace(-0.5, 1.5, 40 * 40, dtype=np.float32).reshape(40, 40))
    flat, was_transparent = pixels.flatten(ramp, DEFAULT_LIMITS)
    assert flat.getextrema() == ((0, 255),) * 3
    assert not was_transparent
    for value in (np.nan, np.inf, -np.inf):
        broken = Image.fromarray(np.full((40, 40), value, dtype=np.float32))
        with pytest.raises(ImageError, match="not numbers"):
            pixels.flatten(broken, DEFAULT_LIMITS)


@pytest.mark.parametrize("progressive", [False, True])
def test_cmyk_keeps_its_colours(progressive):
    data = encode(scene().convert("CMYK"), "JPEG", quality=95, progressive=progressive)
    assert np.abs(pixels_of(assert_accepted(data)) - np.asarray(scene())).mean() < 3


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 2}, {"optimize": True}])
@pytest.mark.parametrize("picture", [scene(333, 217), noise(), Image.new("RGB", (40, 40), (128, 128, 128))])
def test_jpeg_variants_match_a_plain_decode(options, picture):
    data = encode(picture, "JPEG", **options)
    with Image.open(BytesIO(data)) as direct:
        np.testing.assert_array_equal(pixels_of(assert_accepted(data)), np.asarray(direct))


def test_bytes_after_a_jpeg_are_ignored():
    data = encode(scene(), "JPEG")
    for tail in (b"trailing", encode(noise(), "JPEG"), b"\xff" * 50):
        np.testing.assert_array_equal(pixels_of(read_picture(data + tail)), pixels_of(read_picture(data)))


def test_a_phone_picture_with_a_second_picture_behind_it_is_an_ordinary_jpeg():
    data = encode(scene(), "MPO", save_all=True, append_images=[noise()])
    assert assert_accepted(data).notes == ()


@pytest.mark.parametrize("level", [0, 127, 128, 255])
@pytest.mark.parametrize("kind", FORMATS)
def test_flat_pictures_stay_flat(kind, level):
    guarded = assert_accepted(encode(Image.new("RGB", (40, 40), (level,) * 3), kind))
    assert np.abs(pixels_of(guarded) - level).max() <= 2


@pytest.mark.parametrize("kind", FORMATS)
def test_noise_comes_through(kind):
    assert pixels_of(assert_accepted(encode(noise(), kind))).std() > 40


def test_bmp_runs_bit_fields_and_top_down_rows_are_read():
    run = bytes([40, 200])  # 40 pixels of level 200
    guarded = assert_accepted(bmp(40, 40, (run + b"\0\0") * 40 + b"\0\1", bits=8, coding=1, palette=GREYS))
    assert guarded.picture.getextrema() == ((200, 200),) * 3
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    guarded = assert_accepted(bmp(40, 40, struct.pack("<H", 0xF800) * 1600, bits=16, coding=3, palette=masks))
    assert guarded.picture.getpixel((5, 5)) == (255, 0, 0)
    top_down = bmp(40, -40, b"\xff\xff\xff" * 40 * 20 + b"\0\0\0" * 40 * 20)
    assert assert_accepted(top_down).picture.getpixel((0, 0)) == (255, 255, 255)


# ------------------------------------------------------------------------------------------------------- size and shape


@pytest.mark.parametrize("size", [(1025, 400), (1600, 1200), (3000, 2000), (500, 2100), (4000, 210)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_large_pictures_are_shrunk_to_1024_and_keep_their_shape(kind, size):
    shrunk = assert_accepted(encode(scene(*size), kind)).picture
    assert max(shrunk.size) == 1024
    assert abs(shrunk.width / shrunk.height - size[0] / size[1]) < 0.02 * size[0] / size[1]
    expected = np.asarray(scene(*size).resize(shrunk.size, Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(shrunk) - expected).mean() < 3


def test_a_shrunk_picture_has_no_seams():
    """Conversion works in strips; a flat picture must stay flat across their borders, with and without alpha."""
    for mode, colour in (("RGB", (10, 20, 30)), ("RGBA", (10, 20, 30, 128)), ("L", 77), ("P", 0)):
        guarded = read_picture(encode(Image.new(mode, (2100, 2300), colour)))
        assert all(low == high for low, high in guarded.picture.getextrema())


@pytest.mark.parametrize("size", [(8064, 6048), (8160, 6120), (16382, 3628)])
def test_pictures_of_large_phones_and_wide_panoramas_are_read_at_a_reduced_size(size):
    data = encode(Image.new("RGB", size, (10, 120, 230)), "JPEG")
    shrunk = assert_accepted(data).picture
    assert max(shrunk.size) == 1024
    assert shrunk.width / shrunk.height == pytest.approx(size[0] / size[1], rel=0.01)
    assert np.abs(np.array(shrunk.getpixel((500, 100))) - (10, 120, 230)).max() <= 2


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory of Linux")
def test_a_large_phone_picture_costs_little_memory(tmp_path):
    """A process of its own, because a peak never falls again."""
    (tmp_path / "a.jpg").write_bytes(encode(Image.new("RGB", (8160, 6120), "teal"), "JPEG"))
    code = f"""
import sys
sys.path.insert(0, "tests")
import test_guards_picture as t
t.assert_good_still_works()
before = t.peak_megabytes()
t.read_picture(t.Path({str(tmp_path / "a.jpg")!r}))
print(t.peak_megabytes() - before)
"""
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 60


def test_the_smallest_and_the_narrowest_allowed_pictures_are_accepted():
    assert assert_accepted(encode(noise(32, 32))).picture.size == (32, 32)
    assert assert_accepted(encode(noise(640, 32))).picture.size == (640, 32)
    assert assert_accepted(encode(noise(32, 640))).picture.size == (32, 640)


@pytest.mark.parametrize("size", [(31, 31), (1, 1), (31, 500), (500, 31), (2, 40)])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_with_a_side_below_32_is_refused(kind, size):
    assert_refused(encode(noise(*size), kind), r"^Image is too small: it needs at least 32x32\.$")


@pytest.mark.parametrize("size", [(641, 32), (32, 641), (1000, 40)])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_more_than_twenty_times_as_long_as_wide_is_refused(kind, size):
    assert_refused(encode(noise(*size), kind), r"^Image is too narrow\.$")


def test_limits_refuse_nonsense_by_name():
    with pytest.raises(ValueError, match="min_side must be at least 1, got 0"):
        PictureLimits(min_side=0)
    with pytest.raises(ValueError, match="max_pixels must be at most 80000000, got 100000000"):
        PictureLimits(max_pixels=100_000_000)


def test_limits_can_be_set_by_the_caller():
    assert_refused(GOOD, "The limit is 0.001 megapixels", PictureLimits(max_pixels=1000))
    assert read_picture(encode(noise(10, 10)), PictureLimits(min_side=8)).picture.size == (10, 10)
    assert read_picture(encode(noise(300, 100)), PictureLimits(max_side=150)).picture.size == (150, 50)


# ------------------------------------------------------------------------------------------------- not a picture at all


@pytest.mark.parametrize(
    "content",
    [
        b"hello, this is text",
        b"<!DOCTYPE html><html><body>404</body></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'></svg>",
        b"#!/bin/sh\nrm -rf /\n",
        b"BMX is a sport on small bicycles, as everybody knows",
        b"GIF",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"PK\x03\x04" + bytes(60),
        b"\x7fELF" + bytes(60),
        b"\0" * 4096,
        b"\x89PNG",
        b"P6 64 64 255 " + bytes(3 * 64 * 64),
    ],
    ids=briefly,
)
def test_what_is_not_a_picture_is_refused(tmp_path, content):
    sentence = r"^Not an image we can read \(JPEG, PNG, WebP, GIF, BMP\)\.$"
    assert_refused(content, sentence)
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    assert_refused(path, sentence)


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "photo.jpg"
    path.touch()
    assert_refused(path, r"^This file is empty\.$")
    assert_refused(b"", r"^This file is empty\.$")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (encode(scene(), "TIFF"), "TIFF"),
        (b"MM\0*" + bytes(100), "TIFF"),
        (b"II+\0" + bytes(100), "TIFF"),
        (b"\0\0\0\x20ftypavif" + bytes(100), "AVIF"),
        (b"\0\0\0\x18ftypheic" + bytes(100), "HEIC"),
        (b"\0\0\0\x18ftypmif1" + bytes(100), "HEIC"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(100), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "JPEG 2000"),
        (b"8BPS\0\1" + bytes(100), "PSD"),
        (encode(scene(), "ICO"), "ICO"),
        (b"%PDF-1.7\n" + bytes(100), "PDF"),
    ],
    ids=briefly,
)
def test_decoders_that_are_left_out_are_named(content, name):
    assert_refused(content, rf"^{name} is not supported; use JPEG, PNG or WebP\.$")


def test_a_file_above_the_size_limit_is_refused(tmp_path):
    path = tmp_path / "big.png"
    path.write_bytes(GOOD)
    os.truncate(path, 11 * 2**20)
    assert_refused(path, r"^The file is too large: the limit is 10 MB\.$")
    assert_refused(GOOD + bytes(10 * 2**20), r"^The file is too large: the limit is 10 MB\.$")


def test_what_cannot_be_opened_is_refused_without_its_path(tmp_path):
    hidden = tmp_path / "secret_folder"
    hidden.mkdir()
    (hidden / "loop").symlink_to(hidden / "loop")
    for path in (hidden, hidden / "missing.png", hidden / "loop", Path("nul\0byte.png"), hidden / ("x" * 5000)):
        assert_refused(path, r"^The image could not be opened\. Choose it again\.$")


def test_a_pipe_or_a_device_is_refused_and_does_not_wait(tmp_path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    assert_refused(pipe, "Not an image")
    assert_refused(Path("/dev/zero"), "Not an image")


# -------------------------------------------------------------------------------------------------- damaged, incomplete


@pytest.mark.parametrize(
    ("kind", "options"),
    [*((kind, {}) for kind in FORMATS), ("JPEG", {"progressive": True}), ("WEBP", {"lossless": True})],
)
def test_a_file_cut_short_anywhere_is_refused(kind, options):
    data = encode(noise(), kind, **options)
    for part in range(1, 40):
        cut = len(data) * part // 40
        with pytest.raises(ImageError, match=r"incomplete|damaged|Not an image|too small"):
            read_picture(data[:cut])
    assert_good_still_works()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_cut_short_within_its_pixels_is_called_incomplete(kind):
    data = encode(noise(), kind)
    assert_refused(data[: len(data) * 3 // 4], r"^The image file is incomplete\. Save or copy it again\.$")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 3}, {"subsampling": 0}])
def test_a_cut_jpeg_with_an_end_marker_is_not_shown_partly_grey(options):
    """A decoder fills the missing rest with grey without a word; the guard must not let that pass."""
    data = encode(noise(128, 128), "JPEG", **options)
    first_scan = scan_starts(data)[0]
    room = (scan_starts(data)[1] if "progressive" in options else len(data)) - first_scan
    for part in (0.2, 0.5, 0.9):
        cut = data[: first_scan + int(room * part)].rstrip(b"\xff") + b"\xff\xd9"
        assert_refused(cut, "incomplete|damaged")


def test_a_stray_marker_within_a_jpeg_is_not_shown_partly_grey():
    data = bytearray(encode(noise(128, 128), "JPEG"))
    middle = (scan_starts(data)[0] + len(data)) // 2
    for marker in (0xD9, 0xC4, 0xFE, 0x02):
        data[middle : middle + 4] = bytes([0xFF, marker, 0, 2])
        assert_refused(bytes(data), "incomplete|damaged")


def test_a_gif_with_missing_pixels_is_refused():
    data = encode(noise().quantize(256), "GIF")
    start = data.index(b",", after_gif_palette(data)) + 10
    for kept_blocks in (0, 1, 3):
        end = start + 1
        for _ in range(kept_blocks):
            end += 1 + data[end]
        assert_refused(data[:end] + b"\0;", "incomplete|damaged")


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT", b"PLTE"])
def test_a_png_whose_checksum_is_wrong_is_damaged(name):
    data = bytearray(encode(scene().quantize(16)))
    data[data.index(name) + 6] ^= 1
    assert_refused(bytes(data), "damaged")


def test_png_parts_out_of_order_or_missing_are_refused():
    header, end = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)), chunk(b"IEND", b"")
    pixels = chunk(b"IDAT", flat_rows(40, 40))
    assert_refused(PNG_SIGNATURE + pixels + header + end, "damaged")
    assert_refused(PNG_SIGNATURE + header + header + pixels + end, "damaged")
    assert_refused(PNG_SIGNATURE + header + end, "incomplete")
    assert_refused(PNG_SIGNATURE + header + pixels, "incomplete")
    assert_refused(png(40, 40, flat_rows(40, 40), colour=5), "damaged")
    assert_refused(png(40, 40, flat_rows(40, 40), depth=3), "damaged")
    assert_refused(png(40, 40, b"not deflated at all"), "damaged")
    assert_accepted(PNG_SIGNATURE + header + pixels + end)


def test_jpegs_of_rare_kinds_are_refused_by_name():
    data = encode(scene(), "JPEG")
    frame = data.index(b"\xff\xc0")
    for marker in (0xC3, 0xC9, 0xCA):  # lossless, arithmetic
        assert_refused(data[:frame] + bytes([0xFF, marker]) + data[frame + 2 :], "This kind of JPEG is not supported")
    assert_refused(data[: frame + 4] + b"\x0c" + data[frame + 5 :], "This kind of JPEG")  # 12 bits


def test_jpegs_with_contradictory_structure_are_refused():
    data = encode(scene(), "JPEG")
    frame = data.index(b"\xff\xc0")
    assert_refused(data[:frame] + data[frame : frame + 19] + data[frame:], "damaged")  # two frames
    assert_refused(data[:2] + b"\xff\xd8" + data[2:], "damaged|incomplete")
    assert_refused(data[:2] + b"\xff\xe1\0\1" + data[2:], "damaged")  # a length that cannot be
    assert_refused(data[: frame + 11] + b"\0" + data[frame + 12 :], "damaged|incomplete")  # sampling 0
    assert_refused(b"\xff\xd8\xff\xd9", "incomplete")


@pytest.mark.parametrize("kind", FORMATS)
def test_random_bytes_under_a_real_header_give_a_picture_or_a_sentence(kind):
    """Random bits are valid pixels to a BMP and to a lossy WebP."""
    data = encode(scene(), kind)
    for seed in range(100):
        outcome_of(data[: 12 + seed] + random.Random(seed).randbytes(500))
    assert_good_still_works()


# ---------------------------------------------------------------------------------------------------------------- bombs


@pytest.mark.parametrize(
    ("width", "height"), [(18000, 15000), (2**31 - 1, 2**31 - 1), (2**32 - 1, 2**32 - 1), (40_000_001, 1), (6400, 6400)]
)
def test_a_png_that_claims_too_many_pixels_is_refused(width, height):
    sentence = rf"^Image is too large: {width}x{height}\. The limit is 40 megapixels\.$"
    assert_refused(png(width, height, zlib.compress(bytes(1000))), sentence)


def test_every_format_that_claims_too_many_pixels_is_refused():
    jpeg = with_jpeg_size(encode(scene(), "JPEG"), 65000, 65000)
    gif = encode(scene(), "GIF")
    assert_refused(jpeg, "Image is too large: 65000x65000")
    assert_refused(with_jpeg_size(encode(scene(), "JPEG", progressive=True), 18000, 15000), "too large: 18000x15000")
    assert_refused(webp_lossless(16384, 16384), "Image is too large: 16384x16384")
    assert_refused(gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:], "Image is too large: 65535x65535")
    frame = gif.index(b",", after_gif_palette(gif))
    assert_refused(gif[: frame + 5] + struct.pack("<HH", 65535, 65535) + gif[frame + 9 :], "Image is too large")
    for height in (20000, -20000):
        assert_refused(bmp(20000, height, bytes(100)), "Image is too large: 20000x20000")


def test_a_header_that_claims_more_than_the_file_holds_is_refused():
    assert_refused(png(6300, 6300, flat_rows(64, 64)), "incomplete")
    assert_refused(bmp(6300, 6300, bytes(5000)), "incomplete")
    assert_refused(with_jpeg_size(encode(scene(), "JPEG"), 6000, 6000), "incomplete|damaged")
    assert_refused(with_riff_size(encode(scene(), "WEBP"))[:4] + b"\xff\xff\xff\x7f" + bytes(40), "incomplete|Not an")


def test_a_header_without_pixels_in_it_is_refused():
    for size in ((0, 64), (64, 0), (0, 0)):
        assert_refused(png(*size, flat_rows(64, 64)), "damaged")
        assert_refused(bmp(*size, bytes(100)), "damaged")
        assert_refused(with_jpeg_size(encode(scene(), "JPEG"), *size), "damaged")
    assert_refused(bmp(-64, 64, bytes(64 * 64 * 3)), "damaged")


def test_a_webp_whose_canvas_disagrees_with_its_frame_is_refused():
    plain = encode(scene(), "WEBP", lossless=True)
    for width, height in ((40, 40), (3000, 3000)):
        canvas = struct.pack("<IHBHB", 0, width - 1, 0, height - 1, 0)
        data = with_riff_size(plain[:12] + b"VP8X" + struct.pack("<I", 10) + canvas + plain[12:])
        assert_refused(data, "damaged")


def test_a_webp_that_would_need_hundreds_of_megabytes_is_refused():
    """38 bytes make 39 megapixels of one colour; Pillow holds them four times."""
    assert_refused(webp_lossless(6244, 6244), r"^Image is too large for its kind of file: 6244x6244\. Save it smaller")


def test_a_progressive_jpeg_that_would_need_hundreds_of_megabytes_is_refused():
    data = encode(noise(), "JPEG", progressive=True, subsampling=0)
    assert_refused(with_jpeg_size(data, 6300, 6300), "too large for its kind of file")


@pytest.mark.parametrize("megabytes", [5, 60])
def test_inflated_text_and_colour_profiles_are_refused(megabytes):
    bomb = deflated_zeros(megabytes)
    for name, content in (
        (b"zTXt", b"key\0\0" + bomb),
        (b"iCCP", b"profile\0\0" + bomb),
        (b"iTXt", b"key\0\1\0en\0key\0" + bomb),
    ):
        assert_refused(png(64, 64, flat_rows(64, 64), [(name, content)]), r"^The image contains too much hidden data\.")


def test_many_small_inflated_texts_are_refused_together():
    text = (b"zTXt", b"key\0\0" + deflated_zeros(1))
    assert_refused(png(64, 64, flat_rows(64, 64), [text] * 300), "too much hidden data")
    assert_accepted(png(64, 64, flat_rows(64, 64), [text] * 3))


def test_broken_or_plain_text_does_not_matter():
    extra = [(b"zTXt", b"key\0\0not deflated"), (b"iTXt", b"key\0\0\0\0\0plain"), (b"zTXt", b""), (b"iTXt", b"key\0\1")]
    assert assert_accepted(png(64, 64, flat_rows(64, 64), extra)).notes == ()


def test_pixels_beyond_the_header_of_a_png_are_not_inflated():
    """64 x 64 pixels and a gigabyte behind them: the decoder stops at the last row."""
    data = png(64, 64, zlib.compress((b"\0" + b"\x78" * 192) * 64 + bytes(1 << 24)))
    assert assert_accepted(data).picture.getextrema() == ((120, 120),) * 3


def test_hundreds_of_jpeg_scans_are_refused():
    data = encode(noise(), "JPEG", progressive=True)
    assert_refused(with_scans_repeated(data, 400), r"^Image took too long to read\.$")
    assert_accepted(with_scans_repeated(data, 50))


def test_fewer_jpeg_scans_are_allowed_the_more_pixels_there_are():
    data = with_scans_repeated(encode(noise(), "JPEG", progressive=True), 50)
    assert_refused(with_jpeg_size(data, 4000, 4000), r"^Image took too long to read\.$")


def test_endless_parts_are_refused():
    jpeg, gif = encode(scene(), "JPEG"), encode(scene().quantize(256), "GIF")
    assert_refused(jpeg[:2] + b"\xff\xe2\0\2" * 100_000 + jpeg[2:], "took too long")
    assert_refused(png(64, 64, flat_rows(64, 64), [(b"tEXt", b"")] * 100_000), "took too long")
    start = after_gif_palette(gif)
    assert_refused(gif[:start] + b"!\xfe" + b"\1a" * 100_000 + b"\0" + gif[start:], "took too long")
    assert_refused(b"\xff\xd8" + b"\xff" * 1_000_000, "incomplete")


def test_megabytes_of_gif_comments_are_skipped():
    """Pillow joins the blocks of a comment one by one, which takes minutes at this size."""
    gif = encode(scene().quantize(256), "GIF")
    start = after_gif_palette(gif)
    comment = b"!\xfe" + (b"\xff" + b"a" * 255) * 30_000 + b"\0"
    guarded = assert_accepted(gif[:start] + comment + gif[start:])
    np.testing.assert_array_equal(pixels_of(guarded), pixels_of(read_picture(gif)))


def test_run_length_bmps_are_only_read_while_small():
    """Pillow decodes them in Python: 40 megapixels would take many seconds."""
    assert_refused(bmp(3000, 3000, b"\1\5\0\0" * 100, bits=8, coding=1, palette=GREYS), "took too long")
    assert_refused(bmp(40, 40, b"\1\5" * 2_100_000, bits=8, coding=1, palette=GREYS), "took too long")
    assert_refused(bmp(40, 40, b"", bits=8, coding=1, palette=GREYS), "damaged|incomplete")
    for coding in (4, 5, 99):  # JPEG and PNG inside, and nonsense
        assert_refused(bmp(40, 40, bytes(5000), coding=coding), "This kind of BMP is not supported")


def test_exif_that_points_at_itself_thousands_of_times_is_ignored():
    """Pillow's own reader would copy 60 kB for each of 5,000 entries."""
    entries = b"".join(struct.pack("<HHII", tag, 7, 60_000, 0) for tag in range(1, 5000))
    block = b"II*\0" + struct.pack("<IH", 8, 4999) + entries + bytes(100)
    jpeg = with_jpeg_segment(encode(scene(), "JPEG"), 0xE1, b"Exif\0\0" + block)
    assert assert_accepted(jpeg).picture.size == (64, 48)
    assert_accepted(png(64, 64, flat_rows(64, 64), [(b"eXIf", block + bytes(1_000_000))]))


def peak_megabytes():
    """Peak memory of this process; the more usual getrusage starts at that of the process that started this one."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text()).group(1)) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory of Linux")
def test_bombs_cost_little_memory():
    """A process of its own, because a peak never falls again; 60 MB is the promise for what is refused."""
    code = """
import sys
sys.path.insert(0, "tests")
import test_guards_picture as t
t.assert_good_still_works()
before = t.peak_megabytes()
t.assert_refused(t.png(6300, 6300, t.flat_rows(64, 64)), "incomplete")
t.assert_refused(t.webp_lossless(6244, 6244), "too large")
t.assert_refused(t.bmp(6300, 6300, bytes(5000)), "incomplete")
t.assert_refused(t.with_jpeg_size(t.encode(t.scene(), "JPEG"), 6000, 6000), "incomplete|damaged")
t.assert_refused(t.png(64, 64, t.flat_rows(64, 64), [(b"zTXt", b"k\\0\\0" + t.deflated_zeros(100))]), "hidden")
t.test_exif_that_points_at_itself_thousands_of_times_is_ignored()
print(t.peak_megabytes() - before)
"""
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 60


# --------------------------------------------------------------------------------------- orientation, alpha, animations


def turned(picture, orientation):
    """The pixels a camera stores when ``orientation`` turns them back into ``picture``."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # members of Image.Transpose
    return picture.transpose(Image.Transpose(undo[orientation])) if orientation in undo else picture


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_rotated_by_exif_come_out_upright(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    data = encode(turned(scene(), orientation), kind, exif=exif, **options)
    guarded = assert_accepted(data)
    assert guarded.picture.size == (64, 48)
    assert np.abs(pixels_of(guarded) - np.asarray(scene())).mean() < 2


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II",
        b"XX*\0\x08\0\0\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff",
        exif_block(0),
        exif_block(9),
        exif_block(65535),
        exif_block(6, kind=2),
        exif_block(6)[:14],
    ],
    ids=briefly,
)
def test_broken_exif_is_ignored(block):
    jpeg = with_jpeg_segment(encode(scene(), "JPEG"), 0xE1, b"Exif\0\0" + block)
    assert assert_accepted(jpeg).picture.size == (64, 48)
    assert assert_accepted(png(64, 48, flat_rows(64, 48), [(b"eXIf", block)])).picture.size == (64, 48)


@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_is_read_in_both_byte_orders(order):
    jpeg = with_jpeg_segment(encode(scene(), "JPEG"), 0xE1, b"Exif\0\0" + exif_block(6, order))
    assert assert_accepted(jpeg).picture.size == (48, 64)


def test_orientation_is_applied_to_a_shrunk_picture():
    jpeg = with_jpeg_segment(encode(scene(2000, 1000), "JPEG"), 0xE1, b"Exif\0\0" + exif_block(8))
    assert assert_accepted(jpeg).picture.size == (512, 1024)


def test_transparency_becomes_white_with_a_note():
    clear_red = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    half_black = Image.new("RGBA", (40, 40), (0, 0, 0, 128))
    for kind in ("PNG", "WEBP"):
        options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
        guarded = assert_accepted(encode(clear_red, kind, **options))
        assert guarded.picture.getextrema() == ((255, 255),) * 3
        assert guarded.notes == ("Transparency was filled with white.",)
        assert assert_accepted(encode(half_black, kind, **options)).picture.getpixel((3, 3)) == (127, 127, 127)
    assert assert_accepted(encode(Image.new("LA", (40, 40), (0, 0)))).picture.getpixel((3, 3)) == (255, 255, 255)


def test_transparent_palettes_and_colour_keys_become_white_with_a_note():
    palette = Image.new("P", (40, 40), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(0, (0, 0, 20, 40))
    for data in (encode(palette, transparency=0), encode(palette, "GIF", transparency=0)):
        guarded = assert_accepted(data)
        assert guarded.picture.getpixel((5, 5)) == (255, 255, 255)
        assert guarded.picture.getpixel((35, 5)) == (0, 0, 255)
        assert guarded.notes == ("Transparency was filled with white.",)
    keyed = encode(Image.new("RGB", (40, 40), (9, 8, 7)), transparency=(9, 8, 7))
    assert assert_accepted(keyed).picture.getpixel((5, 5)) == (255, 255, 255)
    partly = encode(palette, transparency=bytes([255, 128]))
    assert assert_accepted(partly).picture.getpixel((35, 5)) == (127, 127, 255)


def test_an_opaque_alpha_channel_needs_no_note():
    for kind in ("PNG", "WEBP"):
        assert assert_accepted(encode(Image.new("RGBA", (40, 40), (1, 2, 3, 255)), kind)).notes == ()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_only_the_first_frame_of_an_animation_is_used_with_a_note(kind):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    guarded = assert_accepted(data)
    assert guarded.notes == ("Only the first frame is used.",)
    assert np.abs(np.array(guarded.picture.getpixel((20, 20))) - (200, 0, 0)).max() < 12


def test_an_animation_with_a_broken_second_frame_still_gives_its_first():
    frames = [noise(40, 40, seed) for seed in range(2)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert_accepted(data[: len(data) * 3 // 4])


def bmp_with_alpha(header, alpha):
    """A 32-bit BMP of bit fields, header V4 (108 bytes) or V5 (124)."""
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    fields = struct.pack("<IiiHHIIiiII", header, 40, 40, 1, 32, 3, 6400, 0, 0, 0, 0) + masks
    start = 14 + header
    body = bytes([30, 20, 200, alpha]) * 1600
    return b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + fields.ljust(header, b"\0") + body


@pytest.mark.parametrize("header", [108, 124])
def test_a_bmp_whose_fourth_byte_is_empty_is_opaque(header):
    guarded = assert_accepted(bmp_with_alpha(header, 0))
    assert guarded.picture.getpixel((5, 5)) == (200, 20, 30)
    assert guarded.notes == ()
    half = assert_accepted(bmp_with_alpha(header, 128))
    assert half.notes == ("Transparency was filled with white.",)


def test_a_gif_frame_that_is_smaller_than_its_canvas_lies_on_white():
    frame = Image.new("P", (40, 40), 1)
    frame.putpalette([255, 0, 0, 0, 0, 255])
    data = bytearray(encode(frame, "GIF"))
    at = data.index(b",", after_gif_palette(data))
    data[6:10] = struct.pack("<HH", 100, 80)
    data[at + 1 : at + 5] = struct.pack("<HH", 30, 20)
    guarded = assert_accepted(bytes(data))
    assert guarded.picture.size == (100, 80)
    assert guarded.picture.getpixel((5, 5)) == guarded.picture.getpixel((75, 65)) == (255, 255, 255)
    assert guarded.picture.getpixel((30, 20)) == guarded.picture.getpixel((69, 59)) == (0, 0, 255)
    assert guarded.notes == ("Transparency was filled with white.",)


def xmp_packet(form):
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description ' + form + b"</rdf:Description></x:xmpmeta>"


XMP_FORMS = (b'tiff:Orientation="6">', b">x<tiff:Orientation>6</tiff:Orientation>")


@pytest.mark.parametrize("form", XMP_FORMS, ids=briefly)
def test_an_orientation_in_xmp_turns_the_picture(form):
    xmp = xmp_packet(form)
    adobe = b"http://ns.adobe.com/xap/1.0/\0"
    pictures = [
        with_jpeg_segment(encode(scene(), "JPEG"), 0xE1, adobe + xmp),
        png(64, 48, flat_rows(64, 48), [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)]),
        png(64, 48, flat_rows(64, 48), [(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp))]),
        encode(scene(), "WEBP", xmp=xmp),
    ]
    for data in pictures:
        assert assert_accepted(data).picture.size == (48, 64)
        with Image.open(BytesIO(data)) as direct:
            assert ImageOps.exif_transpose(direct).size == (48, 64)
    exif = with_jpeg_segment(pictures[0], 0xE1, b"Exif\0\0" + exif_block(1))
    assert assert_accepted(exif).picture.size == (64, 48)  # EXIF comes first


@pytest.mark.parametrize("name", [b"exif", b"APP1"])
@pytest.mark.parametrize("kind", [b"zTXt", b"tEXt"])
def test_exif_where_imagemagick_puts_it_turns_the_picture(name, kind):
    block = (b"Exif\0\0" + exif_block(6)).hex().encode()
    text = b"\n" + name + b"\n" + f"{len(block) // 2:8}".encode() + b"\n" + block[:40] + b"\n" + block[40:] + b"\n"
    packed = b"\0" + zlib.compress(text) if kind == b"zTXt" else text
    data = png(64, 48, flat_rows(64, 48), [(kind, b"Raw profile type " + name + b"\0" + packed)])
    assert assert_accepted(data).picture.size == (48, 64)
    broken = png(64, 48, flat_rows(64, 48), [(b"tEXt", b"Raw profile type exif\0\nexif\n 9\nzz")])
    assert assert_accepted(broken).picture.size == (64, 48)


# ---------------------------------------------------------------------------------------------------- colour profiles


def s15(value):
    return struct.pack(">i", round(value * 65536))


def rgb_profile(primaries, gamma=None):
    """An ICC profile from its primaries (columns of XYZ at D50) and the curve of sRGB, or a power."""
    if gamma is None:
        curve = b"para\0\0\0\0\0\3\0\0" + b"".join(map(s15, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)))
    else:
        curve = b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(gamma * 256)) + b"\0\0"
    xyz = {name: b"XYZ \0\0\0\0" + b"".join(map(s15, column)) for name, column in primaries.items()}
    tags = {**xyz, b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(s15, (0.9642, 1, 0.8249)))}
    tags |= {name: curve for name in (b"rTRC", b"gTRC", b"bTRC")}
    return icc(b"RGB ", tags)


def icc(space, tags):
    start, table, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(content))
        body += content
    head = struct.pack(">I4xI4s4s4s12x4s28x", start + len(body), 0x04000000, b"mntr", space, b"XYZ ", b"acsp")
    head += b"".join(map(s15, (0.9642, 1, 0.8249)))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


P3 = rgb_profile(
    {b"rXYZ": (0.51512, 0.2412, -0.00105), b"gXYZ": (0.29198, 0.69225, 0.04189), b"bXYZ": (0.1571, 0.06657, 0.78407)}
)
SRGB_LIKE = rgb_profile(
    {b"rXYZ": (0.43607, 0.22249, 0.01392), b"gXYZ": (0.38515, 0.71687, 0.09708), b"bXYZ": (0.14307, 0.06061, 0.7141)}
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_of_display_p3_become_those_of_srgb(kind, mode):
    """The numbers are those of the two definitions: (230, 120, 30) in P3 is (247, 112, 0) in sRGB."""
    if (kind, mode) == ("JPEG", "RGBA"):
        pytest.skip("JPEG has no alpha")
    colour = (230, 120, 30, 255)[: len(mode)]
    options = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    guarded = assert_accepted(encode(Image.new(mode, (1400, 1100), colour), kind, icc_profile=P3, **options))
    assert np.abs(np.array(guarded.picture.getpixel((20, 20))) - (247, 112, 0)).max() <= 2
    assert guarded.notes == ()


def test_a_profile_in_several_segments_of_a_jpeg_is_put_together():
    data = encode(Image.new("RGB", (40, 40), (230, 120, 30)), "JPEG", quality=100, subsampling=0)
    for number, part in ((1, P3[:200]), (2, P3[200:])):  # each goes to the front, so they stand in the wrong order
        data = with_jpeg_segment(data, 0xE2, b"ICC_PROFILE\0" + bytes([number, 2]) + part)
    assert np.abs(np.array(assert_accepted(data).picture.getpixel((20, 20))) - (247, 112, 0)).max() <= 2


def test_pictures_of_a_profile_like_srgb_keep_every_level():
    for profile in (SRGB_LIKE, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        guarded = assert_accepted(encode(scene(), icc_profile=profile))
        np.testing.assert_array_equal(pixels_of(guarded), np.asarray(scene()))
        assert guarded.notes == ()


def test_a_grey_profile_changes_the_curve_of_greys():
    grey = icc(b"GRAY", {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(s15, (0.9642, 1, 0.8249))),
                        b"kTRC": b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", 256) + b"\0\0"})  # fmt: skip
    guarded = assert_accepted(encode(Image.new("L", (40, 40), 128), icc_profile=grey))
    assert abs(guarded.picture.getpixel((5, 5))[0] - 188) <= 1  # half the light
    assert guarded.picture.getpixel((5, 5))[0] == guarded.picture.getpixel((5, 5))[2]


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        P3[:-20],
        P3[:36] + b"xxxx" + P3[40:],
        P3[:128] + struct.pack(">I", 5_000_000) + P3[132:],
        P3[:136] + struct.pack(">II", 10, 4_000_000_000) + P3[144:],
        P3[:16] + b"CMYK" + P3[20:],
        P3 + bytes(2_000_000),
        icc(b"RGB ", {b"desc": bytes(100)}),
    ],
    ids=briefly,
)
def test_a_broken_profile_is_ignored_with_a_note(profile):
    for kind in ("PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        guarded = assert_accepted(encode(scene(), kind, icc_profile=profile, **options))
        np.testing.assert_array_equal(pixels_of(guarded), np.asarray(scene()))
        assert guarded.notes == ("The colour profile cannot be used and was ignored.",)


def test_damaged_profiles_never_crash_the_reader():
    """LittleCMS is written in C: 500 profiles with a few wrong bytes, the same on every run."""
    source = random.Random(5)
    for _ in range(500):
        profile = bytearray(P3)
        for _ in range(source.choice((1, 2, 8, 40))):
            profile[source.randrange(len(profile))] = source.randrange(256)
        assert outcome_of(encode(scene(), icc_profile=bytes(profile))) == ""


# ------------------------------------------------------------------------------- metadata, messages, logs, side effects

SECRET = "Jane Doe 52.5200N 13.4050E"


def pictures_with_secrets():
    exif = Image.Exif()
    exif[0x013B] = SECRET
    secret = SECRET.encode()
    jpeg = encode(scene(), "JPEG", exif=exif, comment=secret)
    return {
        "JPEG": with_jpeg_segment(jpeg, 0xED, b"Photoshop 3.0\0" + secret),
        "PNG": png(64, 64, flat_rows(64, 64), [(b"tEXt", b"Author\0" + secret), (b"iTXt", b"k\0\0\0\0\0" + secret)]),
        "WEBP": encode(scene(), "WEBP", exif=exif, xmp=secret, icc_profile=secret),
        "GIF": encode(scene(), "GIF", comment=secret),
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_private_metadata_reaches_neither_the_picture_nor_the_log(kind, caplog):
    caplog.set_level(logging.INFO)
    data = pictures_with_secrets()[kind]
    assert SECRET.encode() in data
    guarded = assert_accepted(data)
    assert guarded.picture.getexif() == {}
    for target in ("PNG", "JPEG", "WEBP"):
        assert b"Jane" not in encode(guarded.picture, target)
    with pytest.raises(ImageError):
        read_picture(data[: len(data) - 30].replace(b"IDAT", b"IDAX"))
    assert "Jane" not in caplog.text


def test_an_unforeseen_failure_is_logged_with_the_reference_that_the_visitor_sees(tmp_path, monkeypatch, caplog):
    path = tmp_path / "holiday.png"
    path.write_bytes(GOOD)

    def explode(*_: object) -> None:
        raise RuntimeError(f"library wording about {path}")

    monkeypatch.setattr(reader, "flatten", explode)
    with pytest.raises(ImageError, match=r"^The image file is damaged \(reference [0-9a-f]{8}\)\.$") as caught:
        read_picture(path)
    reference = re.search("reference ([0-9a-f]{8})", str(caught.value)).group(1)
    assert reference in caplog.text
    assert "RuntimeError at explode" in caplog.text
    assert str(tmp_path) not in caplog.messages[0]
    assert "holiday" not in caplog.messages[0]


def test_running_out_of_memory_is_an_answer_and_not_a_crash(monkeypatch):
    def starve(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(pixels.Image, "open", starve)
    with pytest.raises(ImageError, match="damaged"):
        read_picture(GOOD)
    monkeypatch.undo()
    assert_good_still_works()


def test_the_callers_bytes_and_file_are_left_alone(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(GOOD)
    read_picture(path)
    assert path.read_bytes() == GOOD
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.filterwarnings("error")
def test_no_warning_escapes():
    assert_refused(png(10000, 10000, zlib.compress(bytes(1000))), "too large")
    assert_accepted(encode(scene(3000, 2000), "JPEG"))


def test_pictures_are_read_in_parallel_without_mixing_them_up():
    limits = PictureLimits(large_decoder_bytes=1)  # every picture waits for its turn
    levels = list(range(0, 256, 8))
    files = [encode(Image.new("RGB", (50, 50), (level,) * 3), "WEBP", lossless=True) for level in levels]
    with ThreadPoolExecutor(8) as pool:
        free = list(pool.map(read_picture, files))
        queued = list(pool.map(lambda data: read_picture(data, limits), files))
    for level, one, other in zip(levels, free, queued, strict=True):
        assert one.picture.getextrema() == other.picture.getextrema() == ((level, level),) * 3


def test_a_refusal_lets_the_next_large_picture_in():
    limits = PictureLimits(large_decoder_bytes=1)
    with pytest.raises(ImageError):
        read_picture(encode(noise(), "GIF")[:-600], limits)
    result: list[GuardedPicture] = []
    thread = threading.Thread(target=lambda: result.append(read_picture(GOOD, limits)), daemon=True)
    thread.start()
    thread.join(30)
    assert result, "the lock was not given back"


def test_the_default_path_reads_the_same_pixels_every_time():
    data = encode(scene(1500, 900), "JPEG")
    assert read_picture(data).picture.tobytes() == read_picture(data).picture.tobytes()


# -------------------------------------------------------------------------------------------------------------- fuzzing


@pytest.mark.parametrize("kind", [*FORMATS, "progressive", "palette"])
def test_flipped_bytes_give_a_picture_or_a_sentence_and_nothing_else(kind):
    """400 damaged files of each kind, the same on every run."""
    original = {
        "progressive": encode(scene(), "JPEG", progressive=True),
        "palette": encode(scene().quantize(16), transparency=3),
    }.get(kind) or encode(scene(), kind)
    generator = random.Random(kind)
    for _ in range(400):
        data = bytearray(original)
        reach = len(data) if generator.random() < 0.5 else min(len(data), 200)  # headers matter most
        for _ in range(generator.choice((1, 1, 2, 8))):
            data[generator.randrange(reach)] = generator.randrange(256)
        outcome_of(bytes(data))
    assert_good_still_works()


def test_a_plain_png_stays_as_it_is_and_any_other_file_is_written_anew():
    plain = encode(Image.new("RGB", (40, 50), (9, 200, 30)))
    assert stored_png(plain)[0] == plain
    noted = plain[:33] + struct.pack(">I", 4) + b"tEXta\0bc" + b"\0\0\0\0" + plain[33:]
    grey = encode(Image.new("L", (40, 50), 90))
    large = encode(Image.new("RGB", (1500, 100), (9, 200, 30)))
    for other in (noted, grey, large, plain + b"behind its end"):
        stored, picture = stored_png(other)
        assert stored != other
        assert stored_png(stored)[0] == stored
        assert np.array_equal(np.asarray(Image.open(BytesIO(stored))), np.asarray(picture))
        assert b"bc" not in stored[33:60]
    with pytest.raises(ImageError, match=r"damaged|incomplete"):
        stored_png(plain[:-20])
