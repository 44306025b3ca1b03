"""Class labels from the paths of pictures, wherever they lie: in a folder, in a zip, or in a folder dropped on a page.

Names come from strangers. A label is text for people, safe as the name of a folder, and never empty for a folder that
has a name; folders whose names differ stay different classes.
"""

import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

LABEL_LENGTH = 80
LABEL_BYTES = 240
"""Of UTF-8: most file systems end a name at 255."""
UNNAMED = "unnamed"
SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval", "evaluation"})
"""Folders that divide a set and not its classes, if they hold class folders."""
_UNSAFE = frozenset('<>:"/\\|?*`[]{}')
_JOINERS = "\u200c\u200d"  # Indic scripts, Persian and emoji need them within a word

Folder = tuple[str, ...]
Key = TypeVar("Key", bound=Hashable)


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
    shown = _Names[Folder]()
    labels: dict[Folder, str] = {(): ""}
    for folder, reduced in place.items():
        labels[folder] = ""
        if reduced:
            whole = "/".join(reduced[start:])
            is_clear = leaves[reduced[-1]] == 1 or len(whole) > LABEL_LENGTH
            labels[folder] = shown.name(reduced[-1] if is_clear else whole, reduced)
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
    shown = _Names[str]()
    for part in dict.fromkeys(part for path in paths for part in path.split("/")[:-1]):
        read = unicodedata.normalize("NFC", part).replace("-", " ").replace("_", " ")
        read = " ".join(read.split()) or part
        names[part] = shown.name(clean_label(read) or UNNAMED, read)
    return names


class _Names(Generic[Key]):
    """Gives every thing a name that stands for it alone."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._names: dict[Key, str] = {}
        self._numbers: Counter[str] = Counter()

    def name(self, wanted: str, what: Key) -> str:
        """Return the name wanted, with a number behind it if it stands for something else already."""
        if what not in self._names:
            name = wanted
            while name in self._taken:
                self._numbers[wanted] += 1  # continues where it stopped: thousands of names may be unreadable alike
                name = f"{wanted} ({self._numbers[wanted] + 1})"
            self._taken.add(name)
            self._names[what] = name
        return self._names[what]


def _without_common_end(folders: set[Folder]) -> dict[Folder, Folder]:
    shortest = min(map(len, folders), default=0)
    shared = min(_common_start(folder[::-1] for folder in folders), max(0, shortest - 1))
    return {folder: folder[: len(folder) - shared] for folder in folders}


def _without_splits(place: dict[Folder, Folder]) -> dict[Folder, Folder]:
    at = _common_start(place.values())
    below = [folder[at:] for folder in place.values()]
    hold_classes = any(len(rest) > 1 for rest in below)
    if not hold_classes or not all(rest and rest[0].casefold() in SPLITS for rest in below):
        return place
    return {folder: reduced[at + 1 :] for folder, reduced in place.items()}


def _common_start(folders: Iterable[Folder]) -> int:
    """Return how many names all paths begin with; 0 for a single path."""
    paths = list(folders)
    if len(paths) < 2:
        return 0
    lowest, highest = min(paths), max(paths)  # every other path lies between the two and begins as both do
    return next((place for place, name in enumerate(lowest) if highest[place : place + 1] != (name,)), len(lowest))
