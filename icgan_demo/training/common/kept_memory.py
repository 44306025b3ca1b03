"""Freed memory stays with the process that trains."""

import ctypes

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8
"""Parameters of glibc's ``mallopt``."""
LARGEST = 2**31 - 1


def keep_freed_memory() -> None:
    """Keep memory that is freed, instead of giving it back to the system and asking for it again.

    Every update of the networks needs the same large tensors; with glibc's defaults most of them are mapped anew, and
    the system clears each page again: a tenth of the time. Without glibc nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter, value in ((MMAP_MAX, 0), (TRIM_THRESHOLD, LARGEST), (ARENA_MAX, 1)):
        mallopt(parameter, value)
