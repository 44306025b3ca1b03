"""From a decoder's picture to plain pixels: 8 bit, on white, sRGB, shrunk, in a picture of their own."""

import math
from io import BytesIO

import numpy as np
import PIL.WebPImagePlugin  # noqa: F401  # registers WebP; otherwise Image.open imports every decoder to look for it
from PIL import Image

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.colours import Colours
from icgan_demo.guards.picture.limits import DAMAGED, INCOMPLETE, PictureLimits
from icgan_demo.guards.picture.survey import Survey


def decode(survey: Survey, limits: PictureLimits) -> Image.Image:
    """Return the decoder's picture, large JPEGs at a reduced size; raises ImageError."""
    try:
        with Image.open(BytesIO(survey.clean), formats=[survey.kind]) as picture:
            if picture.size != (survey.frame[2:] if survey.frame else (survey.width, survey.height)):
                raise ImageError(DAMAGED)  # two readers of one header must agree
            if survey.kind == "JPEG":
                shrink = limits.max_side / max(picture.size)
                picture.draft(None, (math.ceil(picture.width * shrink), math.ceil(picture.height * shrink)))
            picture.load()  # once and first: a second call after a failure returns blank rows and no error
            if survey.frame:
                canvas = Image.new("RGBA", (survey.width, survey.height))
                canvas.paste(picture.convert("RGBA"), survey.frame[:2])
                return canvas
            if survey.kind == "BMP" and picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (0, 0):
                picture.putalpha(255)  # many programs leave the fourth byte empty, and viewers show it opaque
            return picture
    except (OSError, SyntaxError, EOFError, ValueError) as error:  # Pillow's usual answers to a bad file
        is_cut_short = any(words in str(error) for words in ("truncated", "not enough image data"))
        raise ImageError(INCOMPLETE if is_cut_short else DAMAGED) from error


def flatten(picture: Image.Image, limits: PictureLimits, colours: Colours | None = None) -> tuple[Image.Image, bool]:
    """Return the picture as RGB of at most ``limits.max_side`` px, and whether some of it was transparent.

    It works in strips of about a megapixel, so the conversions of a large picture never need it twice.

    Args:
        colours: the space of its numbers, None for sRGB.
    """
    width, height = picture.size
    factor = max(1, max(width, height) // limits.max_side)
    rows = factor * max(1, 1_000_000 // (width * factor))
    flat = Image.new("RGB", (math.ceil(width / factor), math.ceil(height / factor)))
    was_transparent = False
    for top in range(0, height, rows):
        strip = picture.crop((0, top, width, min(top + rows, height)))
        if colours is not None and colours.mode == "CMYK":
            strip = colours.to_srgb(strip)
        strip, is_transparent = _on_white(strip)
        was_transparent |= is_transparent
        strip = strip.reduce(factor)
        if colours is not None and colours.mode != "CMYK":
            strip = colours.to_srgb(strip if colours.mode == "RGB" else strip.getchannel("R"))
        flat.paste(strip, (0, top // factor))
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
