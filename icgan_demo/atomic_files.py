"""Files and folders that appear whole: written beside their place, then moved into it; and further names of files."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_write(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a path for a new file or folder, which takes the place of ``target`` when the block ends.

    Readers find the old one or the new one, two writers do not meet, and a block that raises leaves the old one.

    Args:
        target: the place; folders above it are made.
        durable: whether either is found after a power cut, too. The files of a folder are for the block to make so.
    Raises:
        OSError: if the disk fails.
    """
    scratch = target.with_name(f".{target.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield scratch
        if durable:
            _sync(scratch)
        _move(scratch, target)
        if durable:
            _sync(target.parent)
    finally:
        remove(scratch)


def link(file: Path, target: Path) -> None:
    """Make ``target`` a further name of a file that never changes, or a copy of it where a disk knows no links."""
    try:
        target.hardlink_to(file)
    except OSError:
        shutil.copyfile(file, target)


def write_json(values: Mapping[str, Any], target: Path) -> None:
    """Write JSON ``values`` in place of what was at ``target``, durably; raises OSError if the disk fails."""
    with atomic_write(target, durable=True) as scratch:
        scratch.write_bytes(json_bytes(values))


def json_bytes(values: Mapping[str, Any]) -> bytes:
    """Return ``values`` as a JSON text for people, too; raises ValueError for a number that is not finite."""
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _move(scratch: Path, target: Path) -> None:
    if not target.is_dir():
        scratch.replace(target)
        return
    old = scratch.with_suffix(".old.tmp")  # a folder cannot be replaced in one step
    target.rename(old)
    try:
        scratch.replace(target)
    except OSError:
        old.rename(target)
        raise
    remove(old)


def _sync(path: Path) -> None:
    """Put a file's content, or a folder's list of names, on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
