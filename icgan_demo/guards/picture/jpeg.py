"""The structure of JPEG files from strangers."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.limits import DAMAGED, INCOMPLETE, UNUSUAL_JPEG, PictureLimits, check_size
from icgan_demo.guards.picture.orientation import orientation_of
from icgan_demo.guards.picture.survey import Cursor, Survey

_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # not a stuffed 255, padding or a restart
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_UNUSUAL_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})  # lossless, arithmetic, ...
_SOI, _EOI, _SOS, _APP1, _APP2 = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2
_JPEG_NOTES = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})  # comments and applications' data; JFIF and Adobe are needed


@dataclass(frozen=True)
class _Segment:
    marker: int
    start: int
    content: bytes


def _jpeg_segments(data: bytes, limits: PictureLimits) -> Iterator[_Segment]:
    """Yield the segments of a JPEG, the end marker included; the coded pixels between them are skipped."""
    cursor = Cursor(data, 2, limits)
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


def survey_jpeg(data: bytes, limits: PictureLimits) -> Survey:
    """Return what a JPEG says about its picture; raises ImageError."""
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
    check_size(width, height, limits, is_jpeg=True)
    is_progressive = frames[0].marker == _PROGRESSIVE
    coded, scans = _jpeg_body(data, body, is_progressive)
    kept = [data[s.start : s.start + 4 + len(s.content)] for s in head if s.marker not in _JPEG_NOTES]
    exif = _after(b"Exif\0\0", _APP1, head)
    xmp = _after(b"http://ns.adobe.com/xap/1.0/\0", _APP1, head)
    # several scans: the decoder keeps all coefficients, 2 bytes each; one scan: a few rows of a reduced picture
    cost = 2 * _samples_per_pixel(frames[0].content[6:], components) if is_progressive or scans > 1 else 0.5
    too_slow = scans > limits.max_scans or scans * width * height > limits.max_scan_pixels
    clean = b"".join((data[:2], *kept, coded))
    turned = orientation_of(exif, xmp)
    return Survey("JPEG", width, height, clean, cost, turned, too_slow=too_slow, profile=_profile(head))


def _after(prefix: bytes, marker: int, head: list[_Segment]) -> bytes:
    """Return the rest of the first segment that begins so; empty if there is none."""
    return next((s.content[len(prefix) :] for s in head if s.marker == marker and s.content.startswith(prefix)), b"")


def _profile(head: list[_Segment]) -> bytes:
    """Return the ICC profile, which may be cut into several segments that count themselves."""
    prefix = b"ICC_PROFILE\0"
    parts = [s.content[len(prefix) :] for s in head if s.marker == _APP2 and s.content.startswith(prefix)]
    return b"".join(part[2:] for part in sorted(parts, key=lambda part: part[:1]))


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
