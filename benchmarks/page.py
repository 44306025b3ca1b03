"""How long a visitor waits: start, upload to first and to sixteenth picture, memory.

``python -m benchmarks.page [--runs 20] [--out page.json]`` starts the app in a process of its own and asks it over its
public API as a program would, with a new photo each time, so that nothing is answered from a cache.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

from benchmarks.document import process_memory_mb

PORT = 7941
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    start = time.monotonic()
    with running_app() as (pid, _):
        result = measure(pid, start, options.runs)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


@contextmanager
def running_app() -> Iterator[tuple[int, str]]:
    """Yield the process id and the address of an app that runs until the end of the block."""
    environment = os.environ | {"GRADIO_SERVER_PORT": str(PORT), "GRADIO_SERVER_NAME": "127.0.0.1"}
    app = subprocess.Popen([sys.executable, "app.py"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield app.pid, URL
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(timeout=30)


def wait_for_model(start: float) -> float:
    """Return the seconds from ``start`` (of the monotonic clock) until the model is loaded."""
    return _wait(start, lambda health: health["model_loaded"])


def write_photo(source: np.random.Generator, path: Path) -> None:
    """Write a smooth random photo of 1600 x 1200 px."""
    pixels = source.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((1600, 1200), Image.Resampling.BICUBIC).save(path, quality=90)


def measure(pid: int, start: float, runs: int) -> dict[str, Any]:
    """Return seconds to the open page, to the first picture, to the loaded model, and megabytes.

    The pictures of a running app are asked for by two clients: gradio_client as it is, which prepares TLS anew for
    every file it downloads, and one that does not, the address having none.
    """
    page = _wait(start, lambda health: True)
    source = np.random.default_rng(0)
    clients = {"": Client(URL, verbose=False), "_without_tls": Client(URL, verbose=False, ssl_verify=False)}
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        begun = time.monotonic()
        fresh = begun - start + _arrivals(clients[""], source, photo)[0]
        loaded = wait_for_model(start)
        arrivals = {name: [_arrivals(client, source, photo) for _ in range(runs)] for name, client in clients.items()}
    waits = {
        f"upload_to_{which}_picture{name}_s": round(statistics.median(times), 3)
        for name, of_client in arrivals.items()
        for which, times in zip(("first", "sixteenth"), zip(*of_client, strict=True), strict=True)
    }
    return {
        "start_to_page_s": round(page, 2),
        "start_to_first_picture_s": round(fresh, 2),
        "start_to_model_s": round(loaded, 2),
        **waits,
        "peak_memory_mb": round(process_memory_mb(pid, "VmHWM")),
        "memory_after_mb": round(process_memory_mb(pid)),
        "runs": runs,
    }


def _arrivals(client: Client, source: np.random.Generator, photo: Path) -> tuple[float, float]:
    """Return the seconds from the upload of a new photo to its first and to its sixteenth image, files and all."""
    write_photo(source, photo)
    begun = time.monotonic()
    job = client.submit(photo=handle_file(photo), count=16, api_name="/generate")
    times = [time.monotonic() - begun for _ in job]
    return times[0], times[-1]


def _wait(start: float, done: Any, limit: float = 120) -> float:
    while time.monotonic() - start < limit:
        try:
            with urllib.request.urlopen(f"{URL}/healthz", timeout=5) as answer:
                if done(json.load(answer)):
                    return time.monotonic() - start
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"The app did not answer within {limit} s.")


if __name__ == "__main__":
    main()
