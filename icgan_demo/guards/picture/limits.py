"""What a picture may cost, and the sentences that refuse one."""

from dataclasses import dataclass, fields

from icgan_demo.errors import ImageError

EMPTY = "This file is empty."
UNOPENED = "The image could not be opened. Choose it again."
NOT_AN_IMAGE = "Not an image we can read (JPEG, PNG, WebP, GIF, BMP)."
INCOMPLETE = "The image file is incomplete. Save or copy it again."
DAMAGED = "The image file is damaged."
TOO_SLOW = "Image took too long to read."
TOO_NARROW = "Image is too narrow."
HIDDEN_DATA = "The image contains too much hidden data. Save it again without metadata."
UNUSUAL_JPEG = "This kind of JPEG is not supported; save it as an ordinary JPEG or as PNG."

FIRST_FRAME_ONLY = "Only the first frame is used."
FILLED_WITH_WHITE = "Transparency was filled with white."
BROKEN_PROFILE = "The colour profile cannot be used and was ignored."


@dataclass(frozen=True)
class PictureLimits:
    """What a picture may cost at most; every number is compared before a pixel is decoded."""

    max_file_bytes: int = 10 * 1024 * 1024
    """Size of the file; the same 10 MB that the upload route allows."""
    max_pixels: int = 40_000_000
    """Width times height as the file's header states them."""
    max_jpeg_pixels: int = 80_000_000
    """The same for a JPEG, which is decoded at a reduced size; phones have up to 64 megapixels."""
    min_side: int = 32
    """Shortest side, px."""
    max_aspect: int = 20
    """Longest side over shortest side."""
    max_scans: int = 100
    """Scans of a JPEG; each one visits every pixel again."""
    max_scan_pixels: int = 600_000_000
    """Scans of a JPEG times its pixels; a progressive picture of 60 megapixels has about 10 scans."""
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
        for name in ("max_pixels", "max_jpeg_pixels"):
            if getattr(self, name) > 80_000_000:  # Pillow warns from 89 on; its filter cannot be set for one thread
                raise ValueError(f"{name} must be at most 80000000, got {getattr(self, name)}")


DEFAULT_LIMITS = PictureLimits()


def check_size(width: int, height: int, limits: PictureLimits, *, is_jpeg: bool = False) -> None:
    """Raise ImageError unless a picture of that size, as its header states it, may be looked at."""
    if width < 1 or height < 1:
        raise ImageError(DAMAGED)
    most = limits.max_jpeg_pixels if is_jpeg else limits.max_pixels
    if width * height > most:
        megapixels = most / 1e6
        raise ImageError(f"Image is too large: {width}x{height}. The limit is {megapixels:g} megapixels.")
    if min(width, height) < limits.min_side:
        raise ImageError(f"Image is too small: it needs at least {limits.min_side}x{limits.min_side}.")
    if max(width, height) > limits.max_aspect * min(width, height):
        raise ImageError(TOO_NARROW)
