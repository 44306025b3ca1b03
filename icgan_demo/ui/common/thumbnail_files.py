"""Thumbnails of bank instances as files that the page can show to everyone."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from weakref import finalize

from PIL import Image

from icgan_demo.atomic_files import atomic_write
from icgan_demo.service.values import BankEntry
from icgan_demo.ui.texts.language import say

NO_PICTURE = Image.new("RGB", (64, 64), (128, 128, 128))


_names: dict[int, str] = {}
"""File names of pictures by their ids, as long as they live: encoding a bank again for each page takes long."""


def thumbnail_path(folder: Path, picture: Image.Image | None) -> Path:
    """Return the file that shows ``picture``, written once and named by its content; grey for an entry without one."""
    picture = picture or NO_PICTURE
    known = _names.get(id(picture))
    if known is not None and (folder / known).exists():
        return folder / known
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    data = buffer.getvalue()
    path = folder / f"{hashlib.sha256(data).hexdigest()[:32]}.png"
    if known is None:
        _names[id(picture)] = path.name
        finalize(picture, _names.pop, id(picture), None)
    if not path.exists():
        with atomic_write(path) as scratch:  # another visitor's browser may be reading
            scratch.write_bytes(data)
    return path


def gallery_value(folder: Path, entries: Sequence[BankEntry], captions: Sequence[str]) -> list[tuple[str, str]]:
    """Return a gallery's value: file and caption of each entry."""
    files = (str(thumbnail_path(folder, entry.thumbnail)) for entry in entries)
    return list(zip(files, captions, strict=True))


def instance_name(entry: BankEntry, language: str) -> str:
    """Return what an entry is called on the page: its class, or its number in a bank without classes."""
    return entry.label or say(language, "unlabelled", row=entry.row)
