"""What is a visitor's, in all tabs of one browser.

A browser keeps the list, but each of its tabs knows the list as it was when the tab was opened, and would overwrite
what another tab has added since. So the browser also keeps a name, and the page remembers, for as long as it runs, what
was added under that name in any tab. The ids are the keys to what they name: a list is never shown to another browser.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from icgan_demo.secret_names import is_secret_name, secret_name

MAX_VISITORS = 2_000


def visitor_of(stored: Any) -> str:
    """Return the name in what a browser keeps, which may be anything; a new one if it has none."""
    name = stored.get("visitor") if isinstance(stored, dict) else None
    return name if is_secret_name(name) else secret_name()


class VisitorLists:
    """Ids by visitor, the newest first; of many visitors, those of the last ones."""

    def __init__(self, most_ids: int) -> None:
        """Keep at most ``most_ids`` for each visitor."""
        self._most = most_ids
        self._lock = threading.Lock()
        self._added: OrderedDict[str, list[str]] = OrderedDict()

    def all_of(self, visitor: str, ids: Sequence[str]) -> list[str]:
        """Return the ids of a tab, and before them those that other tabs have added."""
        with self._lock:
            others = [known for known in self._added.get(visitor, ()) if known not in ids]
        return [*others, *ids][: self._most]

    def add(self, visitor: str, known: str) -> None:
        """Remember one more id."""
        with self._lock:
            ids = [each for each in self._added.pop(visitor, ()) if each != known]
            self._added[visitor] = [known, *ids][: self._most]
            while len(self._added) > MAX_VISITORS:
                self._added.popitem(last=False)

    def remove(self, visitor: str, known: str) -> None:
        """Forget an id."""
        with self._lock:
            if visitor in self._added:
                self._added[visitor] = [each for each in self._added[visitor] if each != known]
