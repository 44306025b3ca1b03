"""The structure of PNG files from strangers."""

import struct
import zlib
from collections.abc import Iterator

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.limits import DAMAGED, HIDDEN_DATA, INCOMPLETE, PictureLimits, check_size
from icgan_demo.guards.picture.orientation import exif_of_raw_profile, orientation_of
from icgan_demo.guards.picture.survey import Cursor, Survey

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS")
_RAW_EXIF = (b"Raw profile type exif", b"Raw profile type APP1")
"""Keywords under which ImageMagick and exiftool write EXIF as text."""
_XMP = b"XML:com.adobe.xmp"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def _png_chunks(data: bytes, limits: PictureLimits) -> Iterator[tuple[bytes, bytes]]:
    """Yield (name, content) up to the end chunk; the checksums of what is used must fit."""
    cursor = Cursor(data, len(PNG_SIGNATURE), limits)
    name = b""
    while name != b"IEND":
        cursor.count_part()
        length, name = struct.unpack(">I4s", cursor.take(8))
        content = cursor.take(length)
        (checksum,) = struct.unpack(">I", cursor.take(4))
        if (name in _PNG_KEPT or name == b"IDAT") and zlib.crc32(content, zlib.crc32(name)) != checksum:
            raise ImageError(DAMAGED)
        yield name, content


def is_plain_png(data: bytes, limits: PictureLimits) -> bool:
    """Return whether a PNG file holds 8-bit colours, and nothing else before or behind its end; raises ImageError."""
    if data[12:16] != b"IHDR" or data[24:29] != b"\x08\x02\0\0\0":
        return False
    chunks = [(name, len(content)) for name, content in _png_chunks(data, limits)]
    length = len(PNG_SIGNATURE) + sum(12 + size for _, size in chunks)
    return length == len(data) and {name for name, _ in chunks} == {b"IHDR", b"IDAT", b"IEND"}


def survey_png(data: bytes, limits: PictureLimits) -> Survey:
    """Return what a PNG says about its picture; raises ImageError."""
    name, width, height, depth, colour = struct.unpack_from(">4sIIBB", data, 12)
    if name != b"IHDR" or colour not in _PNG_CHANNELS:
        raise ImageError(DAMAGED)
    check_size(width, height, limits)
    kept: dict[bytes, bytes] = {}
    pixel_data, exif, xmp, profile, hidden, animated = [], b"", b"", b"", 0, False
    for name, content in _png_chunks(data, limits):
        if name == b"IDAT":
            pixel_data.append(content)
        elif name in _PNG_KEPT and not pixel_data:
            if name in kept:
                raise ImageError(DAMAGED)
            kept[name] = content
        elif name in (b"zTXt", b"iTXt", b"iCCP"):
            keyword, text = _inflated(name, content, limits.max_hidden_bytes)
            hidden += len(text)
            if hidden > limits.max_hidden_bytes:
                raise ImageError(HIDDEN_DATA)
            if name == b"iCCP":
                profile = profile or text
            elif keyword in _RAW_EXIF:
                exif = exif or exif_of_raw_profile(text)
            elif keyword == _XMP:
                xmp = xmp or text
        elif name == b"tEXt":
            keyword, _, text = content.partition(b"\0")
            exif = exif or (exif_of_raw_profile(text) if keyword in _RAW_EXIF else b"")
        elif name == b"eXIf":
            exif = content.removeprefix(b"Exif\0\0")
        elif name == b"acTL":
            animated = content[:4] > b"\0\0\0\1"
    if not pixel_data:
        raise ImageError(INCOMPLETE)
    if depth == 16:
        kept.pop(b"tRNS", None)  # a 16-bit colour key, which Pillow would compare with 8-bit pixels
    chunks = [*kept.items(), (b"IDAT", b"".join(pixel_data)), (b"IEND", b"")]
    clean = PNG_SIGNATURE + b"".join(_png_chunk(name, content) for name, content in chunks)
    cost = max(1, depth // 8) if _PNG_CHANNELS[colour] == 1 else 4
    return Survey("PNG", width, height, clean, cost, orientation_of(exif, xmp), animated, profile=profile)


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content), name) + content + struct.pack(">I", zlib.crc32(content, zlib.crc32(name)))


def _inflated(name: bytes, content: bytes, limit: int) -> tuple[bytes, bytes]:
    """Return keyword and content of a PNG text or profile chunk, inflated up to ``limit`` + 1 bytes."""
    keyword, _, rest = content.partition(b"\0")
    if name == b"iTXt":
        flag, text = rest[:1], rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # after languages
        if flag != b"\1":
            return keyword, text[: limit + 1] if keyword == _XMP else b""
    else:
        text = rest[1:]
    try:
        return keyword, zlib.decompressobj().decompress(text, limit + 1)
    except zlib.error:
        return keyword, b""  # broken metadata is ignored
