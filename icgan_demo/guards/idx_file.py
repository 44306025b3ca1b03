"""IDX files, the format of MNIST and its relatives: hostile bytes in, arrays of known shape out.

An IDX file is two zero bytes, a byte for the type (8 for unsigned bytes, the only one used here), a byte for the number
of dimensions, each dimension as a big-endian 32-bit number, then the values. It may be compressed with gzip; what comes
out of that is counted while it is read, so a small file cannot fill the memory.
"""

import gzip
import math
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from icgan_demo.errors import RequestError

MAX_IMAGES = 1_000_000
"""More than any of the family holds: the largest, EMNIST by class, has 814,255."""
MAX_SIDE = 512
MAX_BYTES = 1_000_000_000
"""Values of one file; EMNIST by class has 547 million in its larger half."""
_GZIP = b"\x1f\x8b"
_BLOCK = 1 << 20
_UNSIGNED_BYTES = 8


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


def read_images(path: Path) -> np.ndarray:
    """Return the pictures of an ``idx3-ubyte`` file, uint8 of shape (N, H, W).

    Raises:
        RequestError: if it is not such a file, is cut short or damaged, or is larger than any of its kind.
    """
    return _read(path, dimensions=3, what="pictures")


def read_labels(path: Path) -> np.ndarray:
    """Return the labels of an ``idx1-ubyte`` file, uint8 of shape (N,); raises like ``read_images``."""
    return _read(path, dimensions=1, what="labels")


def _read(path: Path, dimensions: int, what: str) -> np.ndarray:
    name = path.name
    try:
        with _opened(path) as stream:
            shape = _shape(stream, dimensions, name, what)
            values = _exactly(stream, math.prod(shape), name)
            if stream.read(1):
                raise RequestError(f"{name} is damaged: it continues after its last value. Download it again.")
    except (gzip.BadGzipFile, zlib.error) as error:
        raise RequestError(f"{name} is damaged: it cannot be decompressed. Download it again.") from error
    except EOFError as error:  # gzip's word for a file that was cut
        raise RequestError(f"{name} is incomplete. Download it again.") from error
    except OSError as error:
        raise RequestError(f"{name} cannot be read. Is it there, and a regular file?") from error
    return np.frombuffer(values, np.uint8).reshape(shape)


@contextmanager
def _opened(path: Path) -> Iterator[_Readable]:
    """Yield the file's values, decompressed; a pipe or device is refused without waiting for it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a regular file")
        if stream.peek(2)[:2] != _GZIP:
            yield stream
            return
        with gzip.GzipFile(fileobj=stream) as unpacked:
            yield unpacked


def _shape(stream: _Readable, dimensions: int, name: str, what: str) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4:
        raise RequestError(f"{name} is empty or incomplete. Download it again.")
    if magic[:2] != b"\0\0" or magic[2] not in (8, 9, 11, 12, 13, 14):
        raise RequestError(f"{name} is not an IDX file. MNIST's {what} come as idx{dimensions}-ubyte files.")
    if magic[2] != _UNSIGNED_BYTES or magic[3] != dimensions:
        raise RequestError(
            f"{name} does not hold {what}: it has {magic[3]} dimensions, and an idx{dimensions}-ubyte file is needed. "
            "Are images and labels exchanged?"
        )
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise RequestError(f"{name} is incomplete. Download it again.")
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    if not 1 <= shape[0] <= MAX_IMAGES or any(not 1 <= side <= MAX_SIDE for side in shape[1:]):
        claimed = " x ".join(map(str, shape))
        raise RequestError(f"{name} cannot be used: it claims {claimed} values. Download it again.")
    if math.prod(shape) > MAX_BYTES:
        raise RequestError(f"{name} is too large: the limit is {MAX_BYTES // 1_000_000} million values.")
    return shape


def _exactly(stream: _Readable, count: int, name: str) -> bytearray:
    """Read ``count`` bytes block by block: a lying header costs no more memory than the file really holds."""
    values = bytearray()
    while len(values) < count:
        block = stream.read(min(_BLOCK, count - len(values)))
        if not block:
            raise RequestError(f"{name} is incomplete: {len(values)} of {count} values are there. Download it again.")
        values += block
    return values
