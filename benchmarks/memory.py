"""How much memory the whole app keeps: page, bundled model and everything that requests leave behind.

``python -m benchmarks.memory [--requests 300] [--count 4] [--json FILE]`` starts the app in a process of its own and
asks it over its public API, with a new photo each time, for a drawing; every tenth request encodes and searches as
well. It prints the resident memory as it goes, writes its section of ``docs/benchmarks.md``, and ends with code 1 if
the memory passes ``LIMIT_MB`` or grows by more than ``GROWTH_MB`` after the first ``SETTLED_AFTER`` requests.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gradio_client import Client, handle_file

from benchmarks.document import process_memory_mb, write_section
from benchmarks.page import running_app, wait_for_model, write_photo

LIMIT_MB = 900
GROWTH_MB = 15
SETTLED_AFTER = 200
LOOK_EVERY = 20


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--count", type=int, default=4, help="pictures of a request")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    options = parser.parse_args()
    with running_app() as (pid, url):
        wait_for_model(time.monotonic())
        figures = {0: process_memory_mb(pid)}
        client = Client(url, verbose=False)
        for done in ask(client, options.requests, options.count):
            if done % LOOK_EVERY == 0 or done == options.requests:
                figures[done] = process_memory_mb(pid)
                print(f"{done:5d} requests: {figures[done]:.0f} MB", flush=True)
        peak = process_memory_mb(pid, "VmHWM")
    if options.json:
        options.json.write_text(json.dumps({"resident_mb": figures, "peak_mb": peak}, indent=1) + "\n")
    write_section("memory", report(figures, peak, options.count))
    late = [megabytes for done, megabytes in figures.items() if done >= SETTLED_AFTER]
    if peak > LIMIT_MB or (late and late[-1] - late[0] > GROWTH_MB):
        sys.exit(f"Too much memory: {peak:.0f} MB at the peak, from {late[:1]} to {late[-1:]} MB at the end.")


def ask(client: Client, requests: int, count: int) -> Iterator[int]:
    """Yield how many requests are done, after each."""
    source = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "photo.jpg"
        for done in range(1, requests + 1):
            write_photo(source, photo)
            if done % 10 == 0:
                instance, _ = client.predict(photo=handle_file(photo), api_name="/encode")
                client.predict(feature=instance["feature"], count=3, api_name="/neighbours")
            client.predict(photo=handle_file(photo), count=count, seed=done, api_name="/generate")
            yield done


def report(figures: dict[int, float], peak: float, count: int) -> str:
    """Return the figures as a Markdown table."""
    return "\n".join(
        [
            f"Resident memory of the app after requests of {count} images, each with a new photo of 1600 x 1200 px; "
            f"{peak:.0f} MB at the peak:",
            "",
            f"| requests | {' | '.join(map(str, figures))} |",
            f"|---|{'---|' * len(figures)}",
            f"| MB | {' | '.join(f'{megabytes:.0f}' for megabytes in figures.values())} |",
        ]
    )


if __name__ == "__main__":
    main()
