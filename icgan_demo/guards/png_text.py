"""Text chunks of PNG files from strangers, read without decoding any pixel."""

import struct
import zlib
from pathlib import Path

from icgan_demo.errors import RequestError
from icgan_demo.guards.inflating import inflate

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 60_000
"""Encoders cut the pixels into pieces of 8 kB, and editors put text behind them."""


def read_png_text(path: Path, keyword: str, max_bytes: int, max_file_bytes: int = 10_000_000) -> str | None:
    """Return the text stored under ``keyword``, None if there is none.

    It may stand in any of the three kinds of text chunk, compressed or not, since editors rewrite one as another.
    Chunks that are neither this text nor needed to show the picture may be damaged.

    Args:
        path: a file of any content.
        keyword: name of the text.
        max_bytes: longest text that is read.
        max_file_bytes: largest file that is looked at.
    Raises:
        RequestError: if the file is no PNG, is damaged up to that text, or the text is too long or cannot be read.
    """
    if path.stat().st_size > max_file_bytes:
        raise RequestError(f"The file is larger than {max_file_bytes // 1_000_000} MB.")
    data = path.read_bytes()
    if not data.startswith(SIGNATURE):
        raise RequestError("This is not a PNG file. Recipes travel in the PNG files that this page saves.")
    position = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        head = data[position : position + 8]
        if len(head) < 8:
            return None
        length, kind = struct.unpack(">I4s", head)
        content, check = data[position + 8 : position + 8 + length], data[position + 8 + length :][:4]
        is_wanted = kind in _TEXTS and content.startswith(keyword.encode("latin-1") + b"\0")
        is_needed = is_wanted or not kind[0] & 0x20  # the names of what is needed begin with a capital letter
        if len(content) < length or (is_needed and check != struct.pack(">I", zlib.crc32(kind + content))):
            raise RequestError("The PNG file is damaged. Save it again.")
        if is_wanted:
            return _decoded(_content_of(kind, content[len(keyword) + 1 :], max_bytes), max_bytes)
        if kind == b"IEND":
            return None
        position += 12 + length
    return None


_TEXTS = (b"iTXt", b"zTXt", b"tEXt")


def _content_of(kind: bytes, content: bytes, max_bytes: int) -> bytes:
    """Return the text's bytes from what follows the keyword, inflated up to one byte too many."""
    if kind == b"tEXt":
        return content
    if kind == b"zTXt":  # compression method, text
        return _inflated(content[1:], max_bytes)
    parts = content[2:].split(b"\0", 2)  # compression flag and method, language, translated keyword, text
    if content[:1] not in (b"\0", b"\1") or len(parts) < 3:
        raise RequestError("The text in this PNG file is damaged.")
    return _inflated(parts[2], max_bytes) if content[:1] == b"\1" else parts[2]


def _inflated(content: bytes, max_bytes: int) -> bytes:
    try:
        return inflate(content, max_bytes)
    except ValueError as error:
        raise RequestError("The text in this PNG file is damaged.") from error


def _decoded(text: bytes, max_bytes: int) -> str:
    """Return text of international chunks and of editors that write UTF-8 where Latin 1 is meant."""
    if len(text) > max_bytes:
        raise RequestError("The text in this PNG file is too long to be a recipe.")
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("The text in this PNG file is damaged.") from error
