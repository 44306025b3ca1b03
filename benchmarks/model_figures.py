"""The figures of a model on one domain: evaluation photos as instances, judged by networks with no part in training.

``python -m benchmarks.model_figures MODEL SPLIT JUDGE [--samples 5000] [--out figures.json]``

SPLIT is a domain's folder of ``benchmarks.splits``, JUDGE a file of ``benchmarks.judge`` for that domain, or
``imagenet`` for ``benchmarks.imagenet_judge``. Three sets of pictures are measured in the same way: training photos
(what a perfect model would draw), samples without a label, and samples with the instance's label. For each:

- in the judge's features: Fréchet distance, precision, recall, density and coverage against the evaluation photos, and
  against the training photos;
- the judge's accuracy (for the training photos: on the evaluation photos, because it learned the others);
- cosine in the model's encoder between an instance and its samples (for the photos: its 20 nearest);
- true FID and KID (``benchmarks.inception``), against the evaluation photos and against the training photos;
- spread: the mean distance between pictures of one instance (for the photos: its 8 nearest) in Inception's and in the
  judge's features at unit length;
- grid: power spectrum at the periods of upsampling beside that of all photos (``benchmarks.spectrum``).

``--samples 500`` is a quick look: Fréchet distances and FID then come out larger. Photos are seen at the model's
resolution; of more than 5,000 photos of one part, 5,000 are taken.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from benchmarks.imagenet_judge import load_imagenet_judge
from benchmarks.inception import Inception, fid, kid
from benchmarks.judge import accuracy, load_judge
from benchmarks.photos import Photos, in_batches, kept
from benchmarks.spectrum import grid, power_spectrum
from benchmarks.spread import NEIGHBOURS, by_instance, distance_within
from icgan_demo.inference.instance_model import Generator, InstanceModel
from icgan_demo.inference.loading import load_model
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_images, to_pixels
from icgan_demo.training.common.metrics import coverage_of, frechet_distance
from icgan_demo.weights.cards import GENERATOR

COSINE_NEIGHBOURS = 20
IMAGENET = "imagenet"
VARIANTS = ("no label", "labelled")


class AnyNetwork(Protocol):
    """A network whose pooled features measure pictures."""

    identity: str
    """Names the network, its weights and its precision."""

    def features(self, images: Tensor) -> Tensor:
        """Return features (N, D) of images (N, 3, R, R), float in [-1, 1]."""
        ...


class AnyJudge(AnyNetwork, Protocol):
    """A network that also tells the classes of a split apart."""

    def __call__(self, images: Tensor) -> Tensor:
        """Return class scores (N, classes)."""
        ...


@torch.inference_mode()
def draw(generator: Generator, features: Tensor, labels: Tensor | None, seed: int, truncation: float) -> Tensor:
    """Return one picture for each row, rounded to 8 bit as a visitor gets them."""
    images = []
    for first in range(0, len(features), 64):
        rows = slice(first, first + 64)
        h = features[rows]
        y = None if labels is None else labels[rows]
        z = draw_noise(range(seed + first, seed + first + len(h)), generator.config.noise_dim, truncation)
        images.append(to_images(to_pixels(generator(z, generator.condition(h, y)))))
    return torch.cat(images)


class Seen:
    """Both parts of the photos through one network."""

    def __init__(self, network: AnyNetwork, train: Photos, held: Photos) -> None:
        self.see = network.features
        self.train = train.features(network.identity, self.see)
        self.held = held.features(network.identity, self.see)

    def judged(self, drawn: Tensor) -> dict[str, Any]:
        """Return the overlap of features with those of each part."""
        return {
            part: {"frechet": frechet_distance(drawn, real), **asdict(coverage_of(real, drawn))}
            for part, real in self._others(drawn)
        }

    def inception(self, drawn: Tensor) -> dict[str, Any]:
        """Return FID and KID of Inception's features to those of each part."""
        return {part: {"fid": fid(drawn, real), "kid": kid(drawn, real)} for part, real in self._others(drawn)}

    def _others(self, drawn: Tensor) -> list[tuple[str, Tensor]]:
        parts = [("to_evaluation", self.held), ("to_training", self.train)]
        return [(part, real) for part, real in parts if real is not drawn]


@dataclass(frozen=True)
class Evaluation:
    """A model and the photos that it is measured with."""

    model: InstanceModel
    judge: AnyJudge
    inception: AnyNetwork
    train: Photos
    held: Photos
    samples: int
    truncation: float = 1.0

    def figures(self, variants: Sequence[str], inception_of: Sequence[str]) -> dict[str, Any]:
        """Return the figures of this module's docstring, with their protocol, as JSON values.

        Args:
            variants: kinds of samples, of ``VARIANTS``.
            inception_of: those that Inception looks at; if none, it does not look at the photos either.
        """
        model, held = self.model, self.held
        encoder = model.encoder
        h_train, h_held = (part.features(model.feature_identity, encoder.encode) for part in (self.train, held))
        nearest = (h_held @ h_train.T).topk(min(COSINE_NEIGHBOURS, len(h_train)), dim=1)
        groups = nearest.indices[:, :NEIGHBOURS]
        by_judge = Seen(self.judge, self.train, held)
        by_inception = Seen(self.inception, self.train, held) if inception_of else None
        spectrum = self._spectrum_of_photos()
        instances = instance_rows(len(held), self.samples)
        rows = instances[torch.arange(self.samples) % len(instances)]
        real: dict[str, Any] = {
            "judge": by_judge.judged(by_judge.train),
            "accuracy": accuracy(self.judge, held.images, held.labels),
            "cosine": nearest.values.mean().item(),
            "spread": {"judge": distance_within(by_judge.train[groups])},
        }
        if by_inception:
            real["inception"] = by_inception.inception(by_inception.train)
            real["spread"]["inception"] = distance_within(by_inception.train[groups])
        result = {"protocol": self._protocol(len(instances)), "photos": real}
        for variant in variants:
            labels = model_labels(model, held)[rows] if variant == "labelled" else None
            drawn = draw(model.generator, h_held[rows], labels, 0, self.truncation)
            seen = in_batches(by_judge.see, drawn)
            found: dict[str, Any] = {
                "judge": by_judge.judged(seen),
                "accuracy": accuracy(self.judge, drawn, held.labels[rows]),
                "cosine": (in_batches(encoder.encode, drawn) * h_held[rows]).sum(1).mean().item(),
                "spread": {"judge": distance_within(by_instance(seen, len(instances)))},
                "grid": grid(power_spectrum(drawn), spectrum),
            }
            if by_inception and variant in inception_of:
                seen = kept(held.cache, self._name_of(variant), partial(in_batches, by_inception.see, drawn))
                found["inception"] = by_inception.inception(seen)
                found["spread"]["inception"] = distance_within(by_instance(seen, len(instances)))
            result[variant] = found
        return result

    def _spectrum_of_photos(self) -> Tensor:
        parts = (self.train, self.held)  # one after the other, because as images they fill much memory
        sums = [power_spectrum(part.images) * len(part) for part in parts]
        return torch.stack(sums).sum(dim=0) / sum(map(len, parts))

    def _name_of(self, variant: str) -> str:
        """Return what Inception's features of samples depend on, because they take the most time and are kept."""
        model, key = self.model, self.held.found.key
        generator = f"{model.card.files[GENERATOR].sha256} with {model.feature_identity}"
        samples = f"{self.samples} samples {variant} for {key} at truncation {self.truncation}"
        return f"{samples} of {generator} by {self.inception.identity}"

    def _protocol(self, instances: int) -> dict[str, Any]:
        return {
            "model": self.model.card.name,
            "resolution": self.model.resolution,
            "samples": self.samples,
            "instances": instances,
            "evaluation_photos": len(self.held),
            "training_photos": len(self.train),
            "truncation": self.truncation,
            "judge": self.judge.identity,
            "inception": self.inception.identity,
        }


def instance_rows(count: int, samples: int) -> Tensor:
    """Return rows of the photos that are instances: all, or so many, spread evenly, that each has two samples."""
    instances = max(1, min(count, samples // 2))
    return torch.arange(instances) * count // instances


def model_labels(model: InstanceModel, photos: Photos) -> Tensor:
    """Return the photos' classes by the model's numbering, int64 (N,), found by name; other classes may be there.

    Raises:
        RequestError: if the model does not know a class of the photos.
    """
    rows = torch.tensor([model.label_row(name) for name in photos.found.class_names])
    return rows[photos.labels]


def variants_of(model: InstanceModel) -> tuple[str, ...]:
    """Return which of both kinds of samples a model can draw."""
    config = model.generator.config
    can: dict[str, Callable[[], bool]] = {
        "no label": lambda: config.no_label or not config.num_classes,
        "labelled": lambda: config.num_classes > 0,
    }
    return tuple(name for name in VARIANTS if can[name]())


def main() -> None:
    """Load the model, print its figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="name of a model, or a folder with card.json")
    parser.add_argument("split", type=Path, help="folder with train and evaluation")
    parser.add_argument("judge", help=f"a file of benchmarks.judge, or {IMAGENET!r}")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--truncation", type=float, default=1.0)
    parser.add_argument("--only", choices=VARIANTS, help="measure only samples of this kind")
    parser.add_argument(
        "--inception", choices=VARIANTS, nargs="*", default=VARIANTS, help="samples that get FID and KID; none is quick"
    )
    parser.add_argument("--bf16", action="store_true", help="see through Inception in bfloat16: half the time")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    model = load_model(options.model)
    cache = options.split / "cache"
    train, held = (Photos.load(options.split / part, model.resolution, cache) for part in ("train", "evaluation"))
    judge = load_imagenet_judge(train.found) if options.judge == IMAGENET else load_judge(Path(options.judge))
    evaluation = Evaluation(
        model, judge, Inception(bf16=options.bf16), train, held, options.samples, options.truncation
    )
    variants = (options.only,) if options.only else variants_of(model)
    result = evaluation.figures(variants, options.inception)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
