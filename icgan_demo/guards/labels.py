"""Class labels from the paths of pictures, wherever they lie: in a folder, in a zip, or in a folder dropped on a page.

Names come from strangers. A label is text for people, safe as the name of a folder, and never empty for a folder that
has a name; folders whose names differ stay different classes.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

LABEL_LENGTH = 80
LABEL_BYTES = 240
"""Of UTF-8: most file systems end a name at 255."""
UNNAMED = "unnamed"
SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval", "evaluation"})
"""Folders that divide a set and not its classes, if they hold class folders."""
_UNSAFE = frozenset('<>:"/\\|?*`[]{}')
_JOINERS = "\u200c\u200d"  # Indic scripts, Persian and emoji need them within a word

Folder = tuple[str, ...]
Key = TypeVar("Key")


def clean_label(name: str) -> str:
    """Return a name from outside as a label that is also safe as a folder's name; empty if nothing is left of it.

    Letters keep their vowel signs and accents, emoji stay, and a name has one spelling (NFC), however it was written.
    """
    text = unicodedata.normalize("NFC", name)
    readable = "".join(letter if _is_readable(letter) else " " for letter in text)
    label = " ".join(readable.split())[:LABEL_LENGTH]
    while len(label.encode()) > LABEL_BYTES:
        label = label[:-1]
    return label.strip(f" .{_JOINERS}")


def labels_of(paths: Sequence[str]) -> list[str]:
    """Return the class of each picture from relative paths such as ``Fruit/Apple/Red/1.jpg``; empty at the top.

    A class is named after the folder that holds its pictures. What all folders have in common is no class: a folder
    of the same name at the end of every path (``n01/images``, ``n02/images``), or one that says which part of a set it
    is, above the classes (``train/cats``, ``val/cats``). Where two folders share a name, the label is the part of
    their paths that differs.
    """
    named = _names(paths)
    folders = [tuple(named[part] for part in path.split("/")[:-1] if part not in ("", ".")) for path in paths]
    place = _without_splits(_without_common_end({folder for folder in folders if folder}))
    start = _common_start(place.values())
    leaves = Counter(folder[-1] for folder in set(place.values()) if folder)
    shown: dict[str, Folder] = {}
    labels: dict[Folder, str] = {(): ""}
    for folder, reduced in place.items():
        labels[folder] = ""
        if reduced:
            whole = "/".join(reduced[start:])
            is_clear = leaves[reduced[-1]] == 1 or len(whole) > LABEL_LENGTH
            labels[folder] = _told_apart(reduced[-1] if is_clear else whole, reduced, shown)
    return [labels[folder] for folder in folders]


def are_classes(labels: Iterable[str]) -> bool:
    """Return whether labels make classes: some pictures outside the folders are strays, most of them are the set."""
    counts = Counter(bool(label) for label in labels)
    return counts[True] > counts[False]


def _is_readable(letter: str) -> bool:
    return letter in _JOINERS or (unicodedata.category(letter)[0] in "LMNPS" and letter not in _UNSAFE)


def _names(paths: Sequence[str]) -> dict[str, str]:
    """Return every folder's name as it is shown: hyphens and underscores are spaces, different names stay different."""
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for part in dict.fromkeys(part for path in paths for part in path.split("/")[:-1]):
        read = unicodedata.normalize("NFC", part).replace("-", " ").replace("_", " ")
        read = " ".join(read.split()) or part
        names[part] = _told_apart(clean_label(read) or UNNAMED, read, taken)
    return names


def _told_apart(wanted: str, what: Key, taken: dict[str, Key]) -> str:
    """Return a name that stands for ``what`` alone."""
    name, number = wanted, 1
    while taken.setdefault(name, what) != what:
        number += 1
        name = f"{wanted} ({number})"
    return name


def _without_common_end(folders: set[Folder]) -> dict[Folder, Folder]:
    place = {folder: folder for folder in folders}
    while len(place) > 1 and all(len(folder) > 1 for folder in place.values()):
        if len({folder[-1] for folder in place.values()}) > 1:
            break
        place = {folder: reduced[:-1] for folder, reduced in place.items()}
    return place


def _without_splits(place: dict[Folder, Folder]) -> dict[Folder, Folder]:
    at = _common_start(place.values())
    below = [folder[at:] for folder in place.values()]
    hold_classes = any(len(rest) > 1 for rest in below)
    if not hold_classes or not all(rest and rest[0].casefold() in SPLITS for rest in below):
        return place
    return {folder: reduced[at + 1 :] for folder, reduced in place.items()}


def _common_start(folders: Iterable[Folder]) -> int:
    """Return how many names all paths begin with."""
    first, *others = list(folders) or [()]
    shared = len(first) if others else 0
    for folder in others:
        while folder[:shared] != first[:shared]:
            shared -= 1
    return shared
