"""Make a model say how well it knows a photo: measure photos of its own kind that it has not seen.

``python -m benchmarks.calibrate MODEL PHOTOS`` writes into the card of a finished model (a name or a folder) how
familiar the photos of the folder PHOTOS are to it: at most 1,000 of them, spread evenly.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from icgan_demo.encoders.encoder import Encoder, encode_pictures
from icgan_demo.guards.picture import read_picture
from icgan_demo.inference.loading import find_model, load_bank
from icgan_demo.training.common.image_set import pictures_under
from icgan_demo.training.start.networks import encoder_of
from icgan_demo.weights.calibration import Calibration, calibrated
from icgan_demo.weights.cards import write_card
from icgan_demo.weights.lite0_files import read_nothing

PHOTOS = 1000
AT_ONCE = 16


def spread(files: list[Path], count: int) -> list[Path]:
    """Return at most ``count`` files, spread evenly over their order."""
    count = min(count, len(files))
    return [files[len(files) * place // count] for place in range(count)]


def features_of(encoder: Encoder, files: list[Path], side: int) -> Tensor:
    """Return the features of photos, unit-length rows (N, D), a few in memory at a time."""
    parts = [
        encode_pictures(encoder, [read_picture(file).picture for file in files[start : start + AT_ONCE]], side)
        for start in range(0, len(files), AT_ONCE)
    ]
    return torch.cat(parts)


def calibrate(model: str, photos: Path) -> Calibration:
    """Write the calibration of a model by photos into its card; returns it."""
    found = find_model(model)
    card = found.usable()
    bank = load_bank(card, found.folder)
    assert bank is not None, "a model without stored instances cannot be calibrated"
    features = features_of(encoder_of(found), spread(pictures_under(photos), PHOTOS), card.generator.resolution)
    calibration = calibrated(features, bank.features, read_nothing())
    write_card(replace(card, calibration=calibration), found.folder)
    return calibration


if __name__ == "__main__":
    measured = calibrate(sys.argv[1], Path(sys.argv[2]))
    low, middle = (measured.familiarity[step] for step in (5, 50))
    print(f"{measured.photos} photos: familiarity {low:.3f} (5 %), {middle:.3f} (median)")
