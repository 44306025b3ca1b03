"""Frames of videos from strangers, decoded by imageio's ffmpeg in a process of its own.

Its time, memory, output and the sides of a frame are bounded; it opens no other file and no address. A hostile video
can crash or stall it, which costs one sentence here.
"""

import resource
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

from PIL import Image

from icgan_demo.errors import ImageError
from icgan_demo.guards.candidate import Candidate
from icgan_demo.guards.picture.gif import survey_gif
from icgan_demo.guards.picture.limits import DEFAULT_LIMITS, PictureLimits, check_size

NO_DECODER = "Videos cannot be read here: the decoder is not installed. Use images instead."
UNREADABLE = "The video has no frame that can be read. Save it as MP4 (H.264) or WebM, or use images."
_BROKE_OFF = "The rest of the video was left out: it took too long to read."
_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_STILL_BRANDS = (b"avi", b"hei", b"hev", b"mif1", b"msf1")
"""Photos in the container of MP4: HEIC and AVIF."""


@dataclass(frozen=True)
class VideoLimits:
    """What a video may cost at most."""

    frames_per_s: float = 4.0
    """Frames that are looked at, evenly spaced: of 30 a second every 7th or 8th."""
    frames: int = 240
    """Frames in all, of the first minute; what comes later is left out."""
    pixels: int = 9_000_000
    """Of a frame: 4K has 8.3 million."""
    memory_bytes: int = 2_000_000_000
    """Address space of the decoder."""
    seconds: float = 120.0
    """Time that the decoder may take, of the clock and of the processor."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name} must be positive, got {getattr(self, field.name)}")


def is_video(path: Path) -> bool:
    """Return whether an upload claims to be a video, by its first bytes: MP4, MOV, WebM, or a GIF of several frames."""
    return bool(_container_of(path))


def read_video(
    path: Path,
    label: str,
    picture_limits: PictureLimits = DEFAULT_LIMITS,
    limits: VideoLimits = VideoLimits(),
) -> Iterator[Candidate]:
    """Yield frames of a video, evenly spaced in time, upright and shrunk; or the reason why there is none.

    Args:
        path: a file for which ``is_video`` holds.
        label: class of the frames.
        picture_limits: of a frame.
        limits: of the whole.
    """
    count = 0
    try:
        with _decoding(path, picture_limits, limits) as (pictures, has_run_out):
            while (frame := _next_frame(pictures)) is not None:
                if count == limits.frames:
                    seconds = f"{limits.frames / limits.frames_per_s:g} seconds"
                    yield Candidate(path.name, label, None, f"Only the first {seconds} of the video were used.")
                    return
                check_size(*frame.size, picture_limits)
                name = f"{path.name}, {count / limits.frames_per_s:g} s"
                count += 1
                yield Candidate(name, label, frame, is_frame=True)
            if count and has_run_out():
                yield Candidate(path.name, label, None, _BROKE_OFF)
    except ImageError as error:
        yield Candidate(path.name, label, None, str(error))
        return
    if not count:
        yield Candidate(path.name, label, None, UNREADABLE)


def _container_of(path: Path) -> str:
    """Return ffmpeg's name of a video's container; empty for what is none."""
    with path.open("rb") as stream:
        start = stream.read(12)
        if start[4:8] in _ATOMS:
            return "" if start[4:8] == b"ftyp" and start[8:12].startswith(_STILL_BRANDS) else "mov"
        if start.startswith(b"\x1aE\xdf\xa3"):
            return "matroska"
        if not start.startswith(b"GIF8"):
            return ""
        content = start + stream.read(DEFAULT_LIMITS.max_file_bytes)
    try:
        return "gif" if survey_gif(content, DEFAULT_LIMITS).animated else ""
    except ImageError:  # said where it is read as a picture
        return ""


@contextmanager
def _decoding(
    path: Path, picture_limits: PictureLimits, limits: VideoLimits
) -> Iterator[tuple[IO[bytes], Callable[[], bool]]]:
    """Yield ffmpeg's output, one PPM after the other, and a function that tells whether it was ended for its time."""
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # imported when first used: it looks for its binary

        program = get_ffmpeg_exe()
    except (ImportError, RuntimeError) as error:
        raise ImageError(NO_DECODER) from error
    side = picture_limits.max_side
    fit = f"scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease"
    command = [
        program, "-nostdin", "-loglevel", "quiet", "-protocol_whitelist", "file", "-max_pixels", str(limits.pixels),
        "-threads", "1", "-f", _container_of(path), "-i", f"file:{path.absolute()}",
        "-map", "0:v:0", "-vf", f"fps={limits.frames_per_s:g},{fit}", "-filter_threads", "1",
        "-frames:v", str(limits.frames + 1), "-threads", "1", "-c:v", "ppm", "-pix_fmt", "rgb24",
        "-f", "image2pipe", "pipe:1",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        _bound(process.pid, limits)
        has_run_out = threading.Event()

        def run_out() -> None:
            has_run_out.set()
            process.kill()

        clock = threading.Timer(limits.seconds, run_out)
        clock.daemon = True
        clock.start()
        try:
            assert process.stdout is not None
            yield process.stdout, has_run_out.is_set
        finally:
            clock.cancel()
            process.kill()


def _bound(pid: int, limits: VideoLimits) -> None:
    """Set a process's limits from outside, which needs no code between fork and start; only Linux can."""
    if not hasattr(resource, "prlimit"):
        return
    seconds = int(limits.seconds)
    try:
        resource.prlimit(pid, resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds + 1))
    except ProcessLookupError:  # it has ended by itself
        pass


def _next_frame(stream: IO[bytes]) -> Image.Image | None:
    """Return the next PPM of a stream as ffmpeg writes it, None at its end or where it breaks off."""
    if stream.readline(4) != b"P6\n":
        return None
    width, height = map(int, stream.readline(20).split())
    stream.readline(5)
    pixels = stream.read(3 * width * height)
    if len(pixels) < 3 * width * height:
        return None
    return Image.frombytes("RGB", (width, height), pixels)
