"""The app as a process of its own: started, asked, ended."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_S = 120


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


class Running:
    """A started app."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path) -> None:
        self.process = process
        self.url = f"http://127.0.0.1:{port}"
        self.log = log

    def wait(self, is_true, what):
        """Ask until ``is_true()`` holds; a refused connection counts as not yet."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if is_true():
                    return
            except OSError:
                pass
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"waited in vain for {what}:\n{self.log.read_text()}"
            time.sleep(0.05)

    def health(self):
        return json.loads(get(f"{self.url}/healthz"))


@contextmanager
def started(
    folder: Path,
    *command: str,
    program: str = sys.executable,
    cwd: Path = ROOT,
    port: int | None = None,
    **environment: str,
) -> Iterator[Running]:
    """Yield the app that ``program`` with the words ``command`` starts; it is killed on leaving."""
    port, log = port or free_port(), folder / "log.txt"
    settings = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_TEMP_DIR": str(folder / "uploads"),
        "ICGAN_MODELS_DIR": str(folder / "no-models"),
        **environment,
    }
    with log.open("w") as file:
        process = subprocess.Popen([program, *command], cwd=cwd, env=settings, stdout=file, stderr=file)
    try:
        yield Running(process, port, log)
    finally:
        process.kill()
        process.wait()
