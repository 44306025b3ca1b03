"""Frames as one animated file: GIF and WebP by Pillow, MP4 by imageio's ffmpeg (whose binary is under the GPL)."""

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.recipes.recipe import SYNTHETIC
from icgan_demo.service.requests import check_number

PALETTE_FRAMES = 16
"""Frames that the one palette of a GIF is chosen from: with a palette each, colours flicker."""
MACRO_BLOCK = 16
"""Sides of a video are multiples of this."""
MAX_SIDE = 512
MAX_VIDEO_COMMENT = 100_000
"""Longer ones do not fit into the encoder's arguments and are replaced by the note that the film is synthetic."""


class FilmFormat(Enum):
    """How frames become a file."""

    GIF = "gif"
    """256 colours; shown everywhere."""
    WEBP = "webp"
    """All colours at a fraction of the size; shown by every browser."""
    MP4 = "mp4"
    """H.264 video, which is lossy and does not loop by itself."""


def write_film(
    frames: Sequence[Image.Image],
    path: Path,
    film_format: FilmFormat,
    fps: float = 15.0,
    scale: int = 1,
    comment: str = SYNTHETIC,
) -> Path:
    """Write ``frames`` as an endless animation, or as a video; returns ``path``.

    Args:
        frames: RGB pictures of one size, at least 1.
        path: the file to write.
        film_format: what it becomes.
        fps: frames per second, 1..30; a GIF counts in hundredths of a second and gets the nearest rate.
        scale: how many times larger than the frames, 1, 2 or 4; never above 512 px.
        comment: travels in the file: as a GIF's comment, a WebP's XMP, a video's comment.
    Raises:
        RequestError: for settings out of range, or if the video encoder is missing.
    """
    check_number("Frames per second", fps, 1, 30)
    if scale not in (1, 2, 4):
        raise RequestError(f"The film can be 1, 2 or 4 times as large as the images, got {scale!r:.20}.")
    if not frames:
        raise RequestError("There are no frames to film.")
    side = min(frames[0].width * scale, max(MAX_SIDE, frames[0].width))
    if side != frames[0].width:
        frames = [frame.resize((side, side), Image.Resampling.BICUBIC) for frame in frames]
    match film_format:
        case FilmFormat.GIF:
            _write_gif(frames, path, fps, comment)
        case FilmFormat.WEBP:
            frames[0].save(
                path, "WEBP", save_all=True, append_images=list(frames[1:]), duration=round(1000 / fps), loop=0,
                quality=80, method=4, xmp=comment.encode(),
            )  # fmt: skip
        case FilmFormat.MP4:
            _write_video(frames, path, fps, comment)
    return path


def _write_gif(frames: Sequence[Image.Image], path: Path, fps: float, comment: str) -> None:
    """Write a GIF with one palette for all frames, which are not dithered: dots would dance."""
    chosen = frames[:: max(1, len(frames) // PALETTE_FRAMES)]
    sheet = Image.new("RGB", (chosen[0].width, chosen[0].height * len(chosen)))
    for place, frame in enumerate(chosen):
        sheet.paste(frame, (0, place * frame.height))
    palette = sheet.quantize(256, Image.Quantize.MEDIANCUT)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    duration_ms = 10 * max(2, round(100 / fps))  # browsers slow down what is quicker than 20 ms
    indexed[0].save(
        path, "GIF", save_all=True, append_images=indexed[1:], duration=duration_ms, loop=0, comment=comment.encode()
    )


def _write_video(frames: Sequence[Image.Image], path: Path, fps: float, comment: str) -> None:
    try:
        import imageio.v2 as imageio  # imported when first used: it looks for its binary
    except ImportError as error:
        raise RequestError("The video encoder is not installed. Choose GIF or WebP.") from error
    side = max(MACRO_BLOCK, frames[0].width // MACRO_BLOCK * MACRO_BLOCK)
    comment = comment if len(comment.encode()) <= MAX_VIDEO_COMMENT else SYNTHETIC
    options = ["-metadata", f"comment={comment}", "-movflags", "+faststart"]
    pixels: list[Any] = [np.asarray(frame.resize((side, side)) if frame.width != side else frame) for frame in frames]
    # Half the colour resolution is what Safari and Firefox play.
    imageio.mimwrite(
        path, pixels, format="FFMPEG", fps=fps, codec="libx264", pixelformat="yuv420p", quality=8, output_params=options
    )
