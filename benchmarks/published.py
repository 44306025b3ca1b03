"""Load time, memory and seconds per image of the published networks at full width, with random weights.

``python -m benchmarks.published [--archive] [--json FILE]``; ``--archive`` also writes an archive in the published
layout and converts it. Every network is measured in a process of its own, so that its peak memory is its own. The
table becomes the section "published" of ``docs/benchmarks.md``.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import nn

from benchmarks.document import describe_machine, process_memory_mb, write_section
from icgan_demo.config import Precision
from icgan_demo.inference.loading import load_model
from icgan_demo.models.generators import unfilled_generator
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.model_folder import write_model
from icgan_demo.weights.published.catalogue import PUBLISHED, PublishedModel
from icgan_demo.weights.published.conversion import convert
from icgan_demo.weights.published.export import export_official

MODELS = ("cc_icgan_biggan_imagenet_res64", "cc_icgan_biggan_imagenet_res128", "cc_icgan_biggan_imagenet_res256")
BATCHES = (1, 4)
REPEATS = 5
THREADS = 2
COLUMNS = {
    "precision": "precision",
    "load_s": "load s",
    "loaded_mb": "loaded MB",
    "peak_mb": "peak MB",
    "batch_1_s": "s per image",
    "batch_4_s": "s per image, batch of 4",
    "convert_s": "convert s",
    "convert_peak_mb": "convert MB",
}
"""What is measured, and how the table calls it."""


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
            converted = {}
            if arguments.archive:
                export_official(read_card(folder), folder, Path(scratch))
                converted = _apart("convert", Path(scratch) / f"{name}.tar.gz")
            for precision in (Precision.FLOAT32, Precision.BFLOAT16):
                rows.append({"name": name, **_apart(precision, folder), **converted})
    table = report(rows)
    print(table)
    write_section("published", table)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def write_random(model: PublishedModel, folder: Path) -> None:
    """Write a model folder with the published architecture and random weights."""
    generator = unfilled_generator(model.generator).to_empty(device="cpu")
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
    model = load_model(str(path), precision=Precision(what))
    row: dict[str, Any] = {"precision": what, "load_s": time.perf_counter() - start}
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
    return process_memory_mb(os.getpid(), "VmHWM")


def report(rows: Sequence[dict[str, Any]]) -> str:
    """Return the section of ``docs/benchmarks.md``: one line for each network and precision."""
    torch.set_num_threads(THREADS)  # for the line about the machine
    lines = [
        "## Published networks at full width",
        "",
        f"`python -m benchmarks.published`, random weights, {describe_machine()}, load average "
        f"{os.getloadavg()[0]:.1f} at the end. Time to load, all checks included; highest memory of the whole process "
        "after loading and after drawing; seconds per image, median of five.",
        "",
    ]
    columns = [column for column in COLUMNS if column in rows[-1]]
    lines += [
        "| network | " + " | ".join(COLUMNS[column] for column in columns) + " |",
        "|---" * len(columns) + "|---|",
    ]
    for row in rows:
        values = (row[column] if isinstance(row[column], str) else f"{row[column]:.4g}" for column in columns)
        lines.append(f"| {row['name']} | " + " | ".join(values) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
