"""What a file says about its picture, found without decoding a pixel."""

from dataclasses import dataclass

from icgan_demo.errors import ImageError
from icgan_demo.guards.picture.limits import INCOMPLETE, TOO_SLOW, PictureLimits


@dataclass(frozen=True)
class Survey:
    """What a file says about its picture, and the part of the file that a decoder needs."""

    kind: str
    width: int
    height: int
    clean: bytes
    bytes_per_pixel: float
    orientation: int = 1
    animated: bool = False
    too_slow: bool = False
    """Whether decoding takes long for a reason that the size does not show."""
    profile: bytes = b""
    """The ICC profile of its colours, as it stands in the file; empty for none."""
    frame: tuple[int, int, int, int] | None = None
    """Where the pixels lie, (left, top, width, height), if they are less than the picture; the rest is transparent."""

    @property
    def decoder_bytes(self) -> float:
        """Memory that decoding needs."""
        return self.width * self.height * self.bytes_per_pixel


class Cursor:
    """Walks through the parts of a file; neither runs past its end nor loops for ever."""

    def __init__(self, data: bytes, position: int, limits: PictureLimits) -> None:
        self.data = data
        self.position = position
        self._parts_left = limits.max_parts

    def take(self, count: int) -> bytes:
        start, self.position = self.position, self.position + count
        if self.position > len(self.data):
            raise ImageError(INCOMPLETE)
        return self.data[start : self.position]

    def count_part(self) -> None:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise ImageError(TOO_SLOW)
