"""What the names of strangers' files say: which may be pictures, which are clutter, which are notes about pictures."""

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from icgan_demo.guards.labels import labels_of

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})
_NAMED_LIKE_PICTURES = PICTURE_SUFFIXES | {".jfif", ".jpe", ""}
_NOTE_SUFFIXES = frozenset({".json", ".xmp", ".xml", ".txt", ".csv", ".aae"})
_CLUTTER_FOLDERS = frozenset({"__macosx", "$recycle.bin", "@eadir"})
_CLUTTER_FILES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})


def is_clutter(path: str) -> bool:
    """Return whether a relative path is a system's or a hidden file."""
    *folders, file = path.rstrip("/").split("/")
    hidden = any(part.startswith(".") or part.lower() in _CLUTTER_FOLDERS for part in (*folders, file))
    return hidden or file.lower() in _CLUTTER_FILES


def sidecars_of(paths: Iterable[str]) -> set[str]:
    """Return the paths of notes that programs put beside pictures.

    Any JSON in a folder of pictures is one (Google Takeout cuts its names short, so they need not fit a picture's),
    and captions, annotations and edits under a picture's own name.
    """
    files = [PurePosixPath(path) for path in paths if not path.endswith("/")]
    pictures = [path for path in files if path.suffix.lower() in _NAMED_LIKE_PICTURES - {""}]
    folders = {path.parent for path in pictures}
    stems = {path.with_suffix("") for path in pictures}
    whole = set(pictures)
    found = set()
    for path in files:
        suffix = path.suffix.lower()
        if suffix in _NOTE_SUFFIXES:
            named_alike = path.with_suffix("") in stems or path.with_suffix("") in whole
            if named_alike or (suffix == ".json" and (path.parent in folders or path.name == "dataset.json")):
                found.add(str(path))
    return found


def labels_of_files(paths: Sequence[str]) -> dict[str, str]:
    """Return the class of each file by its path; folders that hold nothing named like a picture do not count."""
    pictures = [path for path in paths if PurePosixPath(path).suffix.lower() in _NAMED_LIKE_PICTURES] or list(paths)
    labels = dict(zip(pictures, labels_of(pictures), strict=True))
    by_folder = {path.rpartition("/")[0]: label for path, label in labels.items()}
    others = [path for path in paths if path not in labels]
    alone = dict(zip(others, labels_of(others), strict=True))
    return {path: labels.get(path, by_folder.get(path.rpartition("/")[0], alone.get(path, ""))) for path in paths}


def one_line(name: str) -> str:
    """Return a name from outside as it may stand in a list: printable, at most 200 characters."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return printable if len(printable) <= 200 else f"{printable[:199]}…"
