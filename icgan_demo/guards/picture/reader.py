"""Pictures from strangers: bytes in, an upright RGB picture without metadata out, or one plain sentence.

Three steps. A *survey* reads the file's structure without decoding a pixel and copies out the parts that a decoder
needs; text, thumbnails and later frames stay behind, so no hostile part of them meets a parser. Pillow then *decodes*
that copy, once, if the survey says that it is small enough. Last, the pixels are *flattened*: 8 bit, on white, sRGB,
shrunk, upright, in a picture of their own.

Decoding happens in this process: a child process would cost more than the decode of an ordinary upload. Its time and
memory are bounded from the survey instead, before a decoder runs.
"""

import logging
import os
import secrets
import stat
import struct
import threading
import traceback
from contextlib import nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.bmp import BMP_HEADERS, survey_bmp
from icgan_demo.guards.picture.colours import read_profile
from icgan_demo.guards.picture.gif import survey_gif
from icgan_demo.guards.picture.jpeg import survey_jpeg
from icgan_demo.guards.picture.limits import (
    BROKEN_PROFILE,
    DEFAULT_LIMITS,
    EMPTY,
    FILLED_WITH_WHITE,
    FIRST_FRAME_ONLY,
    INCOMPLETE,
    NOT_AN_IMAGE,
    TOO_SLOW,
    UNOPENED,
    PictureLimits,
)
from icgan_demo.guards.picture.plain_pixels import decode, flatten
from icgan_demo.guards.picture.png import PNG_SIGNATURE, is_plain_png, survey_png
from icgan_demo.guards.picture.survey import Survey
from icgan_demo.guards.picture.webp import survey_webp

logger = logging.getLogger(__name__)

_one_large_picture = threading.Lock()


@dataclass(frozen=True)
class GuardedPicture:
    """A picture that is safe to use, and what a visitor should know about how it was read."""

    picture: Image.Image
    """RGB, fully decoded, upright, at most 1024 px on its long side, with an empty ``info``."""
    notes: tuple[str, ...] = ()
    """Sentences such as "Only the first frame is used."."""


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
        is_large = survey.decoder_bytes > limits.large_decoder_bytes
        with _one_large_picture if is_large else nullcontext():
            decoded = decode(survey, limits)
            colours, is_broken = read_profile(survey.profile, decoded.mode)
            picture, was_transparent = flatten(decoded, limits, colours)
    except ImageError:
        raise
    except Exception as error:  # the edge: whatever a decoder thinks of, a visitor gets a sentence
        reference = secrets.token_hex(4)
        where = traceback.extract_tb(error.__traceback__)[-1]
        # the exception's own text may quote metadata or a path, so only its type and place are logged
        logger.warning("reference %s: %s at %s:%s", reference, type(error).__name__, where.name, where.lineno)
        raise ImageError(f"The image file is damaged (reference {reference}).") from error
    notes = ((FIRST_FRAME_ONLY, survey.animated), (FILLED_WITH_WHITE, was_transparent), (BROKEN_PROFILE, is_broken))
    return GuardedPicture(_upright(picture, survey.orientation), tuple(text for text, applies in notes if applies))


def stored_png(content: bytes, limits: PictureLimits = DEFAULT_LIMITS) -> tuple[bytes, Image.Image]:
    """Return a picture as PNG without anything else in the file, and its pixels.

    A file that is like this already stays as it is, byte for byte: whoever knows it by its hash knows it again.

    Raises:
        ImageError: if it cannot be used, see ``read_picture``.
    """
    picture = read_picture(content, limits).picture
    if content.startswith(PNG_SIGNATURE) and is_plain_png(content, limits):
        width, height = struct.unpack_from(">II", content, 16)
        if (width, height) == picture.size:
            return content, picture
    file = BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue(), picture


def clean_picture(picture: Image.Image, limits: PictureLimits = DEFAULT_LIMITS) -> Image.Image:
    """Return a picture that a program of our own opened as ``read_picture`` would return its file: same pixels.

    Photos of more than twice ``limits.max_side`` are the exception: a file of that size is decoded at a reduced size.
    """
    colours, _ = read_profile(picture.info.get("icc_profile") or b"", picture.mode)
    flat, _ = flatten(picture, limits, colours)
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


def _survey(data: bytes, limits: PictureLimits) -> Survey:
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return survey_jpeg(data, limits)
        if data.startswith(PNG_SIGNATURE):
            return survey_png(data, limits)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return survey_webp(data, limits)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return survey_gif(data, limits)
        if data.startswith(b"BM") and data[14:18] in BMP_HEADERS:
            return survey_bmp(data, limits)
    except struct.error as error:
        raise ImageError(INCOMPLETE) from error
    for offset, prefix, name in LEFT_OUT:
        if data.startswith(prefix, offset):
            raise ImageError(f"{name} is not supported; use JPEG, PNG or WebP.")
    raise ImageError(NOT_AN_IMAGE)


def _check_cost(survey: Survey, limits: PictureLimits) -> None:
    if survey.too_slow:
        raise ImageError(TOO_SLOW)
    if survey.decoder_bytes > limits.max_decoder_bytes:
        size = f"{survey.width}x{survey.height}"
        raise ImageError(f"Image is too large for its kind of file: {size}. Save it smaller or as an ordinary JPEG.")


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
