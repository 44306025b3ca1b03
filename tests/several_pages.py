"""Two pages behind one nginx, as docs/scale.md sets it up: processes on the same folders, to be killed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app_process import ROOT, free_port, get, started
from nginx_proxy import nginx

NAMES = ("one", "two")
COOKIE = "icgan_page"


class Pages:
    """Two processes on the same folders, and nginx before them."""

    def __init__(self, folder: Path, root: str) -> None:
        self._folder, self._root = folder, root
        self._ports = {name: free_port() for name in NAMES}
        self._open = {}

    def start(self, *names: str) -> None:
        """Open pages and wait until they answer."""
        apps = []
        for name in names:
            folder = self._folder / name
            folder.mkdir(exist_ok=True)
            self._open[name] = started(
                folder,
                "tests/painted_page.py",
                str(self._folder / "shared"),
                port=self._ports[name],
                GRADIO_ROOT_PATH=self._root,
                FAKE_STEP_S="0.05",
                PYTHONPATH=str(ROOT),
            )
            apps.append(self._open[name].__enter__())
        for app in apps:
            app.wait(lambda url=app.url: "gradio" in get(f"{url}{self._root}/"), "the page")

    def kill(self, name: str) -> None:
        """End a page as ``kill -9`` does."""
        self._open.pop(name).__exit__(None, None, None)

    def kill_all(self) -> None:
        for name in list(self._open):
            self.kill(name)

    def proxy(self) -> str:
        """Return the lines of docs/scale.md, with the addresses of these pages."""
        lines = re.search("```nginx\n(.*?)```", (ROOT / "docs" / "scale.md").read_text(), re.DOTALL)[1]
        for place, name in enumerate(NAMES, 1):
            lines = lines.replace(f"10.0.0.{place}:7860", f"127.0.0.1:{self._ports[name]}")
        assert "10.0.0" not in lines
        return lines.replace("listen 80;", "listen LISTEN;")


@contextmanager
def open_pages(folder: Path, root: str) -> Iterator[tuple[Pages, str]]:
    """Yield two pages, and the address under which nginx shows them."""
    pages = Pages(folder, root)
    try:
        pages.start(*NAMES)
        with nginx(folder, pages.proxy()) as url:
            yield pages, url + root
    finally:
        pages.kill_all()


def other(name: str) -> str:
    """Return the name of the other page."""
    return NAMES[1 - NAMES.index(name)]
