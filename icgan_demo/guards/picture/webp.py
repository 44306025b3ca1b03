"""The structure of WebP files from strangers."""

import struct

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.limits import DAMAGED, INCOMPLETE, PictureLimits, check_size
from icgan_demo.guards.picture.orientation import orientation_of
from icgan_demo.guards.picture.survey import Cursor, Survey

_HAS_ANIMATION, _HAS_XMP, _HAS_EXIF, _HAS_PROFILE = 0x02, 0x04, 0x08, 0x20


def survey_webp(data: bytes, limits: PictureLimits) -> Survey:
    """Return what a WebP says about its picture; raises ImageError."""
    (size,) = struct.unpack_from("<I", data, 4)
    if 8 + size > len(data):
        raise ImageError(INCOMPLETE)
    data = data[: 8 + size]
    kind, flags = data[12:16], 0
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
    check_size(width, height, limits)
    parts = _metadata(data, limits) if flags & (_HAS_PROFILE | _HAS_EXIF | _HAS_XMP) else {}
    turned = orientation_of(parts.get(b"EXIF", b"").removeprefix(b"Exif\0\0"), parts.get(b"XMP ", b""))
    animated = bool(flags & _HAS_ANIMATION)
    return Survey("WEBP", width, height, data, 16, turned, animated, profile=parts.get(b"ICCP", b""))


def _metadata(data: bytes, limits: PictureLimits) -> dict[bytes, bytes]:
    """Return the chunks that are not pixels, the first of each name."""
    cursor = Cursor(data, 12, limits)
    found: dict[bytes, bytes] = {}
    while cursor.position + 8 <= len(data):
        cursor.count_part()
        name, size = struct.unpack("<4sI", cursor.take(8))
        content = cursor.take(size)
        if name in (b"EXIF", b"XMP ", b"ICCP"):
            found.setdefault(name, content)
        cursor.position += size & 1
    return found
