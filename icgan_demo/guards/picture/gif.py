"""The structure of GIF files from strangers."""

import struct

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.limits import DAMAGED, PictureLimits, check_size
from icgan_demo.guards.picture.survey import Cursor, Survey

_COMPOSED_BYTES = 9
"""A pixel of the frame, of its colours, and of the canvas."""


def survey_gif(data: bytes, limits: PictureLimits) -> Survey:
    """Return what a GIF says about its first frame; raises ImageError."""
    cursor = Cursor(data, 6, limits)
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
    check_size(full_width, full_height, limits)
    cursor.take(_gif_palette_bytes(flags) + 1)  # and the code size
    _skip_gif_blocks(cursor)
    # A decoder paints what the first frame leaves out in the background's colour; viewers leave it transparent. So the
    # frame is decoded alone and laid onto the canvas.
    fills = (left, top, width, height) == (0, 0, full_width, full_height)
    frame = None if fills else (left, top, width, height)
    screen = struct.pack("<HH", width, height) + screen[4:]
    image = struct.pack("<HHHH", 0, 0, width, height) + data[start + 8 : cursor.position]
    # only the transparent colour matters for one frame; Pillow allocates a second picture for disposal methods
    is_keyed = len(control) == 4 and control[0] & 1
    kept_control = b"!\xf9\x04\x01\0\0" + control[3:] + b"\0" if is_keyed else b""
    clean = b"".join((data[:6], screen, palette, kept_control, b",", image, b";"))
    cost = 1 if fills else _COMPOSED_BYTES
    return Survey("GIF", full_width, full_height, clean, cost, animated=_has_gif_image(cursor), frame=frame)


def _gif_palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _skip_gif_blocks(cursor: Cursor) -> None:
    while size := cursor.take(1)[0]:
        cursor.count_part()
        cursor.take(size)


def _has_gif_image(cursor: Cursor) -> bool:
    """Tell whether another picture follows; a file that breaks off after the first one is still of use."""
    try:
        while cursor.take(1) == b"!":
            cursor.take(1)
            _skip_gif_blocks(cursor)
        return cursor.data[cursor.position - 1 : cursor.position] == b","
    except ImageError:
        return False
