"""Whether a classifier learns more from a few photos when an IC-GAN adds new neighbours of each.

``python -m benchmarks.augment SPLITS/produce --model produce64 --out augment.json`` takes a tenth of the training
photos of each class, has ``augment`` make four neighbours of each, and trains a small convolutional network at 64 px
with and without them, for the same number of updates; beside it, a linear classifier on the frozen features of the
model's own encoder. Accuracies are those on the evaluation photos, which neither generator nor classifier has seen.
Each seed draws its own tenth. What the table says depends on what the generator learned from: the bundled
``produce64`` learned from all training photos, hence from the nine tenths that the classifier does not see.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.judge import SIDE, accuracy, images_of, random_flip
from icgan_demo.config import LargerSetPlan
from icgan_demo.inference.instance_model import InstanceModel
from icgan_demo.inference.loading import find_model
from icgan_demo.models.layers import channels_last
from icgan_demo.pixels import from_pictures, to_images, to_pictures
from icgan_demo.service.banks.larger_set import LargerSetService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.picture_sources import pictures_of
from icgan_demo.training.augment import augment
from icgan_demo.training.common.image_set import ImageSet, load_image_folder
from icgan_demo.training.common.randomness import generator_for

BATCH = 64
WIDTHS = (32, 64, 128, 192)
SHARPNESS = 8.0
"""Factor of unit-length features before the linear classifier."""
DECAY = 1e-4
"""Weight of the squares of its weights in its loss."""
Judging = Callable[[Tensor], Tensor]
"""Gives class scores (N, classes) of images, or of features."""
Set = tuple[Tensor, Tensor]
"""Images (N, 3, 64, 64), float in [-1, 1], or unit-length features (N, D); and labels (N,), int64."""


def small_network(num_classes: int) -> nn.Module:
    """Return four convolutions, each of which halves the side, and a linear classifier: 0.3 million weights."""
    blocks: list[nn.Module] = []
    for inner, outer in pairwise((3, *WIDTHS)):
        blocks += [nn.Conv2d(inner, outer, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outer), nn.ReLU()]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTHS[-1], num_classes))


def tenth_of(photos: ImageSet, seed: int, share: float) -> np.ndarray:
    """Return rows of a share of each class, at least one of each, drawn by the seed, in order."""
    source = np.random.default_rng(seed)
    rows = [np.flatnonzero(photos.labels == label) for label in range(len(photos.class_names))]
    return np.sort(np.concatenate([source.permutation(own)[: max(1, round(share * len(own)))] for own in rows]))


def new_neighbours(
    service: LargerSetService, model: str, folder: Path, few: ImageSet, plan: LargerSetPlan
) -> tuple[Set, int]:
    """Return what ``augment`` makes of some photos below ``folder``, and how many it leaves out as possible copies."""
    row_of = {name: row for row, name in enumerate(few.class_names)}
    pictures, labels = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for path in few.paths:
            (Path(scratch) / "few" / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(scratch) / "few" / path).symlink_to(folder.absolute() / path)
        given = pictures_of([Path(scratch) / "few"])
        for made in service.enlarge(model, given, len(few), plan, Path(scratch) / "larger.zip"):
            for new in made.new:
                if not new.is_left_out:
                    pictures.append(new.picture)
                    labels.append(row_of[new.told["class"]])
    images = F.interpolate(to_images(from_pictures(pictures)), (SIDE, SIDE), mode="bilinear", antialias=True)
    return (images, torch.tensor(labels)), made.copies


def train_network(sets: list[Set], num_classes: int, seed: int, updates: int) -> nn.Module:
    """Return a network trained on the sets, of which each fills an equal share of every batch."""
    torch.manual_seed(seed)
    network = channels_last(small_network(num_classes))
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=updates, pct_start=0.1)
    for update in range(updates):
        source = generator_for(seed, update, "augment benchmark")
        rows = [torch.randint(len(labels), (BATCH // len(sets),), generator=source) for _, labels in sets]
        images = torch.cat([images[chosen] for (images, _), chosen in zip(sets, rows, strict=True)])
        labels = torch.cat([labels[chosen] for (_, labels), chosen in zip(sets, rows, strict=True)])
        views = augment(random_flip(images, source), ("translation", "cutout"), source)
        loss = F.cross_entropy(
            network(views.contiguous(memory_format=torch.channels_last)), labels, label_smoothing=0.1
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def train_linear(sets: list[Set], num_classes: int, seed: int) -> Judging:
    """Return a linear classifier of unit-length features, trained on the sets, each of which weighs the same."""
    torch.manual_seed(seed)
    features, labels = (torch.cat(parts) for parts in zip(*sets, strict=True))
    weights = torch.cat([torch.full((len(own),), 1 / len(own) / len(sets)) for _, own in sets])
    linear = nn.Linear(features.shape[1], num_classes)
    optimizer = torch.optim.LBFGS(linear.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        found = (weights * F.cross_entropy(linear(SHARPNESS * features), labels, reduction="none")).sum()
        found = found + DECAY * linear.weight.square().sum()
        found.backward()
        return found

    optimizer.step(loss)
    return lambda rows: linear(SHARPNESS * rows)


def seen_by(model: InstanceModel, images: Set) -> Set:
    """Return the features of images by a model's encoder, with their labels."""
    side = (model.resolution, model.resolution)
    pictures = [picture.resize(side) for picture in to_pictures(images[0])]
    features = [model.encode(pictures[at : at + BATCH]) for at in range(0, len(pictures), BATCH)]
    return torch.cat(features).clone(), images[1]


def main() -> None:
    """Measure, and write the accuracies of every seed with their means and standard deviations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", type=Path)
    parser.add_argument("--model", default="produce64")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--per-picture", type=int, default=4)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    photos = load_image_folder(options.split / "train", SIDE, options.split / "cache")
    held = load_image_folder(options.split / "evaluation", SIDE, options.split / "cache")
    assert held.class_names == photos.class_names
    judged = (images_of(held), torch.from_numpy(held.labels))
    found = find_model(options.model)
    store = ModelStore([found.folder.parent])
    service = LargerSetService(store, SamplingService(store))
    model, classes = store.get(found.name), len(photos.class_names)
    held_seen = seen_by(model, judged)
    rows: dict[str, list[float]] = {}
    counts = []
    for seed in range(options.seeds):
        few = photos.only(tenth_of(photos, seed, options.share))
        plan = LargerSetPlan(per_picture=options.per_picture, seed=seed * 1_000_000)
        own: Set = (images_of(few), torch.from_numpy(few.labels))
        new, copies = new_neighbours(service, found.name, options.split / "train", few, plan)
        counts.append({"photos": len(few), "new": len(new[1]), "left out": copies})
        print(f"seed {seed}: {counts[-1]}", flush=True)
        for name, sets in {"photos": [own], "photos and new": [own, new]}.items():
            network = train_network(sets, classes, seed, options.updates)
            linear = train_linear([seen_by(model, each) for each in sets], classes, seed)
            for kind, share in (("network", accuracy(network, *judged)), ("linear", accuracy(linear, *held_seen))):
                rows.setdefault(f"{kind}, {name}", []).append(share)
                print(f"  {kind}, {name}: {share:.3f}", flush=True)
    told = {
        name: {
            "mean": statistics.mean(each),
            "deviation": statistics.stdev(each) if len(each) > 1 else 0.0,
            "all": each,
        }
        for name, each in rows.items()
    }
    options.out.write_text(json.dumps({"model": found.name, "sets": counts, "accuracy": told}, indent=1) + "\n")
    for name, row in told.items():
        print(f"| {name} | {row['mean']:.3f} ± {row['deviation']:.3f} |")


if __name__ == "__main__":
    main()
