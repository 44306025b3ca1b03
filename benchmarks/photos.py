"""The photos that drawn pictures are compared with, and what networks see in them, kept on disk."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from benchmarks.judge import images_of
from icgan_demo.training.common.image_set import ImageSet, load_image_folder

MAX_PHOTOS = 5000
"""Of one part; of more, that many are taken, spread evenly."""


@dataclass(frozen=True)
class Photos:
    """One part of a split at a model's resolution."""

    found: ImageSet
    cache: Path
    """Folder of what was computed before."""

    @classmethod
    def load(cls, folder: Path, resolution: int, cache: Path) -> "Photos":
        """Return the photos of ``folder`` as squares, at most ``MAX_PHOTOS``."""
        found = load_image_folder(folder, resolution, cache)
        if (count := len(found)) > MAX_PHOTOS:
            rows = torch.arange(MAX_PHOTOS) * count // MAX_PHOTOS
            found = replace(
                found,
                pixels=found.pixels[rows.numpy()],
                labels=found.labels[rows.numpy()],
                paths=tuple(found.paths[row] for row in rows.tolist()),
                key=f"{found.key}-{MAX_PHOTOS}",
            )
        return cls(found, cache)

    def __len__(self) -> int:
        return len(self.found)

    @property
    def labels(self) -> Tensor:
        """Return int64 labels (N,), rows of ``found.class_names``."""
        return torch.from_numpy(self.found.labels)

    @property
    def images(self) -> Tensor:
        """Return float images (N, 3, R, R) in [-1, 1]."""
        return images_of(self.found)

    def features(self, identity: str, see: Callable[[Tensor], Tensor]) -> Tensor:
        """Return what ``see`` makes of all images, (N, D); ``identity`` names the network for the next time."""
        return kept(self.cache, f"{self.found.key} {identity}", lambda: in_batches(see, self.images))


def kept(cache: Path, name: str, compute: Callable[[], Tensor]) -> Tensor:
    """Return the features that ``name`` stands for, computed the first time and then read from ``cache``."""
    path = cache / f"features_{sha256(name.encode()).hexdigest()[:24]}.safetensors"
    if not path.exists():
        scratch = path.with_suffix(f".{os.getpid()}.tmp")
        save_file({"features": compute()}, scratch)
        scratch.replace(path)
    return load_file(path)["features"]


@torch.inference_mode()
def in_batches(see: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Return what a network makes of images, 64 at a time."""
    return torch.cat([see(batch).float() for batch in images.split(64)]).contiguous()
