"""How often an encoder's nearest neighbours share a picture's class.

``python -m benchmarks.agreement ENCODER_RUN SPLIT`` prints, for the folders of ``benchmarks.splits``: 1-NN and
5-NN agreement within all photos together, and from the evaluation photos to the training photos. 5-NN agreement is
the mean share of the five nearest others that have the same class.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from icgan_demo.encoders.base import Encoder
from icgan_demo.encoders.bundled import BundledEncoder
from icgan_demo.pixels import to_images
from icgan_demo.training.contrastive import load_trained
from icgan_demo.training.data import ImageSet, load_image_folder


def features_of(encoder: Encoder, images: ImageSet, batch_size: int = 128) -> Tensor:
    """Return the unit features of every picture, shape (N, D)."""
    pixels = torch.from_numpy(np.array(images.pixels)).permute(0, 3, 1, 2)
    return torch.cat([encoder.encode(to_images(batch)) for batch in pixels.split(batch_size)])


def agreement(queries: Tensor, query_labels: Tensor, bank: Tensor, bank_labels: Tensor, k: int) -> float:
    """Return the mean share of each query's ``k`` nearest bank rows that have its label (itself excluded)."""
    cosines = queries @ bank.T
    if queries.data_ptr() == bank.data_ptr():
        cosines.fill_diagonal_(-2)
    return (bank_labels[cosines.topk(k).indices] == query_labels[:, None]).float().mean().item()


def report(encoder: Encoder, split: Path, side: int, cache: Path) -> dict[str, float]:
    """Return the agreement figures of one encoder on the photos of ``split`` at ``side`` px."""
    train = load_image_folder(split / "train", side, cache)
    held = load_image_folder(split / "evaluation", side, cache)
    assert train.class_names == held.class_names
    f_train, f_held = features_of(encoder, train), features_of(encoder, held)
    y_train, y_held = torch.from_numpy(train.labels), torch.from_numpy(held.labels)
    pooled, y_pooled = torch.cat([f_train, f_held]), torch.cat([y_train, y_held])
    return {
        "pooled_1nn": agreement(pooled, y_pooled, pooled, y_pooled, 1),
        "pooled_5nn": agreement(pooled, y_pooled, pooled, y_pooled, 5),
        "pooled_20nn": agreement(pooled, y_pooled, pooled, y_pooled, 20),
        "eval_to_train_1nn": agreement(f_held, y_held, f_train, y_train, 1),
        "eval_to_train_5nn": agreement(f_held, y_held, f_train, y_train, 5),
    }


if __name__ == "__main__":
    run, split = Path(sys.argv[1]), Path(sys.argv[2])
    network, config = load_trained(run, load_image_folder(split / "train", 64, split / "cache"))
    encoder = BundledEncoder(network, config, "run")
    for name, value in report(encoder, split, 64, split / "cache").items():
        print(f"{name:20s} {value:.3f}")
