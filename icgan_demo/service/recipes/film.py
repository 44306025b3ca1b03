"""Frames as one animated file: GIF and WebP by Pillow, MP4 by imageio's ffmpeg (whose binary is under the GPL)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_number
from icgan_demo.service.recipes.recipe import SYNTHETIC

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
    tell: Callable[[float], None] = lambda share: None,
) -> Path:
    """Write ``frames`` as an endless animation, or as a video; returns ``path``.

    Args:
        frames: RGB pictures of one size, at least 1.
        path: the file to write.
        film_format: what it becomes.
        fps: frames per second, 1..30; a GIF counts in hundredths of a second and gets the nearest rate.
        scale: how many times larger than the frames, 1, 2 or 4; never above 512 px.
        comment: travels in the file: as a GIF's comment, a WebP's XMP, a video's comment.
        tell: called before each frame with the share of them that is written, 0..1; what it raises ends the writing,
            and no file is left.
    Raises:
        RequestError: for settings out of range, or if the video encoder is missing.
    """
    check_number("Frames per second", fps, 1, 30)
    if scale not in (1, 2, 4):
        raise RequestError(f"The film can be 1, 2 or 4 times as large as the images, got {scale!r:.20}.")
    if not frames:
        raise RequestError("There are no frames to film.")
    side = min(frames[0].width * scale, max(MAX_SIDE, frames[0].width))
    reel = _Reel(frames, side, tell)
    try:
        match film_format:
            case FilmFormat.GIF:
                _write_gif(reel, path, fps, comment)
            case FilmFormat.WEBP:
                reel.save(
                    path, "WEBP", save_all=True, duration=round(1000 / fps), loop=0, quality=80, method=4,
                    xmp=comment.encode(),
                )  # fmt: skip
            case FilmFormat.MP4:
                _write_video(reel, path, fps, comment)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


class _Reel(Image.Image):
    """All frames as one picture, as Pillow opens a film: each is made ready when a writer turns to it."""

    def __init__(self, frames: Sequence[Image.Image], side: int, tell: Callable[[float], None]) -> None:
        super().__init__()
        self._frames, self._side, self._tell = frames, side, tell
        self._palette: Image.Image | None = None
        self._shown = -1
        self.n_frames = len(frames)
        self._show(0)

    def index_colours(self) -> None:
        """Give all frames one palette without dithering: colours of their own would flicker, dots would dance."""
        chosen = self._frames[:: max(1, self.n_frames // PALETTE_FRAMES)]
        sheet = Image.new("RGB", (self._side, self._side * len(chosen)))
        for place, frame in enumerate(chosen):
            sheet.paste(self._scaled(frame), (0, place * self._side))
        self._palette = sheet.quantize(256, Image.Quantize.MEDIANCUT)
        self._show(0)

    def each(self) -> Iterator[Image.Image]:
        """Yield the frames."""
        for number in range(self.n_frames):
            self.seek(number)
            yield self.copy()

    def seek(self, frame: int) -> None:
        """Turn to a frame; raises EOFError behind the last one, as Pillow expects it."""
        if frame >= self.n_frames:
            raise EOFError
        if frame != self._shown:
            self._tell(frame / self.n_frames)
            self._show(frame)

    def tell(self) -> int:
        """Return the number of the frame."""
        return self._shown

    def _show(self, number: int) -> None:
        frame = self._scaled(self._frames[number])
        if self._palette is not None:
            frame = frame.quantize(palette=self._palette, dither=Image.Dither.NONE)
        self.im, self._mode, self._size, self.palette = frame.im, frame.mode, frame.size, frame.palette
        self._shown = number

    def _scaled(self, frame: Image.Image) -> Image.Image:
        if frame.width == self._side:
            return frame
        return frame.resize((self._side, self._side), Image.Resampling.BICUBIC)


def _write_gif(reel: _Reel, path: Path, fps: float, comment: str) -> None:
    reel.index_colours()
    duration_ms = 10 * max(2, round(100 / fps))  # browsers slow down what is quicker than 20 ms
    reel.save(path, "GIF", save_all=True, duration=duration_ms, loop=0, comment=comment.encode())


def _write_video(reel: _Reel, path: Path, fps: float, comment: str) -> None:
    try:
        import imageio.v2 as imageio  # imported when first used: it looks for its binary
    except ImportError as error:
        raise RequestError("The video encoder is not installed. Choose GIF or WebP.") from error
    side = max(MACRO_BLOCK, reel.width // MACRO_BLOCK * MACRO_BLOCK)
    comment = comment if len(comment.encode()) <= MAX_VIDEO_COMMENT else SYNTHETIC
    options = ["-metadata", f"comment={comment}", "-movflags", "+faststart"]
    # Half the colour resolution is what Safari and Firefox play.
    settings: dict[str, Any] = {"codec": "libx264", "pixelformat": "yuv420p", "quality": 8, "output_params": options}
    writer: Any = imageio.get_writer(path, format="FFMPEG", mode="I", fps=fps, **settings)
    with closing(writer):  # which by itself it is not after an error
        for frame in reel.each():
            writer.append_data(np.asarray(frame.resize((side, side)) if frame.width != side else frame))
