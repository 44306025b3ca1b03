"""The figures of a bundled model: evaluation photos as instances, judged by a network with no part in training.

``python -m benchmarks.model_figures MODEL_FOLDER SPLIT JUDGE [--samples 5000] [--out figures.json]``

(a) Fréchet distance, precision, recall, density and coverage of samples against the evaluation photos and against the
training photos, beside training photos against evaluation photos; (b) the judge's accuracy on class-conditioned
samples beside that on the evaluation photos; (c) mean cosine between an instance and its samples beside that between
the instance and its real neighbours. (a) and (c) leave the class to the instance.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.agreement import features_of
from benchmarks.judge import Judge, accuracy, load_judge
from icgan_demo.encoders.base import Encoder
from icgan_demo.inference.loading import load_model
from icgan_demo.inference.sample import Generator
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_images, to_pixels
from icgan_demo.training.data import ImageSet, load_image_folder
from icgan_demo.training.metrics import coverage_of, frechet_distance


def images_of(pictures: ImageSet) -> Tensor:
    """Return all pictures as float images (N, 3, S, S) in [-1, 1]."""
    return to_images(torch.from_numpy(np.array(pictures.pixels)).permute(0, 3, 1, 2))


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


@torch.inference_mode()
def judged(judge: Judge, images: Tensor) -> Tensor:
    """Return the judge's features of all images."""
    return torch.cat([judge.features(batch) for batch in images.split(128)])


def figures(
    generator: Generator, encoder: Encoder, judge: Judge, split: Path, count: int, truncation: float
) -> dict[str, Any]:
    """Return every figure of this module's docstring, with its protocol."""
    resolution = generator.config.resolution
    train = load_image_folder(split / "train", resolution, split / "cache")
    held = load_image_folder(split / "eval", resolution, split / "cache")
    train_images, held_images = images_of(train), images_of(held)
    held_labels = torch.from_numpy(held.labels)
    h_train, h_held = features_of(encoder, train), features_of(encoder, held)
    rows = torch.arange(count) % len(held)
    real_train, real_held = judged(judge, train_images), judged(judge, held_images)

    free = draw(generator, h_held[rows], None, 0, truncation)
    labelled = draw(generator, h_held[rows], held_labels[rows], 0, truncation)
    f_free, f_labelled = judged(judge, free), judged(judge, labelled)
    own = torch.cat([encoder.encode(batch) for batch in free.split(128)])
    nearest = (h_held @ h_train.T).topk(20, dim=1)
    return {
        "protocol": {
            "instances": f"{len(held)} evaluation photos",
            "samples": count,
            "truncation": truncation,
            "judge": "classifier trained on the training photos alone, pooled 256-dim features",
        },
        "frechet": {
            "samples_vs_evaluation": frechet_distance(f_free, real_held),
            "labelled_samples_vs_evaluation": frechet_distance(f_labelled, real_held),
            "training_vs_evaluation": frechet_distance(real_train, real_held),
            "samples_vs_training": frechet_distance(f_free, real_train),
        },
        "coverage": {
            "samples_vs_evaluation": asdict(coverage_of(real_held, f_free)),
            "training_vs_evaluation": asdict(coverage_of(real_held, real_train)),
            "samples_vs_training": asdict(coverage_of(real_train, f_free)),
        },
        "accuracy": {
            "labelled_samples": accuracy(judge, labelled, held_labels[rows]),
            "evaluation_photos": accuracy(judge, held_images, held_labels),
        },
        "cosine": {
            "instance_to_samples": (own * h_held[rows]).sum(1).mean().item(),
            "instance_to_20_real_neighbours": nearest.values.mean().item(),
        },
    }


def main() -> None:
    """Load the model, print its figures, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="name of a model, or a folder with card.json")
    parser.add_argument("split", type=Path)
    parser.add_argument("judge", type=Path)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--truncation", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    model = load_model(options.model)
    judge = load_judge(options.judge)
    result = figures(model.generator, model.encoder, judge, options.split, options.samples, options.truncation)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
