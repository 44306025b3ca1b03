"""The structure of BMP files from strangers."""

import struct

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.limits import INCOMPLETE, PictureLimits, check_size
from icgan_demo.guards.picture.survey import Survey

BMP_HEADERS = frozenset(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))
_BMP_PLAIN, _BMP_RUN_LENGTHS, _BMP_BITFIELDS = 0, (1, 2), 3


def survey_bmp(data: bytes, limits: PictureLimits) -> Survey:
    """Return what a BMP says about its picture; raises ImageError."""
    start, header = struct.unpack_from("<II", data, 10)
    if header == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        coding = _BMP_PLAIN
    else:
        width, height, _, bits, coding = struct.unpack_from("<iiHHI", data, 18)
    height = abs(height)  # negative when the top row comes first
    check_size(width, height, limits)
    if coding in _BMP_RUN_LENGTHS:
        too_slow = width * height + len(data) > limits.max_run_length_work
        return Survey("BMP", width, height, data, 4, too_slow=too_slow)
    if coding not in (_BMP_PLAIN, _BMP_BITFIELDS):
        raise ImageError("This kind of BMP is not supported; use JPEG, PNG or WebP.")
    if start + (width * bits + 31) // 32 * 4 * height > len(data):
        raise ImageError(INCOMPLETE)
    return Survey("BMP", width, height, data, 4 if bits > 8 else 1)
