"""Pictures from strangers: bytes in, an upright RGB picture without metadata out, or one plain sentence.

Three steps. A *survey* reads the file's structure without decoding a pixel and copies out the parts that a decoder
needs; text, colour profiles, thumbnails and later frames stay behind, so no hostile part of them meets a parser.
Pillow then *decodes* that copy, once, if the survey says that it is small enough. Last, the pixels are *flattened*:
8 bit, on white, RGB, shrunk, upright, in a picture of their own.

Decoding happens in this process: a child process would cost more than the decode of an ordinary upload. Its time and
memory are bounded from the survey instead, before a decoder runs.
"""

import logging
import math
import os
import re
import secrets
import stat
import struct
import threading
import traceback
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.WebPImagePlugin  # noqa: F401  # registers WebP; otherwise Image.open imports every decoder to look for it
from PIL import ExifTags, Image

from icgan_demo.errors import ImageError

logger = logging.getLogger(__name__)

EMPTY = "This file is empty."
UNOPENED = "The image could not be opened. Please upload it again."
NOT_AN_IMAGE = "Not an image we can read (JPEG, PNG, WebP, GIF, BMP)."
INCOMPLETE = "The image file is incomplete. Please upload it again."
DAMAGED = "The image file is damaged."
TOO_SLOW = "Image took too long to read."
TOO_NARROW = "Image is too narrow."
HIDDEN_DATA = "The image carries too much hidden data. Save it again without metadata."
UNUSUAL_JPEG = "This kind of JPEG is not supported; save it as an ordinary JPEG or as PNG."

FIRST_FRAME_ONLY = "Only the first frame is used."
FILLED_WITH_WHITE = "Transparency was filled with white."


@dataclass(frozen=True)
class PictureLimits:
    """What a picture may cost at most; every number is compared before a pixel is decoded."""

    max_file_bytes: int = 10 * 1024 * 1024
    """Size of the file; the same 10 MB that the upload route allows."""
    max_pixels: int = 40_000_000
    """Width times height as the file's header states them."""
    min_side: int = 32
    """Shortest side, px."""
    max_aspect: int = 20
    """Longest side over shortest side."""
    max_scans: int = 100
    """Scans of a JPEG; each one visits every pixel again."""
    max_scan_pixels: int = 600_000_000
    """Scans of a JPEG times its pixels; a progressive picture of 40 megapixels has about 10 scans."""
    max_run_length_work: int = 4_000_000
    """Pixels plus bytes of a run-length coded BMP, which Pillow decodes in slow Python."""
    max_hidden_bytes: int = 4 * 1024 * 1024
    """Compressed text and colour profiles of a PNG after inflation; nothing of them is used."""
    max_parts: int = 60_000
    """Segments, chunks or blocks of a file; 10 MB of full GIF blocks are 41,000."""
    max_decoder_bytes: int = 200_000_000
    """Memory that decoding needs as the header tells: 4 bytes a pixel for a PNG, 16 for a WebP (4 copies)."""
    large_decoder_bytes: int = 64_000_000
    """Pictures that need more than this are decoded one at a time, whoever sent them."""
    max_side: int = 1024
    """Longest side of the picture handed on, px; larger pictures are shrunk."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value < 1:
                raise ValueError(f"{field.name} must be at least 1, got {value}")
        if self.max_pixels > 80_000_000:  # Pillow warns from 89 on; its warning filter cannot be set for one thread
            raise ValueError(f"max_pixels must be at most 80000000, got {self.max_pixels}")


DEFAULT_LIMITS = PictureLimits()

_one_large_picture = threading.Lock()


@dataclass(frozen=True)
class GuardedPicture:
    """A picture that is safe to use, and what a visitor should know about how it was read."""

    picture: Image.Image
    """RGB, fully decoded, upright, at most 1024 px on its long side, with an empty ``info``."""
    notes: tuple[str, ...] = ()
    """Sentences such as "Only the first frame is used."."""


@dataclass(frozen=True)
class _Survey:
    """What a file says about its picture, and the part of the file that a decoder needs."""

    kind: str
    width: int
    height: int
    clean: bytes
    bytes_per_pixel: float
    orientation: int = 1
    animated: bool = False
    too_slow: bool = False
    """Whether decoding takes long for a reason that the size does not show."""


def read_picture(source: Path | bytes, limits: PictureLimits = DEFAULT_LIMITS) -> GuardedPicture:
    """Return the picture in a file or in bytes: RGB, upright, without metadata, shrunk to ``limits.max_side``.

    JPEG, PNG, WebP, GIF and BMP are told apart by content, never by name. Broken metadata is ignored.

    Args:
        source: a file's path (links are followed) or a file's content.
        limits: what the picture may cost.
    Raises:
        ImageError: if it cannot be used; the text is one sentence for a visitor and holds no path.
    """
    try:
        survey = _survey(_content_of(source, limits), limits)
        _check_cost(survey, limits)
        is_large = _decoder_bytes(survey) > limits.large_decoder_bytes
        with _one_large_picture if is_large else nullcontext():
            picture, was_transparent = _flatten(_decode(survey, limits), limits)
    except ImageError:
        raise
    except Exception as error:  # the edge: whatever a decoder thinks of, a visitor gets a sentence
        reference = secrets.token_hex(4)
        where = traceback.extract_tb(error.__traceback__)[-1]
        # the exception's own text may quote metadata or a path, so only its type and place are logged
        logger.warning("reference %s: %s at %s:%s", reference, type(error).__name__, where.name, where.lineno)
        raise ImageError(f"The image file is damaged (reference {reference}).") from error
    notes = ((FIRST_FRAME_ONLY, survey.animated), (FILLED_WITH_WHITE, was_transparent))
    return GuardedPicture(_upright(picture, survey.orientation), tuple(text for text, applies in notes if applies))


def clean_picture(picture: Image.Image, limits: PictureLimits = DEFAULT_LIMITS) -> Image.Image:
    """Return a picture that a program of our own opened as ``read_picture`` would return its file: same pixels.

    Photos of more than twice ``limits.max_side`` are the exception: a file of that size is decoded at a reduced size.
    """
    flat, _ = _flatten(picture, limits)
    return _upright(flat, int(picture.getexif().get(ExifTags.Base.Orientation, 1)))


def _content_of(source: Path | bytes, limits: PictureLimits) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with open(source, "rb", opener=_open_without_waiting) as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise ImageError(NOT_AN_IMAGE)
                data = stream.read(limits.max_file_bytes + 1)
        except (OSError, ValueError) as error:  # ValueError: a NUL byte in the path
            raise ImageError(UNOPENED) from error
    if not data:
        raise ImageError(EMPTY)
    if len(data) > limits.max_file_bytes:
        raise ImageError(f"The file is too large: the limit is {limits.max_file_bytes / 2**20:g} MB.")
    return data


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a plain open of a FIFO waits for ever


# ---------------------------------------------------------------------------------------------------------------------
# Survey: the structure of a file, without decoding a pixel


LEFT_OUT = (
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftypavis", "AVIF"),
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyphev", "HEIC"),
    (4, b"ftypmif1", "HEIC"),
    (4, b"ftypmsf1", "HEIC"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "PSD"),
    (0, b"\0\0\1\0", "ICO"),
    (0, b"%PDF-", "PDF"),
)
"""Offset, first bytes and name of formats that are refused on purpose: each decoder is attack surface."""


def _survey(data: bytes, limits: PictureLimits) -> _Survey:
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _survey_jpeg(data, limits)
        if data.startswith(_PNG_SIGNATURE):
            return _survey_png(data, limits)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _survey_webp(data, limits)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return _survey_gif(data, limits)
        if data.startswith(b"BM") and data[14:18] in _BMP_HEADERS:
            return _survey_bmp(data, limits)
    except struct.error as error:
        raise ImageError(INCOMPLETE) from error
    for offset, prefix, name in LEFT_OUT:
        if data.startswith(prefix, offset):
            raise ImageError(f"{name} is not supported; upload JPEG, PNG or WebP.")
    raise ImageError(NOT_AN_IMAGE)


class _Cursor:
    """Walks through the parts of a file; neither runs past its end nor goes on for ever."""

    def __init__(self, data: bytes, position: int, limits: PictureLimits) -> None:
        self.data = data
        self.position = position
        self._parts_left = limits.max_parts

    def take(self, count: int) -> bytes:
        start, self.position = self.position, self.position + count
        if self.position > len(self.data):
            raise ImageError(INCOMPLETE)
        return self.data[start : self.position]

    def count_part(self) -> None:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise ImageError(TOO_SLOW)


_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # not a stuffed 255, padding or a restart
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_UNUSUAL_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})  # lossless, arithmetic, ...
_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_JPEG_NOTES = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})  # comments and applications' data; JFIF and Adobe are needed


@dataclass(frozen=True)
class _Segment:
    marker: int
    start: int
    content: bytes


def _jpeg_segments(data: bytes, limits: PictureLimits) -> Iterator[_Segment]:
    """Yield the segments of a JPEG, the end marker included; the coded pixels between them are skipped."""
    cursor = _Cursor(data, 2, limits)
    while found := _JPEG_MARKER.search(data, cursor.position):
        cursor.count_part()
        marker, cursor.position = data[found.start() + 1], found.end()
        if marker == _EOI:
            yield _Segment(marker, found.start(), b"")
            return
        (length,) = struct.unpack(">H", cursor.take(2))
        if marker == _SOI or length < 2:
            raise ImageError(DAMAGED)
        yield _Segment(marker, found.start(), cursor.take(length - 2))


def _survey_jpeg(data: bytes, limits: PictureLimits) -> _Survey:
    segments = list(_jpeg_segments(data, limits))
    first_scan = next((index for index, segment in enumerate(segments) if segment.marker == _SOS), len(segments))
    head, body = segments[:first_scan], segments[first_scan:]
    if any(segment.marker in _UNUSUAL_FRAMES for segment in head):
        raise ImageError(UNUSUAL_JPEG)
    frames = [segment for segment in head if segment.marker in (_BASELINE, _EXTENDED, _PROGRESSIVE)]
    if len(frames) > 1:
        raise ImageError(DAMAGED)
    if not frames:
        raise ImageError(INCOMPLETE)
    precision, height, width, components = struct.unpack_from(">BHHB", frames[0].content)
    if precision != 8:
        raise ImageError(UNUSUAL_JPEG)
    _check_size(width, height, limits)
    is_progressive = frames[0].marker == _PROGRESSIVE
    coded, scans = _jpeg_body(data, body, is_progressive)
    kept = [data[s.start : s.start + 4 + len(s.content)] for s in head if s.marker not in _JPEG_NOTES]
    exif = next((s.content[6:] for s in head if s.marker == _APP1 and s.content.startswith(b"Exif\0\0")), b"")
    # several scans: the decoder keeps all coefficients, 2 bytes each; one scan: a few rows of a reduced picture
    cost = 2 * _samples_per_pixel(frames[0].content[6:], components) if is_progressive or scans > 1 else 0.5
    too_slow = scans > limits.max_scans or scans * width * height > limits.max_scan_pixels
    clean = b"".join((data[:2], *kept, coded))
    return _Survey("JPEG", width, height, clean, cost, _orientation(exif), too_slow=too_slow)


def _jpeg_body(data: bytes, body: list[_Segment], is_progressive: bool) -> tuple[bytes, int]:
    """Return the coded pixels in a form that shows the decoder when some are missing, and the number of scans.

    Before an end marker the decoder fills what is missing with grey and tells nobody. Without one it asks for more
    data, and Pillow refuses the file; so the only scan of an ordinary JPEG is handed on without its end marker. The
    zeros are for the decoder's look-ahead. Several scans are only read up to an end marker and keep theirs.
    """
    scans = [segment for segment in body if segment.marker == _SOS]
    if not scans:
        raise ImageError(INCOMPLETE)
    if len(scans) == 1 and not is_progressive:
        end = body[1].start if len(body) > 1 else len(data)
        return data[scans[0].start : end] + bytes(16), 1
    if is_progressive and not any(scan.content[-3:-2] > b"\0" for scan in scans):
        raise ImageError(INCOMPLETE)  # block averages without any detail: cut short within the first scan
    end = body[-1].start if body[-1].marker == _EOI else len(data)
    return data[scans[0].start : end] + (b"\xff\xd9" if body[-1].marker == _EOI else b""), len(scans)


def _samples_per_pixel(components: bytes, count: int) -> float:
    """Return how many numbers a JPEG keeps for a pixel: 3 when colour is kept in full, 1.5 when at half the side."""
    sampling = [(code >> 4, code & 15) for code in components[1 : 3 * count : 3]]
    if not sampling or any(across < 1 or down < 1 for across, down in sampling):
        raise ImageError(DAMAGED)
    full = max(across for across, _ in sampling) * max(down for _, down in sampling)
    return sum(across * down for across, down in sampling) / full


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS")
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _png_chunks(data: bytes, limits: PictureLimits) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, content) up to the end chunk; the checksums of what is used must fit."""
    cursor = _Cursor(data, len(_PNG_SIGNATURE), limits)
    name = b""
    while name != b"IEND":
        cursor.count_part()
        length, name = struct.unpack(">I4s", cursor.take(8))
        content = cursor.take(length)
        (checksum,) = struct.unpack(">I", cursor.take(4))
        if (name in _PNG_KEPT or name == b"IDAT") and zlib.crc32(content, zlib.crc32(name)) != checksum:
            raise ImageError(DAMAGED)
        yield name, content


def _survey_png(data: bytes, limits: PictureLimits) -> _Survey:
    name, width, height, depth, colour = struct.unpack_from(">4sIIBB", data, 12)
    if name != b"IHDR" or colour not in _PNG_CHANNELS:
        raise ImageError(DAMAGED)
    _check_size(width, height, limits)
    kept: dict[bytes, bytes] = {}
    pixel_data, exif, hidden, animated = [], b"", 0, False
    for name, content in _png_chunks(data, limits):
        if name == b"IDAT":
            pixel_data.append(content)
        elif name in _PNG_KEPT and not pixel_data:
            if name in kept:
                raise ImageError(DAMAGED)
            kept[name] = content
        elif name in (b"zTXt", b"iTXt", b"iCCP"):
            hidden += _inflated_size(name, content, limits.max_hidden_bytes)
            if hidden > limits.max_hidden_bytes:
                raise ImageError(HIDDEN_DATA)
        elif name == b"eXIf":
            exif = content
        elif name == b"acTL":
            animated = content[:4] > b"\0\0\0\1"
    if not pixel_data:
        raise ImageError(INCOMPLETE)
    if depth == 16:
        kept.pop(b"tRNS", None)  # a 16-bit colour key, which Pillow would compare with 8-bit pixels
    chunks = [*kept.items(), (b"IDAT", b"".join(pixel_data)), (b"IEND", b"")]
    clean = _PNG_SIGNATURE + b"".join(_png_chunk(name, content) for name, content in chunks)
    cost = max(1, depth // 8) if _PNG_CHANNELS[colour] == 1 else 4
    return _Survey("PNG", width, height, clean, cost, _orientation(exif), animated)


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _inflated_size(name: bytes, content: bytes, limit: int) -> int:
    """Return the size of a PNG text or profile chunk after inflation, counted up to ``limit`` + 1."""
    rest = content.partition(b"\0")[2]  # after the keyword
    if name == b"iTXt":
        if rest[:1] != b"\1":
            return 0
        compressed = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # after the language and the translated keyword
    else:
        compressed = rest[1:]
    try:
        return len(zlib.decompressobj().decompress(compressed, limit + 1))
    except zlib.error:
        return 0  # broken metadata is ignored


def _survey_webp(data: bytes, limits: PictureLimits) -> _Survey:
    (size,) = struct.unpack_from("<I", data, 4)
    if 8 + size > len(data):
        raise ImageError(INCOMPLETE)
    data = data[: 8 + size]
    kind, flags, exif = data[12:16], 0, b""
    if kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    elif kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8X":
        flags, low_w, high_w, low_h, high_h = struct.unpack_from("<B3xHBHB", data, 20)
        width, height = 1 + low_w + (high_w << 16), 1 + low_h + (high_h << 16)
    else:
        raise ImageError(DAMAGED)
    _check_size(width, height, limits)
    if flags & 0x08:
        exif = _webp_exif(data, limits)
    return _Survey("WEBP", width, height, data, 16, _orientation(exif), animated=bool(flags & 0x02))


def _webp_exif(data: bytes, limits: PictureLimits) -> bytes:
    cursor = _Cursor(data, 12, limits)
    while cursor.position + 8 <= len(data):
        cursor.count_part()
        name, size = struct.unpack("<4sI", cursor.take(8))
        content = cursor.take(size)
        if name == b"EXIF":
            return content.removeprefix(b"Exif\0\0")
        cursor.position += size & 1
    return b""


def _survey_gif(data: bytes, limits: PictureLimits) -> _Survey:
    cursor = _Cursor(data, 6, limits)
    screen = cursor.take(7)
    palette = cursor.take(_gif_palette_bytes(screen[4]))
    control = b""
    while (block := cursor.take(1)) == b"!":
        label, start = cursor.take(1), cursor.position
        _skip_gif_blocks(cursor)
        if label == b"\xf9":
            control = data[start + 1 : start + 5]
    if block != b",":
        raise ImageError(DAMAGED)
    start = cursor.position
    left, top, width, height, flags = struct.unpack("<HHHHB", cursor.take(9))
    screen_width, screen_height = struct.unpack("<HH", screen[:4])
    full_width, full_height = max(screen_width, left + width), max(screen_height, top + height)
    _check_size(full_width, full_height, limits)
    cursor.take(_gif_palette_bytes(flags) + 1)  # and the code size
    _skip_gif_blocks(cursor)
    image = data[start : cursor.position]
    # only the transparent colour matters for one frame; Pillow allocates a second picture for disposal methods
    is_keyed = len(control) == 4 and control[0] & 1
    kept_control = b"!\xf9\x04\x01\0\0" + control[3:] + b"\0" if is_keyed else b""
    clean = b"".join((data[:6], screen, palette, kept_control, b",", image, b";"))
    return _Survey("GIF", full_width, full_height, clean, 1, animated=_has_gif_image(cursor))


def _gif_palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_gif_blocks(cursor: _Cursor) -> None:
    while size := cursor.take(1)[0]:
        cursor.count_part()
        cursor.take(size)


def _has_gif_image(cursor: _Cursor) -> bool:
    """Tell whether another picture follows; a file that breaks off after the first one is still of use."""
    try:
        while cursor.take(1) == b"!":
            cursor.take(1)
            _skip_gif_blocks(cursor)
        return cursor.data[cursor.position - 1 : cursor.position] == b","
    except ImageError:
        return False


_BMP_HEADERS = frozenset(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))
_BMP_PLAIN, _BMP_RUN_LENGTHS, _BMP_BITFIELDS = 0, (1, 2), 3


def _survey_bmp(data: bytes, limits: PictureLimits) -> _Survey:
    start, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        coding = _BMP_PLAIN
    else:
        width, height, _, bits, coding = struct.unpack_from("<iiHHI", data, 18)
    height = abs(height)  # negative when the top row comes first
    _check_size(width, height, limits)
    if coding in _BMP_RUN_LENGTHS:
        too_slow = width * height + len(data) > limits.max_run_length_work
        return _Survey("BMP", width, height, data, 4, too_slow=too_slow)
    if coding not in (_BMP_PLAIN, _BMP_BITFIELDS):
        raise ImageError("This kind of BMP is not supported; upload JPEG, PNG or WebP.")
    if start + (width * bits + 31) // 32 * 4 * height > len(data):
        raise ImageError(INCOMPLETE)
    return _Survey("BMP", width, height, data, 4 if bits > 8 else 1)


def _orientation(exif: bytes) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if it is missing or broken.

    Pillow's own reader follows every pointer of the directory, which lets 64 kB of EXIF ask for 350 MB.
    """
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * min(count, 1000), 12):
            tag, kind, value = struct.unpack_from(order + "HH4xH2x", exif, entry)
            if tag == 0x0112:
                return value if kind == 3 and 1 <= value <= 8 else 1
    except (KeyError, struct.error):
        pass
    return 1


# ---------------------------------------------------------------------------------------------------------------------
# Limits, decoding, flattening


def _decoder_bytes(survey: _Survey) -> float:
    return survey.width * survey.height * survey.bytes_per_pixel


def _check_size(width: int, height: int, limits: PictureLimits) -> None:
    if width < 1 or height < 1:
        raise ImageError(DAMAGED)
    if width * height > limits.max_pixels:
        megapixels = limits.max_pixels / 1e6
        raise ImageError(f"Image is too large: {width}x{height}. The limit is {megapixels:g} megapixels.")
    if min(width, height) < limits.min_side:
        raise ImageError(f"Image is too small: it needs at least {limits.min_side}x{limits.min_side}.")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise ImageError(TOO_NARROW)


def _check_cost(survey: _Survey, limits: PictureLimits) -> None:
    if survey.too_slow:
        raise ImageError(TOO_SLOW)
    if _decoder_bytes(survey) > limits.max_decoder_bytes:
        size = f"{survey.width}x{survey.height}"
        raise ImageError(f"Image is too large for its kind of file: {size}. Save it smaller or as an ordinary JPEG.")


def _decode(survey: _Survey, limits: PictureLimits) -> Image.Image:
    try:
        with Image.open(BytesIO(survey.clean), formats=[survey.kind]) as picture:
            if picture.size != (survey.width, survey.height):
                raise ImageError(DAMAGED)  # two readers of one header must agree
            if survey.kind == "JPEG":
                shrink = limits.max_side / max(picture.size)
                picture.draft(None, (math.ceil(picture.width * shrink), math.ceil(picture.height * shrink)))
            picture.load()  # once and first: a second call after a failure returns blank rows and no error
            return picture
    except (OSError, SyntaxError, EOFError, ValueError) as error:  # Pillow's usual answers to a bad file
        is_cut_short = any(words in str(error) for words in ("truncated", "not enough image data"))
        raise ImageError(INCOMPLETE if is_cut_short else DAMAGED) from error


def _flatten(picture: Image.Image, limits: PictureLimits) -> tuple[Image.Image, bool]:
    """Return the picture as RGB of at most ``limits.max_side`` px, and whether some of it was transparent.

    It works in strips of about a megapixel, so the conversions of a 40-megapixel picture never need it twice.
    """
    width, height = picture.size
    factor = max(1, max(width, height) // limits.max_side)
    rows = factor * max(1, 1_000_000 // (width * factor))
    flat = Image.new("RGB", (math.ceil(width / factor), math.ceil(height / factor)))
    was_transparent = False
    for top in range(0, height, rows):
        strip, is_transparent = _on_white(picture.crop((0, top, width, min(top + rows, height))))
        was_transparent |= is_transparent
        flat.paste(strip.reduce(factor), (0, top // factor))
    shrink = limits.max_side / max(flat.size)
    if shrink < 1:
        flat = flat.resize((round(flat.width * shrink), round(flat.height * shrink)), Image.Resampling.BICUBIC)
    return flat, was_transparent


def _on_white(strip: Image.Image) -> tuple[Image.Image, bool]:
    if strip.mode.startswith("I") or strip.mode == "F":
        strip = _to_eight_bits(strip)
    if not strip.has_transparency_data:
        return strip.convert("RGB"), False
    strip = strip.convert("RGBA")
    alpha = strip.getchannel("A")
    white = Image.new("RGB", strip.size, "white")
    white.paste(strip, mask=alpha)
    return white, bool(np.asarray(alpha).min() < 255)


def _to_eight_bits(strip: Image.Image) -> Image.Image:
    """Return a grey picture of 16-bit integers or of floats in [0, 1] at 8 bit; a plain conversion clips to white."""
    levels = np.asarray(strip)
    if strip.mode == "F":
        if not np.isfinite(levels).all():
            raise ImageError("The image holds values that are not numbers.")
        return Image.fromarray(np.rint(levels.clip(0, 1) * 255).astype(np.uint8))
    return Image.fromarray((levels.clip(0, 65535) >> 8).astype(np.uint8))


_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture
