"""Features made by the workers of a Ray cluster: how fast, and whether killed workers change anything.

``python -m benchmarks.cluster [--pictures 640] [--workers 1 2] [--kills 20]`` embeds the same pictures in this process,
then on a Ray of this machine with each number of workers, and once more while that many workers are killed at random
moments, one after each shard that was made; all folders must be equal, byte for byte. It writes its section of
``docs/scale.md``.
"""

import argparse
import os
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import torch

from benchmarks.document import DOCUMENT, describe_machine, write_section
from benchmarks.page import write_photo
from icgan_demo.inference.loading import load_model
from icgan_demo.service.banks.bank_streaming import EmbedPlan, EmbedProgress, embed_into
from icgan_demo.service.cluster.ray_cluster import connect
from icgan_demo.service.cluster.ray_embedding import shards_by_ray
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.folders import bundled_models_folder

LATEST_S = 1.0
"""After a shard was made; the next one takes longer."""


class Killer:
    """Kills a worker that is at work, at a random moment after each shard that was made, until that was often enough.

    By the clock alone it would never let a slow machine come to the end of a shard, which Ray gives up in the end.
    """

    def __init__(self, kills: int, seed: int) -> None:
        self.done = 0
        self._kills, self._source = kills, random.Random(seed)
        self.waiting: threading.Timer | None = None
        """Until the next one is killed."""

    def hear(self, progress: EmbedProgress) -> None:
        """Take note of a shard that was made, and kill soon."""
        if progress.found_done == progress.looked_at or (self.waiting and self.waiting.is_alive()):
            return
        self.waiting = threading.Timer(self._source.uniform(0, LATEST_S), self._kill)
        self.waiting.start()

    def stop(self) -> None:
        """End it."""
        if self.waiting:
            self.waiting.cancel()

    def _kill(self) -> None:
        workers = [each for each in psutil.Process().children(recursive=True) if "ray::_shard" in each.name()]
        if workers and self.done < self._kills:
            os.kill(self._source.choice(workers).pid, signal.SIGKILL)
            self.done += 1


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of a bank's folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "lock"}


def on_cluster(
    sources: list[Path], name: str, plan: EmbedPlan, out: Path, workers: int, killer: Killer | None
) -> float:
    """Embed on a new cluster of so many workers; returns the seconds from when it is ready to the finished folder."""
    import ray

    connect("local", cpus=workers)
    try:
        model, begun = load_model(name), time.monotonic()
        hear = killer.hear if killer else lambda progress: None
        embed_into(sources, model, out, plan, hear, elsewhere=shards_by_ray(sources, name, plan))
        return time.monotonic() - begun
    finally:
        if killer:
            killer.stop()
        ray.shutdown()


def main() -> None:
    """Measure, print, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=640)
    parser.add_argument("--shard-pictures", type=int, default=16)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action=argparse.BooleanOptionalAction, default=True, help="into docs/scale.md")
    options = parser.parse_args()
    torch.set_num_threads(1)  # as each worker has; more round differently
    name = ModelStore([bundled_models_folder()]).default
    plan = EmbedPlan("pictures", options.shard_pictures)
    rows: list[tuple[str, float]] = []

    def note(by: str, seconds: float) -> None:
        rows.append((by, seconds))
        print(f"{by}: {seconds:.1f} s", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        source = np.random.default_rng(options.seed)
        for number in range(options.pictures):
            write_photo(source, photos / f"{number:05d}.jpg")
        model, begun = load_model(name), time.monotonic()
        embed_into([photos], model, Path(folder) / "here", plan)
        note("one process, one thread", time.monotonic() - begun)
        known = contents(Path(folder) / "here")
        for workers in options.workers:
            out = Path(folder) / f"by-{workers}"
            note(f"Ray, workers: {workers}", on_cluster([photos], name, plan, out, workers, None))
            assert contents(out) == known, out
        if options.kills:
            killer, out = Killer(options.kills, options.seed), Path(folder) / "killed"
            seconds = on_cluster([photos], name, plan, out, max(options.workers), killer)
            assert contents(out) == known, out
            note(f"Ray, workers: {max(options.workers)}, of which {killer.done} were killed", seconds)
    lines = [
        f"{describe_machine()}; {options.pictures} photos of 1600 x 1200 px in shards of {options.shard_pictures}, "
        "every folder the same byte for byte. With Ray, the time includes that workers start and load the model.",
        "",
        "| by | seconds | photos a second |",
        "|---|---:|---:|",
        *(f"| {by} | {seconds:.1f} | {options.pictures / seconds:.1f} |" for by, seconds in rows),
    ]
    print("\n".join(lines))
    if options.write:
        write_section("cluster", "\n".join(lines), DOCUMENT.parent / "scale.md")


if __name__ == "__main__":
    main()
