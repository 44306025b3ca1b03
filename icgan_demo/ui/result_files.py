"""Where drawn pictures become files that a visitor can look at and keep."""

import secrets
import shutil
import time
from pathlib import Path

from PIL import Image

from icgan_demo.service.outputs import ResultFiles
from icgan_demo.service.requests import ModelInfo, SampleRequest

KEEP_S = 3600.0


def start_files(root: Path, request: SampleRequest, info: ModelInfo) -> ResultFiles:
    """Return the files of a new drawing below ``root``; drawings of more than an hour ago are removed first."""
    forget_old(root)
    return ResultFiles(root, request, info)


def save_drawn(root: Path, picture: Image.Image, name: str) -> str:
    """Write a picture as PNG into a folder of its own below ``root`` and return its path; old ones are removed."""
    forget_old(root)
    folder = root / "drawn" / secrets.token_hex(16)
    folder.mkdir(parents=True)
    path = folder / f"{name}.png"
    picture.save(path, "PNG")
    return str(path)


def forget_old(root: Path) -> None:
    """Remove what was drawn below ``root`` more than an hour ago."""
    oldest = time.time() - KEEP_S
    for folder in (root / "drawn").glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
