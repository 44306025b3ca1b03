"""What a visitor's short fine-tune gives from each base, under one budget of processor time.

``python -m benchmarks.fine_tunes SPLITS/DOMAIN OUT --base produce64 --base everyday64 [--seconds 180] [--classes 1]
[--photos 30]``

The first ``--classes`` classes of the domain by name, ``--photos`` training photos of each, are fine-tuned from each
base with the defaults of the product, one base after the other. A run gets ``--seconds`` of processor time, preparation
included, so that other work on the machine shifts no figure. Then every base's model draws ``--samples`` neighbours of
the photos that it learned from, and of each

- KID to all photos of these classes, of both parts, in Inception's features (small sets: unbiased, unlike FID);
- cosine in the model's encoder between an instance and its samples;
- a sheet: photos' first samples, OUT/BASE.png; before the first update, OUT/BASE_before.png.

``OUT/figures.json`` holds them. What the base learned is in its card: choose a domain that none of them knows.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil
import torch
from PIL import Image
from torch import Tensor

from benchmarks.inception import Inception, kid
from benchmarks.model_figures import draw
from benchmarks.photos import Photos, in_batches
from icgan_demo.inference.loading import load_model
from icgan_demo.pixels import to_pixels

SHEET_COLUMNS = 8


@dataclass(frozen=True)
class Figures:
    """What a fine-tune reached."""

    base: str
    updates: int
    kid: float
    kid_before: float
    cosine: float
    cosine_before: float


def choose(domain: Path, classes: int, photos: int, out: Path) -> None:
    """Copy the photos to learn from to ``out/learned`` and all photos of their classes to ``out/all``."""
    shutil.rmtree(out, ignore_errors=True)
    for folder in sorted((domain / "train").iterdir())[:classes]:
        for index, photo in enumerate(sorted(folder.iterdir())):
            targets = ["all", "learned"] if index < photos else ["all"]
            for target in targets:
                (out / target / folder.name).mkdir(parents=True, exist_ok=True)
                shutil.copy2(photo, out / target / folder.name / photo.name)
        for photo in (domain / "evaluation" / folder.name).iterdir():
            shutil.copy2(photo, out / "all" / folder.name / f"evaluation_{photo.name}")


def fine_tune(base: str, photos: Path, run: Path, seconds: float, options: list[str]) -> int:
    """Train for so much processor time, then save and stop; returns the number of updates.

    Raises:
        RuntimeError: if the trainer ended by itself.
    """
    command = [sys.executable, "-m", "icgan_demo", "train", "--data", str(photos), "--base", base, "--out", str(run)]
    with subprocess.Popen([*command, "--steps", "100000", "--metrics-every", "0", *options]) as trainer:
        process = psutil.Process(trainer.pid)
        while trainer.poll() is None and sum(process.cpu_times()[:2]) < seconds:
            time.sleep(0.2)
        if trainer.poll() is not None:
            raise RuntimeError(f"The run from {base} ended with {trainer.returncode}.")
        trainer.send_signal(signal.SIGUSR1)  # writes the model as it is
        while not (run / "model" / "card.json").exists() and trainer.poll() is None:
            time.sleep(0.2)
        trainer.send_signal(signal.SIGTERM)
    return int(json.loads((run / "status.json").read_text())["step"])


class Measured:
    """The photos of a set through one model's eyes and through Inception's."""

    def __init__(self, photos: Path, samples: int) -> None:
        self.photos, self.samples = photos, samples
        self.inception = Inception()

    def of(self, name: str, sheet: Path) -> tuple[float, float]:
        """Return KID and cosine of a model's samples without a label, and write a sheet of the first ones."""
        model = load_model(name)
        cache = self.photos / "cache"
        every, learned = (Photos.load(self.photos / part, model.resolution, cache) for part in ("all", "learned"))
        instances = in_batches(model.encoder.encode, learned.images)
        rows = torch.arange(self.samples) % len(instances)
        drawn = draw(model.generator, instances[rows], None, 0, 1.0)
        distance = kid(in_batches(self.inception.features, drawn), every.features("inception", self.inception.features))
        cosine = (in_batches(model.encoder.encode, drawn) * instances[rows]).sum(1).mean().item()
        _sheet(learned.images, drawn).save(sheet)
        return distance, cosine


def _sheet(photos: Tensor, drawn: Tensor) -> Image.Image:
    """Return rows of a photo and samples of it; the photo is in the first column."""
    count = min(SHEET_COLUMNS, len(photos))
    lines = []
    for row in torch.arange(count) * len(photos) // count:
        samples = drawn[row :: len(photos)][: SHEET_COLUMNS - 1]
        lines.append(torch.cat([photos[row : row + 1], samples]).permute(1, 2, 0, 3).flatten(2))
    widest = max(line.shape[-1] for line in lines)
    padded = [torch.nn.functional.pad(line, (0, widest - line.shape[-1]), value=1.0) for line in lines]
    return Image.fromarray(to_pixels(torch.cat(padded, dim=1)[None])[0].permute(1, 2, 0).numpy())


def main() -> None:
    """Fine-tune from each base and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("domain", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--base", action="append", required=True)
    parser.add_argument("--seconds", type=float, default=180.0, help="processor time of a run")
    parser.add_argument("--classes", type=int, default=1)
    parser.add_argument("--photos", type=int, default=30, help="of each class")
    parser.add_argument("--samples", type=int, default=480)
    parser.add_argument("--option", action="append", default=[], help="a further option of the trainer: --threads=1")
    options = parser.parse_args()
    photos = options.out / "photos"
    choose(options.domain, options.classes, options.photos, photos)
    measured = Measured(photos, options.samples)
    found = []
    for base in options.base:
        run = options.out / base
        shutil.rmtree(run, ignore_errors=True)
        before = measured.of(base, options.out / f"{base}_before.png")
        updates = fine_tune(base, photos / "learned", run, options.seconds, options.option)
        after = measured.of(str(run), options.out / f"{base}.png")
        found.append(Figures(base, updates, after[0], before[0], after[1], before[1]))
        print(json.dumps(asdict(found[-1])), flush=True)
    (options.out / "figures.json").write_text(json.dumps([asdict(line) for line in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
