"""The tag service, made when it is first asked for: the page must not import its network."""

import threading
from collections.abc import Callable
from pathlib import Path

from icgan_demo.service.tag_requests import Tagged, Tagging, TagModelInfo


class LazyTagging:
    """Keeps the ``Tagging`` contract."""

    def __init__(self, build: Callable[[], Tagging]) -> None:
        self._build = build
        self._built: Tagging | None = None
        self._lock = threading.Lock()

    def _service(self) -> Tagging:
        with self._lock:
            if self._built is None:
                self._built = self._build()
            return self._built

    def info(self) -> TagModelInfo:
        """See ``Tagging.info``."""
        return self._service().info()

    def tag(self, photo: Path | bytes) -> Tagged:
        """See ``Tagging.tag``."""
        return self._service().tag(photo)

    def tag_row(self, row: int) -> Tagged:
        """See ``Tagging.tag_row``."""
        return self._service().tag_row(row)

    def similar(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """See ``Tagging.similar``."""
        return self._service().similar(word, count)
