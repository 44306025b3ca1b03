"""How long a visitor waits: start, upload to first and to sixteenth picture, memory.

``python -m benchmarks.page [--runs 20] [--out page.json]`` starts the app in a process of its own and asks it over its
public API as a program would, with a new photo each time, so that nothing is answered from a cache.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from gradio_client import Client, handle_file
from PIL import Image

PORT = 7941
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    environment = os.environ | {"GRADIO_SERVER_PORT": str(PORT), "GRADIO_SERVER_NAME": "127.0.0.1"}
    start = time.monotonic()
    app = subprocess.Popen([sys.executable, "app.py"], env=environment, stdout=subprocess.DEVNULL)
    try:
        result = measure(app.pid, start, options.runs)
    finally:
        app.send_signal(signal.SIGTERM)
        app.wait(timeout=30)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


def measure(pid: int, start: float, runs: int) -> dict[str, Any]:
    """Return seconds to the open page, to the loaded model, to the first and sixteenth picture, and megabytes."""
    page = _wait(start, lambda health: True)
    loaded = _wait(start, lambda health: health["model_loaded"])
    client = Client(URL, verbose=False)
    source = np.random.default_rng(0)
    first, last = [], []
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        for _ in range(runs):
            pixels = source.integers(0, 256, (12, 16, 3), dtype=np.uint8)
            Image.fromarray(pixels).resize((1600, 1200), Image.Resampling.BICUBIC).save(photo, quality=90)
            begun = time.monotonic()
            job = client.submit(photo=handle_file(photo), count=16, api_name="/generate")
            arrivals = [time.monotonic() - begun for _ in job]
            first.append(arrivals[0])
            last.append(arrivals[-1])
    return {
        "start_to_page_s": round(page, 2),
        "start_to_model_s": round(loaded, 2),
        "upload_to_first_picture_s": round(statistics.median(first), 3),
        "upload_to_sixteenth_picture_s": round(statistics.median(last), 3),
        "peak_memory_mb": round(_kilobytes(pid, "VmHWM") / 1024),
        "memory_after_mb": round(_kilobytes(pid, "VmRSS") / 1024),
        "runs": runs,
    }


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


def _kilobytes(pid: int, field: str) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"{field}:\s+(\d+)", status)
    assert found, status
    return int(found[1])


if __name__ == "__main__":
    main()
