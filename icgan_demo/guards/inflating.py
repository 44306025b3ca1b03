"""Compressed bytes from strangers, inflated no further than agreed: a few can stand for gigabytes."""

import zlib


def inflate(content: bytes, max_bytes: int) -> bytes:
    """Return what zlib ``content`` holds, cut off one byte behind ``max_bytes``; raises ValueError if it is damaged."""
    unpacker = zlib.decompressobj()
    try:
        inflated = unpacker.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise ValueError("it is not compressed by zlib") from error
    if not unpacker.eof and len(inflated) <= max_bytes:
        raise ValueError("its end is missing")
    return inflated
