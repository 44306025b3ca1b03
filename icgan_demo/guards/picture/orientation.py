"""Which side of a picture is up, from metadata of strangers."""

import re
import struct

UPRIGHT = 1
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])[\"'<]")
"""As an attribute or as an element."""
MAX_XMP_BYTES = 1_000_000


def orientation_of(exif: bytes, xmp: bytes = b"") -> int:
    """Return the orientation that EXIF states, 1 to 8, else that of XMP; 1 (upright) if both are missing or broken."""
    return _exif_orientation(exif) or _xmp_orientation(xmp) or UPRIGHT


def exif_of_raw_profile(text: bytes) -> bytes:
    """Return the EXIF block that ImageMagick writes into a PNG as hexadecimal text; empty if it is none."""
    hexadecimal = b"".join(text.split(b"\n")[3:])
    try:
        return bytes.fromhex(hexadecimal.decode("ascii")).removeprefix(b"Exif\0\0")
    except ValueError:
        return b""


def _xmp_orientation(xmp: bytes) -> int:
    found = _XMP_ORIENTATION.search(xmp[:MAX_XMP_BYTES])
    return int(found.group(1)) if found else 0


def _exif_orientation(exif: bytes) -> int:
    """Return 0 if it is missing or broken.

    Pillow's own reader follows every pointer of the directory, which lets 64 kB of EXIF ask for 350 MB.
    """
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * min(count, 1000), 12):
            tag, kind, value = struct.unpack_from(order + "HH4xH2x", exif, entry)
            if tag == 0x0112:
                return value if kind == 3 and 1 <= value <= 8 else 0
    except (KeyError, struct.error):
        pass
    return 0
