"""The figures of any model on any folder of photos: numbers, a table, and sheets to look at."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from icgan_demo.errors import RequestError
from icgan_demo.index import find_neighbours
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.training.common.image_set import load_image_folder
from icgan_demo.training.common.run_folder import finite
from icgan_demo.training.defaults import default_neighbours
from icgan_demo.training.density_maps import DensityGrid
from icgan_demo.training.evaluate import SMALL, Evaluator, Judge
from icgan_demo.training.feature_cache import features_of
from icgan_demo.training.instance_bank import choose_instances
from icgan_demo.training.pairs import Neighbourhoods
from icgan_demo.training.plan import make_evaluator
from icgan_demo.training.sample_sheets import draw_sheet, real_sheet
from icgan_demo.training.start.networks import encoder_of, generator_of, rows_of, second_encoder
from icgan_demo.weights.cards import FoundModel
from icgan_demo.weights.tensor_files import save_json

ROWS = (
    ("fd", "FD ({})"),
    ("kd", "kernel distance"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("density", "density"),
    ("coverage", "coverage"),
    ("similarity", "cosine to the instance"),
    ("real_similarity", "the same of real neighbours"),
    ("agreement", "class agreement"),
    ("classes_covered", "share of classes covered"),
)


def evaluate_model(
    found: FoundModel, data: Path, samples: int | None = None, truncation: float = 1.0, out: Path | None = None
) -> dict[str, Any]:
    """Return the figures of a model on the photos under ``data``; with ``out``, also write them and two sheets.

    Classes of the photos that the model knows are asked for by name; otherwise the instance decides.

    Raises:
        RequestError: if there are too few photos, or they lack classes that the model must have.
        TrainingError, WeightsError, EncoderError: if photos or model cannot be used.
    """
    with tempfile.TemporaryDirectory() as scratch:
        measuring = Measurement.of(found, data, Path(scratch), samples, truncation)
        figures = measuring.figures()
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            save_json(finite(figures), out / "evaluation.json")
            measuring.draw_sheets(out)
    return figures


@dataclass(frozen=True)
class Measurement:
    """A model, and the photos that it is measured with."""

    name: str
    generator: AnyGenerator
    links: Neighbourhoods
    evaluator: Evaluator

    @classmethod
    def of(
        cls, found: FoundModel, data: Path, cache: Path, samples: int | None = None, truncation: float = 1.0
    ) -> "Measurement":
        """Prepare to measure a model on the photos under ``data``; raises like ``evaluate_model``.

        Args:
            cache: folder for the decoded photos and their features, where the next model finds them again.
        """
        card, encoder, generator = found.usable(), encoder_of(found), generator_of(found).eval()
        images = load_image_folder(data, generator.config.resolution, cache)
        if len(images) < 3:
            raise RequestError(f"At least three photos are needed to compare with, found {len(images)}.")
        own = [-1 if row is None else row for row in rows_of(card.class_names, images.class_names)]
        labels = torch.tensor([own[label] if label >= 0 else -1 for label in images.labels.tolist()])
        classes = torch.from_numpy(images.labels.copy())
        if (labels < 0).any() and generator.config.num_classes and not generator.config.no_label:
            raise RequestError(f"{card.title} needs classes: sort the photos into folders named after its own.")
        features = features_of(encoder, images, cache)
        other_name, other = second_encoder(encoder)
        judges = (Judge(card.name, encoder, features), Judge(other_name, other, features_of(other, images, cache)))
        neighbours = find_neighbours(features, default_neighbours(len(images)))
        evaluator = make_evaluator(judges, classes, neighbours, samples, truncation, told=labels)
        return cls(card.name, generator, Neighbourhoods(images, features, neighbours, labels=labels), evaluator)

    @property
    def photos(self) -> int:
        """Number of the photos."""
        return len(self.links.images)

    def figures(self, stored: int | None = None) -> dict[str, Any]:
        """Return the figures, as JSON values.

        Args:
            stored: photos that are instances, those nearest to as many cluster centres; None for all of them.
        """
        evaluator = self.evaluator
        if stored is not None and stored < self.photos:
            evaluator = replace(evaluator, instances=choose_instances(self.links.features, stored))
        return {
            "model": self.name,
            "neighbours": self.links.neighbours.shape[1],
            "truncation": evaluator.truncation,
            **evaluator.evaluate(self.generator),
        }

    def densities(self) -> dict[str, list[list[int]]]:
        """Return where photos and samples fall in the plane of the photos, as the model's own encoder sees both."""
        photos = self.links.features
        grid = DensityGrid(photos)
        samples = self.evaluator.sample_features(self.generator)
        return {"photos": grid.counts(photos), "samples": grid.counts(samples)}

    def draw_sheets(self, out: Path) -> None:
        """Write the sheets drawn.png and real.png into ``out``."""
        draw_sheet(self.generator, self.links, out / "drawn.png")
        real_sheet(self.links, out / "real.png")


def as_table(figures: dict[str, Any]) -> str:
    """Return the figures as a plain table, one row for each and one column for each encoder."""
    first, second = figures["encoder"], figures["second_encoder"]
    lines = [f"{'':30}{first:>16}{second:>16}"]
    for key, title in ROWS:
        cells = "".join(f"{_cell(figures[prefix + key]):>16}" for prefix in ("", "second_"))
        lines.append(f"{title.format('encoder'):30}{cells}")
    lines.append(f"spread of an instance's images: {figures['spread']:.3f}")
    lines.append(f"{figures['samples']} samples against {figures['real']} photos, truncation {figures['truncation']}")
    if figures["samples"] < SMALL:
        lines.append(f"Below {SMALL:,} samples the distances are biased: compare them only at the same counts.")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
