"""Conditionings compared: one run for each under the same data, budget, seeds and schedule, then figures of all.

Each run is a normal one in a folder of its own, so it can be watched, resumed, drawn with and trained on by itself.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import icgan_demo
from icgan_demo.config import Conditioning, TrainConfig
from icgan_demo.errors import RequestError
from icgan_demo.training.common.log_lines import read_lines
from icgan_demo.training.common.run_folder import METRICS, RECORD, Progress, State, finite, read_status
from icgan_demo.training.model_figures import Measurement
from icgan_demo.training.plan import Order
from icgan_demo.training.run import Description, run_training
from icgan_demo.training.run_reporter import Reporter
from icgan_demo.weights.cards import inspect_model
from icgan_demo.weights.folders import MODEL
from icgan_demo.weights.tensor_files import save_json

logger = logging.getLogger(__name__)

COMPARISON = "compare.json"
SHARED_ENCODER, BASE_ENCODER = "lite0", "bundled"
STORED = (10, 50, 100, 500)
"""Instances that a model is given when it is drawn with, beside all of them."""


@dataclass(frozen=True)
class Member:
    """One run of a comparison: what it is about, and what differs from the others."""

    name: str
    """Also its folder's."""
    series: str
    """``conditioning``, ``neighbours`` or ``encoder``."""
    value: str
    """Its place in the series."""
    given: Mapping[str, Any]
    """Settings of its training."""
    encoder: str

    @property
    def seed(self) -> int:
        """Seed of every random choice."""
        return self.given["seed"]


@dataclass(frozen=True)
class Comparison:
    """What is compared."""

    data: Path
    """Folder or ZIP of images."""
    budget: int
    """Images that each run learns from, repetitions counted."""
    conditionings: tuple[Conditioning, ...] = tuple(Conditioning)
    seeds: int = 1
    """Runs of each conditioning, with the seeds 0, 1, …"""
    neighbours: tuple[int, ...] = ()
    """Sizes of a neighbourhood, each with a run that is conditioned on instances."""
    encoders: tuple[str, ...] = ()
    """``lite0`` (supervised) or ``bundled`` (self-supervised), each with a run that is conditioned on instances."""
    encoder: str = BASE_ENCODER
    """Of all other runs."""
    resolution: int = 64
    """Side of the images, px."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """Settings that all runs share; what is missing is chosen as for any run."""
    photos: Path | None = None
    """Photos to measure with; None for those of the training."""
    samples: int | None = None
    """Images generated for the figures; None for as many as there are photos, 256 to 1,000."""

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= 100:
            raise RequestError(f"seeds must be between 1 and 100, got {self.seeds}.")
        if self.budget < self.batch_size:
            raise RequestError(f"The budget must hold at least one batch of {self.batch_size} images.")
        if unknown := {*self.encoders, self.encoder} - {SHARED_ENCODER, BASE_ENCODER}:
            raise RequestError(f"An encoder is {SHARED_ENCODER} or {BASE_ENCODER}, got {min(unknown)[:20]!r}.")
        if len(set(self.conditionings)) != len(self.conditionings):
            raise RequestError("Name each conditioning once.")

    @property
    def batch_size(self) -> int:
        """Images per update."""
        return self.given.get("batch_size", TrainConfig.batch_size)

    @property
    def steps(self) -> int:
        """Updates of each run."""
        return self.budget // self.batch_size

    def members(self) -> list[Member]:
        """Return all runs, in the order of their training: every conditioning once before the second seed."""
        shared = {"held_out": 0.0, **self.given, "batch_size": self.batch_size, "steps": self.steps}
        of_instance = shared | {"conditioning": Conditioning.INSTANCE, "seed": 0}
        main = [
            Member(
                f"{word}-{seed}", "conditioning", str(word), shared | {"conditioning": word, "seed": seed}, self.encoder
            )
            for seed in range(self.seeds)
            for word in self.conditionings
        ]
        by_size = [
            Member(f"neighbours-{size}", "neighbours", str(size), of_instance | {"neighbours": size}, self.encoder)
            for size in self.neighbours
        ]
        by_encoder = [Member(f"encoder-{name}", "encoder", name, of_instance, name) for name in self.encoders]
        return [*main, *by_size, *by_encoder]


def train_members(
    comparison: Comparison, out: Path, threads: int = 0, device: str = "cpu"
) -> Iterator[tuple[Member, Progress]]:
    """Train what is not trained yet, one run after the other, in ``out/NAME``; yields a report per update.

    A larger budget than before continues the runs. Ends early, with what is done saved, when it is asked to stop.

    Raises:
        DemoError: if a run cannot start or continue.
    """
    for member in untrained(comparison, out):
        folder = out / member.name
        reporter = Reporter(folder, comparison.steps)
        reporter.listen()
        shares = member.encoder == SHARED_ENCODER
        order = Order(comparison.data, shares_encoder=shares, resolution=comparison.resolution, device=device)
        describe = Description(member.name, f"{member.series} {member.value}, seed {member.seed}")
        resume = (folder / RECORD).exists()
        for progress in run_training(order, member.given, folder, describe, reporter, resume=resume, threads=threads):
            yield member, progress
        if reporter.is_stopping:
            return


def untrained(comparison: Comparison, out: Path) -> list[Member]:
    """Return the runs that have not seen the budget yet."""

    def is_trained(member: Member) -> bool:
        status = read_status(out / member.name)
        return status is not None and status.state is State.FINISHED and status.step >= comparison.steps

    return [member for member in comparison.members() if not is_trained(member)]


def measure_members(comparison: Comparison, out: Path) -> dict[str, Any]:
    """Write ``out/compare.json`` with the figures of all runs that have a model, and return its content.

    Returns:
        ``protocol``; ``runs``, each with its figures and its curve; ``stored``: the runs on instances again, with only
        so many of them stored; ``densities``: where photos and the first seed's images fall in one plane.
    """
    runs, stored = [], []
    densities: dict[str, Any] = {}
    photos = comparison.photos or comparison.data
    for member in comparison.members():
        found = inspect_model(out / member.name / MODEL)
        if found.message:
            logger.warning("%s has no model yet and is left out", member.name)
            continue
        card = found.usable()
        measuring = Measurement.of(found, photos, out / "cache", comparison.samples)
        about = {"name": member.name, "series": member.series, "value": member.value, "seed": member.seed}
        seen = {"images": card.settings["steps_trained"] * comparison.batch_size}  # type: ignore[operator]
        curve = curve_of(out / member.name / METRICS, comparison.batch_size)
        runs.append(about | seen | {"figures": finite(measuring.figures()), "curve": curve})
        if member.series == "conditioning" and member.seed == 0:
            counted = measuring.densities()
            densities = {"photos": counted["photos"], **densities, member.value: counted["samples"]}
        if member.series == "conditioning" and member.value == Conditioning.INSTANCE:
            stored += [
                about | {"stored": count, "figures": finite(measuring.figures(count))}
                for count in (*(few for few in STORED if few < measuring.photos), measuring.photos)
            ]
    content = {"protocol": _protocol(comparison), "runs": runs, "stored": stored, "densities": densities}
    save_json(content, out / COMPARISON)
    return content


def read_comparison(folder: Path) -> dict[str, Any] | None:
    """Return what ``measure_members`` wrote in ``folder``; None if there is nothing to read."""
    try:
        content = json.loads((folder / COMPARISON).read_text(), parse_constant=lambda _: None)
        return content if isinstance(content, dict) and {"protocol", "runs", "stored"} <= content.keys() else None
    except (OSError, ValueError):
        return None


def runs_of(content: Mapping[str, Any], series: str) -> dict[str, list[dict[str, Any]]]:
    """Return the runs of a series by their value, in the order of the file."""
    found: dict[str, list[dict[str, Any]]] = {}
    for run in content["runs"]:
        if run["series"] == series:
            found.setdefault(run["value"], []).append(run)
    return found


def mean_and_spread(values: Sequence[float | None]) -> tuple[float, float] | None:
    """Return the mean of what is there and half the distance from the smallest to the largest; None for nothing."""
    known = [value for value in values if value is not None]
    return (sum(known) / len(known), (max(known) - min(known)) / 2) if known else None


def curve_of(metrics: Path, batch_size: int) -> list[dict[str, Any]]:
    """Return the figures that a run took while it trained, on its own photos, each with the ``images`` seen by then.

    Args:
        metrics: its file; one that is not there yet holds none.
        batch_size: images per update.
    """
    return [{"images": line.pop("step") * batch_size, **line} for line in read_lines(metrics)]


def _protocol(comparison: Comparison) -> dict[str, Any]:
    """What the figures depend on; folders are said by their names alone."""
    photos = comparison.photos or comparison.data
    return {
        "data": comparison.data.name,
        "photos": photos.name if photos is not comparison.data else "those of the training",
        "budget": comparison.budget,
        "seeds": comparison.seeds,
        "resolution": comparison.resolution,
        "encoder": comparison.encoder,
        "settings": {
            name: list(value) if isinstance(value, tuple) else value for name, value in comparison.given.items()
        },
        "version": icgan_demo.__version__,
    }
