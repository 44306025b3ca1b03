"""Text chunks of PNG files from strangers, read without decoding any pixel."""

import struct
import zlib
from pathlib import Path

from icgan_demo.errors import RequestError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 1000


def read_png_text(path: Path, keyword: str, max_bytes: int, max_file_bytes: int = 10_000_000) -> str | None:
    """Return the uncompressed international text (iTXt) stored under ``keyword``, None if there is none.

    Args:
        path: a file of any content.
        keyword: name of the text.
        max_bytes: longest text that is read.
        max_file_bytes: largest file that is looked at.
    Raises:
        RequestError: if the file is no PNG, is damaged up to that text, or the text is too long, compressed or not
            UTF-8.
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
        if len(content) < length or check != struct.pack(">I", zlib.crc32(kind + content)):
            raise RequestError("The PNG file is damaged. Save it again.")
        if kind == b"iTXt" and content.startswith(keyword.encode("latin-1") + b"\0"):
            return _text(content[len(keyword) + 1 :], max_bytes)
        if kind == b"IEND":
            return None
        position += 12 + length
    return None


def _text(content: bytes, max_bytes: int) -> str:
    """Return the text after the keyword: compression flag and method, language, translated keyword, then UTF-8."""
    parts = content[2:].split(b"\0", 2)
    if content[:1] != b"\0" or len(parts) < 3:
        raise RequestError("The text in this PNG file is not one that this page wrote.")
    if len(parts[2]) > max_bytes:
        raise RequestError("The text in this PNG file is too long to be a recipe.")
    try:
        return parts[2].decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("The text in this PNG file is damaged.") from error
