"""How fast pictures are drawn, beside the plain reference with the same weights in the same run.

``python -m benchmarks.drawing [--quick] [--json FILE]`` prints seconds a picture for the published full-width shapes
with random weights and for the bundled shape: the reference (module by module, float32, spectral norm evaluated each
time, as the original code does), ours prepared, and their ratio. Medians; reference and ours take turns.
"""

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from benchmarks.reference import ReferenceGenerator
from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.prepare import prepare
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.training.networks import small_networks

CASES = {
    "published 64": (GeneratorConfig(64, (1024, 1024, 512, 256, 128), 24, feature_dim=2048, attention=(32,)), (1, 4)),
    "published 128": (
        GeneratorConfig(128, (1536, 1536, 768, 384, 192, 96), 20, feature_dim=2048, attention=(64,)),
        (1, 4),
    ),
    "published 256": (
        GeneratorConfig(256, (1536, 1536, 768, 768, 384, 192, 96), 17, feature_dim=2048, attention=(64,)),
        (1, 4, 16),
    ),
    "bundled 64": (small_networks(64, 256, 50)[0], (1, 16)),
}
THREADS = 2


def measure(name: str, config: GeneratorConfig, batch: int, runs: int) -> dict[str, Any]:
    """Return one row: seconds a picture of the reference and of ours, and their ratio."""
    torch.manual_seed(0)
    generator = BigGanGenerator(config).eval().requires_grad_(False)
    z = torch.randn(batch, config.noise_dim)
    c = generator.condition(F.normalize(torch.randn(1, config.feature_dim), dim=1)).expand(batch, -1)
    reference, ours = ReferenceGenerator.of(generator), prepare(generator)
    seconds: dict[str, list[float]] = {"reference": [], "ours": []}
    for _ in range(runs + 1):  # the first round also pays for set-up
        seconds["reference"].append(_seconds(lambda: reference(z, c)))
        seconds["ours"].append(_seconds(lambda: ours(z, c)))
    reference_s, ours_s = (statistics.median(times[1:]) / batch for times in seconds.values())
    return {
        "name": name,
        "resolution": config.resolution,
        "batch": batch,
        "reference_s": round(reference_s, 4),
        "ours_s": round(ours_s, 4),
        "ratio": round(reference_s / ours_s, 2),
    }


def _seconds(draw: Callable[[], object]) -> float:
    start = time.perf_counter()
    with torch.inference_mode():
        draw()
    return time.perf_counter() - start


def main() -> None:
    """Measure every case, print a table, and write the rows where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="batch 1 of the published shapes only, three runs")
    parser.add_argument("--json", type=Path, help="file for the rows")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    print(f"{platform.machine()}, {THREADS} threads, torch {torch.__version__}, seconds a picture")
    rows = []
    for name, (config, batches) in CASES.items():
        for batch in batches[:1] if options.quick and name != "bundled 64" else batches:
            rows.append(row := measure(name, config, batch, 3 if options.quick else 5))
            print(
                "{name:14s} batch {batch:2d}  {reference_s:.4f}  {ours_s:.4f}  {ratio:.2f}x".format(**row), flush=True
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
