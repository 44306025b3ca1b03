"""A stand-in for ``icgan-demo train``: same options, files and signals, no network.

Its behaviour is set by environment variables, which a trainer inherits from the app: ``FAKE_STEP_S`` (seconds a step),
``FAKE_MODEL`` (folder that becomes the finished model), ``FAKE_FAULT`` ("refuse", "fail" or "hang" at step 3).
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import signal
import struct
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import psutil
from PIL import Image

from icgan_demo.config import TrainConfig

OPTIONS = [
    *("data", "base", "encoder", "resolution", "steps", "minutes", "batch-size", "checkpoint-every", "sheet-every"),
    *("metrics-every", "seed", "neighbours", "freeze", "augment", "lr-generator", "lr-discriminator", "label-dropout"),
    *("conditioning", "held-out", "threads", "device", "name", "title", "licence", "out"),
]


class Run:
    def __init__(self, options):
        self.options = options
        self.out = Path(options.out)
        self.steps = int(options.steps)
        self.step = 0
        self.started = time.monotonic()

    def say(self, state, message):
        left = self.steps - self.step
        values = {
            "state": state,
            "step": self.step,
            "steps": self.steps,
            "elapsed_s": time.monotonic() - self.started,
            "eta_s": left * step_s(),
            "images_per_s": 12.5,
            "message": message,
            "pid": os.getpid(),
            "pid_started": psutil.Process().create_time(),
            "heartbeat": time.time(),
        }
        write(self.out / "status.json", values)

    def append(self, name, values):
        with (self.out / name).open("a") as stream:
            stream.write(json.dumps(values) + "\n")

    def sheet(self, name, shade, kind="sheets"):
        folder = self.out / kind
        folder.mkdir(exist_ok=True)
        Image.new("RGB", (132, 132), (40, shade % 256, 160)).save(folder / f"{name}.tmp", "PNG")
        (folder / f"{name}.tmp").replace(folder / f"{name}.png")

    def checkpoint(self):
        path = self.out / f"step_{self.step:06d}.safetensors"
        content = struct.pack("<f", self.step)
        header = json.dumps({"average/weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + content)
        marker = {"step": self.step, "size": path.stat().st_size, "sha256": digest_of(path)}
        write(path.with_suffix(".json"), marker | {"settings": {"state": {"elapsed_s": 1.0, "best": {}}}})

    def learn(self):
        self.step += 1
        loss = 2 * math.exp(-self.step / 50)
        scores = {"score_real": 0.1, "score_fake": -0.1, "r1": 0.01}
        scores |= {"score_seen": 1.0, "score_held_out": 0.2, "score_drawn": -0.2}  # it learns by heart
        self.append(
            "log.jsonl",
            {"step": self.step, "loss_generator": loss + 1, "loss_discriminator": loss, **scores, "images_per_s": 12.5},
        )
        if self.step % int(self.options.sheet_every or 10) == 0:
            self.sheet(f"step_{self.step:06d}", self.step * 10)
        if self.step % int(self.options.metrics_every or 10) == 0:
            figures = {"fd": 1 / self.step, "kd": 2 / self.step, "precision": 0.5, "similarity": 0.4, "encoder": "fake"}
            figures["held_out_kd"] = abs(self.step - 30) / 100
            figures["spread"] = 0.1
            self.sheet(f"step_{self.step:06d}", 90, "worst")
            self.append("metrics.jsonl", {"step": self.step, **figures})

    def write_present(self):
        self.write_model("present", f"{self.options.name}-step-{self.step}")

    def write_model(self, folder="model", name=None):
        source = os.environ.get("FAKE_MODEL")
        name = name or self.options.name
        more = {"figures": {"by_class": by_class()}} if folder == "model" else {}
        scratch = self.out / f"{folder}.tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        if source:
            shutil.copytree(source, scratch)
            card = json.loads((scratch / "card.json").read_text())
            card["name"], card["title"] = name, self.options.title
            card["settings"] = {"steps_trained": self.step}
            write(scratch / "card.json", card | more)
        else:
            scratch.mkdir()
            write(scratch / "card.json", {"name": name, "settings": {"steps_trained": self.step}} | more)
        shutil.rmtree(self.out / folder, ignore_errors=True)  # a run that continues after its end writes it again
        scratch.rename(self.out / folder)


def by_class():
    """Return a trainer's findings about two classes, one of which is hard to recognise."""
    counts = {"otter": (36, 11), "heron <b>": (20, 8)}
    classes = {
        name: {"drawn": 40, "drawn_recognised": drawn, "photos": 12, "photos_recognised": photos}
        for name, (drawn, photos) in counts.items()
    }
    return {"encoder": "produce64", "told": True, "left_out": 0, "classes": classes}


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def settings_of(options):
    """Return the settings of a run as a trainer writes them."""
    config = asdict(TrainConfig(steps=int(options.steps), seed=int(options.seed or 0)))
    return config | {"augment": list(config["augment"])}


def step_s():
    return float(os.environ.get("FAKE_STEP_S", "0.01"))


def write(path, values):
    path.with_suffix(".tmp").write_text(json.dumps(values))
    path.with_suffix(".tmp").replace(path)


def parsed():
    parser = argparse.ArgumentParser()
    for option in OPTIONS:
        parser.add_argument(f"--{option}")
    for flag in ("resume", "dry-run", "json"):
        parser.add_argument(f"--{flag}", action="store_true")
    return parser.parse_args()


def main():
    options, fault = parsed(), os.environ.get("FAKE_FAULT", "")
    if fault == "refuse":
        sys.exit(2)
    pictures = sorted(Path(options.data).rglob("*.png"))
    if options.dry_run:
        plan = {"pictures": len(pictures), "steps": int(options.steps), "seconds_per_step": 0.5, "memory_mb": 900}
        print(json.dumps({**plan, "eta_s": 0.5 * int(options.steps), "checkpoint_mb": 40}))
        return
    stopping, finishing = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGUSR1, lambda *_: finishing.set())
    run = Run(options)
    run.out.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in pictures)).hexdigest()
    record = {"settings": settings_of(options), "asked": {"steps": int(options.steps)}, "base": None, "resolution": 32}
    record |= {"data": {"pictures": len(pictures), "digest": digest}, "decoded": "", "threads": 1, "versions": {}}
    record |= {"notes": [], "started": "now", "command_line": vars(options)}
    write(run.out / "run.json", record | {"held_out": [path.name for path in pictures[:2]]})
    hashes = {path.relative_to(options.data).as_posix(): digest_of(path) for path in pictures}
    write(run.out / "pictures.json", hashes)
    markers = sorted(run.out.glob("step_*.json"))
    if options.resume and markers:
        run.step = json.loads(markers[-1].read_text())["step"]
        lines = (run.out / "log.jsonl").read_text().splitlines(keepends=True)[: run.step]
        (run.out / "log.jsonl").write_text("".join(lines))
    else:
        run.sheet("step_000000", 0)
        run.sheet("real", 250)
    run.say("running", "Learning.")
    while run.step < run.steps and not finishing.is_set():
        if stopping.is_set():
            run.checkpoint()
            run.write_present()
            run.say("stopped", f"Saved at step {run.step}.")
            return
        if (run.out / "present.wanted").exists():
            run.write_present()
            (run.out / "present.wanted").unlink()
        time.sleep(step_s())
        run.learn()
        if fault == "fail" and run.step == 3:
            run.say("failed", "Out of memory; try a smaller batch.")
            sys.exit(1)
        while fault == "hang" and run.step == 3:
            signal.pause()
        if run.step % int(options.checkpoint_every or 10) == 0:
            run.checkpoint()
        run.say("running", "Learning.")
    run.sheet(f"step_{run.step:06d}", run.step * 10)
    run.sheet("model", 200)
    run.write_model()
    shutil.rmtree(run.out / "present", ignore_errors=True)
    run.say("finished", f"Finished after {run.step} steps.")


if __name__ == "__main__":
    main()
