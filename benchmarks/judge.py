"""The judge of generated pictures: a classifier trained on real photos only, with no part in training a generator.

``python -m benchmarks.judge SPLIT OUT [--seed 1]`` trains a small ResNet on ``SPLIT/train`` at 64 px and writes
``OUT``, a safetensors file. Its class scores tell whether a picture shows its label; its pooled features are what
Fréchet distance, precision and recall are measured in.
"""

import argparse
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from icgan_demo.config import EncoderConfig
from icgan_demo.encoders.bundled import build_network
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.models.bfloat16 import has_bfloat16
from icgan_demo.models.layers import channels_last
from icgan_demo.pixels import to_images
from icgan_demo.training.augment import augment
from icgan_demo.training.common.image_set import ImageSet, load_image_folder
from icgan_demo.training.common.randomness import generator_for

SIDE = 64
CONFIG = EncoderConfig(input_side=SIDE, whitened=False)


class Judge(nn.Module):
    """A timm ResNet with a linear classifier."""

    identity = ""
    """Names its weights, once they are loaded from a file."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.network = build_network(CONFIG)
        self.classifier = nn.Linear(CONFIG.widths[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return class scores (N, classes) of images (N, 3, R, R), float in [-1, 1]."""
        return self.classifier(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """Return pooled features (N, 256), not normalised."""
        if images.shape[-1] != SIDE:
            images = F.interpolate(images, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
        return self.network(images.contiguous(memory_format=torch.channels_last))


def images_of(pictures: ImageSet) -> Tensor:
    """Return all pictures as float images (N, 3, S, S) in [-1, 1]."""
    return to_images(torch.from_numpy(np.array(pictures.pixels)).permute(0, 3, 1, 2))


def random_flip(images: Tensor, source: torch.Generator) -> Tensor:
    """Return ``images`` with about half of them mirrored left to right."""
    flips = torch.rand(len(images), generator=source) < 0.5
    return torch.where(flips[:, None, None, None], images.flip(-1), images)


def train_judge(images: ImageSet, seed: int, epochs: int, batch_size: int = 64) -> Judge:
    """Return a judge trained on ``images`` with AdamW, a cosine schedule and label smoothing."""
    torch.manual_seed(seed)
    judge = channels_last(Judge(len(images.class_names)))
    optimizer = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=0.05)
    batches = len(images) // batch_size
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=epochs * batches, pct_start=0.1)
    labels = torch.from_numpy(images.labels)
    for epoch in range(epochs):
        order = torch.randperm(len(images), generator=generator_for(seed, epoch, "judge order"))
        judge.train()
        total = 0.0
        for batch, rows in enumerate(order[: batches * batch_size].chunk(batches)):
            pixels = torch.from_numpy(np.array(images.pixels[rows.numpy()]))
            source = generator_for(seed, epoch * batches + batch, "judge views")
            views = random_flip(to_images(pixels.permute(0, 3, 1, 2)), source)
            views = augment(views, ("translation", "cutout"), source).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
                scores = judge(views)
            loss = F.cross_entropy(scores.float(), labels[rows], label_smoothing=0.1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / batches:.3f}", flush=True)
        assert math.isfinite(total)
    return judge.eval()


def load_judge(path: Path) -> Judge:
    """Return the judge stored at ``path``."""
    tensors = load_file(path)
    judge = Judge(len(tensors["classifier.bias"]))
    judge.load_state_dict(tensors)
    judge.identity = f"judge:{sha256_of(path)}"
    return judge.eval().requires_grad_(False)


@torch.inference_mode()
def accuracy(judge: Callable[[Tensor], Tensor], images: Tensor, labels: Tensor, batch_size: int = 128) -> float:
    """Return the share of images (N, 3, R, R) whose best class by the judge's scores is their label (N,)."""
    hits = [(judge(x).argmax(1) == y) for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True)]
    return torch.cat(hits).float().mean().item()


def main() -> None:
    """Train, report the accuracy on the evaluation photos, and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("split", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=60)
    options = parser.parse_args()
    cache = options.split / "cache"
    judge = train_judge(load_image_folder(options.split / "train", SIDE, cache), options.seed, options.epochs)
    held = load_image_folder(options.split / "evaluation", SIDE, cache)
    share = accuracy(judge, images_of(held), torch.from_numpy(held.labels))
    print(f"accuracy on {len(held)} evaluation photos: {share:.3f}")
    save_file({key: value.contiguous() for key, value in judge.state_dict().items()}, options.out)


if __name__ == "__main__":
    main()
