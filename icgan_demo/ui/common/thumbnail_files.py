"""Thumbnails of bank instances as files that the page can show to everyone."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from icgan_demo.aside import written_aside
from icgan_demo.service.requests import BankEntry
from icgan_demo.ui.texts.language import say

NO_PICTURE = Image.new("RGB", (64, 64), (128, 128, 128))


def thumbnail_path(folder: Path, picture: Image.Image | None) -> Path:
    """Return the file that shows ``picture``, written once and named by its content; grey for an entry without one."""
    buffer = io.BytesIO()
    (picture or NO_PICTURE).save(buffer, "PNG")
    data = buffer.getvalue()
    path = folder / f"{hashlib.sha256(data).hexdigest()[:32]}.png"
    if not path.exists():
        with written_aside(path) as scratch:  # another visitor's browser may be reading
            scratch.write_bytes(data)
    return path


def captioned(folder: Path, entries: Sequence[BankEntry], captions: Sequence[str]) -> list[tuple[str, str]]:
    """Return a gallery's value: file and caption of each entry."""
    files = (str(thumbnail_path(folder, entry.thumbnail)) for entry in entries)
    return list(zip(files, captions, strict=True))


def instance_name(entry: BankEntry, language: str) -> str:
    """Return what an entry is called on the page: its class, or its number in a bank without classes."""
    return entry.label or say(language, "unlabelled", row=entry.row)
