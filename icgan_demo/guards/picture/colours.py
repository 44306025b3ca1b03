"""Colours as viewers show them: from the space that a stranger's ICC profile names to sRGB.

The profile meets a parser (LittleCMS), so its length, header and table of contents are checked first.
"""

import io
import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageCms

MAX_PROFILE_BYTES = 1_500_000
"""Profiles of screens and cameras have a few kB, those of printing presses about one MB."""
MAX_TAGS = 100
_HEADER_BYTES = 128
_MODES: dict[bytes, Literal["RGB", "L", "CMYK"]] = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}
_TAGS_OF_A_SPACE = (b"rXYZ", b"kTRC", b"A2B0", b"A2B1", b"A2B2")
_SAME_LEVELS = 2
"""Spaces that differ by no more levels of 255 from sRGB are taken for it: ordinary pictures stay as they are."""


@dataclass(frozen=True)
class Colours:
    """The space that a picture's numbers are in."""

    mode: Literal["RGB", "L", "CMYK"]
    _transform: ImageCms.ImageCmsTransform

    def to_srgb(self, picture: Image.Image) -> Image.Image:
        """Return a picture of mode ``mode`` as RGB in sRGB."""
        return self._transform.apply(picture)


def read_profile(profile: bytes, mode: str) -> tuple[Colours | None, bool]:
    """Return the space of a picture's colours, None for sRGB, and whether the profile is broken.

    Args:
        profile: an ICC profile, empty for none.
        mode: of the decoder's picture; a profile for another kind of numbers does not count.
    """
    if not profile:
        return None, False
    if not _is_sound(profile):
        return None, True
    space = _MODES.get(profile[16:20])
    is_fitting = {"CMYK": mode == "CMYK", "L": mode in ("L", "LA", "1") or mode.startswith("I"), "RGB": mode != "CMYK"}
    if space is None or not is_fitting[space]:
        return None, True
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(opened, _SRGB, space, "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None, True
    colours = Colours(space, transform)
    return (None if _is_srgb(colours) else colours), False


_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _is_sound(profile: bytes) -> bool:
    """Return whether a profile is complete, of bearable size, and describes the colours of a picture."""
    if not _HEADER_BYTES + 4 < len(profile) <= MAX_PROFILE_BYTES or profile[36:40] != b"acsp":
        return False
    (size,) = struct.unpack_from(">I", profile)
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    table = _HEADER_BYTES + 4
    if size > len(profile) or not 1 <= count <= MAX_TAGS or table + 12 * count > len(profile):
        return False
    tags = [struct.unpack_from(">4sII", profile, table + 12 * row) for row in range(count)]
    if any(start < _HEADER_BYTES or start + length > len(profile) for _, start, length in tags):
        return False
    return any(name in _TAGS_OF_A_SPACE for name, _, _ in tags)


def _is_srgb(colours: Colours) -> bool:
    if colours.mode == "CMYK":
        return False
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    if colours.mode == "L":
        before = Image.fromarray(levels[None])
    else:
        before = Image.fromarray(np.stack(np.meshgrid(levels, levels, levels), -1).reshape(levels.size, -1, 3))
    after = np.asarray(colours.to_srgb(before)).astype(int)
    return bool(np.abs(after - np.asarray(before.convert("RGB"))).max() <= _SAME_LEVELS)
