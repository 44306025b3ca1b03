"""How often an encoder's nearest neighbours share a picture's class.

``python -m benchmarks.agreement ENCODER SPLIT``, with ``lite0``, a model or a ``train-encoder`` run as the encoder,
prints for a folder that ``benchmarks.splits`` made: 1-NN and 5-NN agreement within all photos together, and from the
evaluation photos to the training photos, at 64 px. 5-NN agreement is the mean share of the five nearest others that
have the same class.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor

from icgan_demo.encoders.bundled import BundledEncoder
from icgan_demo.encoders.encoder import Encoder
from icgan_demo.encoders.lite0 import shared_encoder
from icgan_demo.inference.loading import find_model
from icgan_demo.training.common.image_set import load_image_folder
from icgan_demo.training.encoder.contrastive import load_trained
from icgan_demo.training.feature_cache import features_of
from icgan_demo.training.start.networks import encoder_of
from icgan_demo.weights.cards import CARD


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
    f_train, f_held = features_of(encoder, train, cache), features_of(encoder, held, cache)
    y_train, y_held = torch.from_numpy(train.labels), torch.from_numpy(held.labels)
    pooled, y_pooled = torch.cat([f_train, f_held]), torch.cat([y_train, y_held])
    return {
        "pooled_1nn": agreement(pooled, y_pooled, pooled, y_pooled, 1),
        "pooled_5nn": agreement(pooled, y_pooled, pooled, y_pooled, 5),
        "pooled_20nn": agreement(pooled, y_pooled, pooled, y_pooled, 20),
        "eval_to_train_1nn": agreement(f_held, y_held, f_train, y_train, 1),
        "eval_to_train_5nn": agreement(f_held, y_held, f_train, y_train, 5),
    }


def named_encoder(name: str, split: Path) -> Encoder:
    """Return "lite0", the encoder of a model, or that of a ``train-encoder`` run."""
    if name == "lite0":
        return shared_encoder()
    if (Path(name) / CARD).exists() or not Path(name).is_dir():
        return encoder_of(find_model(name))
    network, config = load_trained(Path(name), load_image_folder(split / "train", 64, split / "cache"))
    return BundledEncoder(network, config, "")


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    for figure, value in report(named_encoder(sys.argv[1], folder), folder, 64, folder / "cache").items():
        print(f"{figure:20s} {value:.3f}")
