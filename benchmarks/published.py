"""Load time, memory and seconds a picture of the published networks at full width, with random weights.

``python -m benchmarks.published [--archive] [--json FILE]``; ``--archive`` also writes an archive in the published
layout and converts it. Every network is measured in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from icgan_demo.inference.loading import load_model
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights.bundle import write_model
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.conversion import convert
from icgan_demo.weights.export import export_official
from icgan_demo.weights.published import PUBLISHED, PublishedModel

MODELS = ("cc_icgan_biggan_imagenet_res64", "cc_icgan_biggan_imagenet_res128", "cc_icgan_biggan_imagenet_res256")
BATCHES = (1, 4)
REPEATS = 5
THREADS = 2


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", action="store_true", help="also convert an archive of each network")
    parser.add_argument("--json", type=Path, help="write the rows to this file, too")
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(_measure(arguments.measure[0], Path(arguments.measure[1]))))
        return
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in MODELS:
            folder = Path(scratch) / name
            write_random(PUBLISHED[name], folder)
            row = {"name": name, **_apart("draw", folder)}
            if arguments.archive:
                export_official(read_card(folder), folder, Path(scratch))
                row |= _apart("convert", Path(scratch) / f"{name}.tar.gz")
            rows.append(row)
    _print(rows)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def write_random(model: PublishedModel, folder: Path) -> None:
    """Write a model folder with the published architecture and random weights."""
    with torch.device("meta"):
        generator = BigGanGenerator(model.generator)
    generator = generator.to_empty(device="cpu")
    for key, value in generator.state_dict().items():
        nn.init.normal_(value, std=0.02) if value.ndim > 1 else nn.init.ones_(value)
        if key.endswith(("bias", "stored_mean")):
            nn.init.zeros_(value)
    write_model(
        folder,
        name=folder.name,
        title=model.title,
        description="Random weights for a benchmark.",
        data="No data.",
        licence=model.licence,
        generator=generator,
        encoder_config={"kind": model.encoder},
        class_names=[f"Class {row}" for row in range(model.generator.num_classes)],
    )


def _measure(what: str, path: Path) -> dict[str, Any]:
    torch.set_num_threads(THREADS)
    start = time.perf_counter()
    if what == "convert":
        convert(path, path.with_name("models"))
        return {"convert_s": time.perf_counter() - start, "convert_peak_mb": _peak_mb()}
    model = load_model(str(path))
    row: dict[str, Any] = {"resolution": model.resolution, "load_s": time.perf_counter() - start}
    row["loaded_mb"] = _peak_mb()
    config = model.generator.config
    for batch in BATCHES:
        z, h = torch.randn(batch, config.noise_dim), nn.functional.normalize(torch.randn(batch, config.feature_dim))
        y = torch.arange(batch)
        model.draw(z, h, y)  # the first one allocates
        times = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            model.draw(z, h, y)
            times.append((time.perf_counter() - start) / batch)
        row[f"batch_{batch}_s"] = median(times)
    row["peak_mb"] = _peak_mb()
    return row


def _apart(what: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.published", "--measure", what, str(path)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(THREADS)}
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def _peak_mb() -> float:
    """Peak memory of this process; not ``ru_maxrss``, in which Linux counts the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6  # type: ignore[index]


def _print(rows: list[dict[str, Any]]) -> None:
    print(f"{THREADS} threads, torch {torch.__version__}, load average {os.getloadavg()[0]:.1f} at the end")
    columns = [key for key in rows[-1] if key != "name"]
    print("  ".join(["name".ljust(34), *(key.rjust(14) for key in columns)]))
    for row in rows:
        print("  ".join([row["name"].ljust(34), *(f"{row[key]:14.2f}" for key in columns)]))


if __name__ == "__main__":
    main()
