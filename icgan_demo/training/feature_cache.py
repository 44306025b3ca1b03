"""The features of a run's pictures: encoded once, then read from beside the decoded pictures."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from icgan_demo.encoders.encoder import Encoder
from icgan_demo.errors import WeightsError
from icgan_demo.guards.weights_file import load_tensors
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.evaluate import embed
from icgan_demo.weights.tensor_files import save_tensors


def features_of(
    encoder: Encoder,
    images: ImageSet,
    cache: Path | None = None,
    *,
    mirrored: bool = False,
    tell: Callable[[], None] = lambda: None,
) -> Tensor:
    """Return the unit-length features of all pictures (or of their mirror images), float32 (N, D).

    Args:
        cache: folder of the decoded pictures, where a run that is resumed finds them again; None to encode anyway.
        tell: called often while pictures are encoded.
    """
    if cache is None or not images.key:
        return embed(encoder, images, mirrored=mirrored, tell=tell)
    seen_by = hashlib.sha256(f"{encoder.identity}, mirrored {mirrored}".encode()).hexdigest()[:16]
    path = cache / f"{images.key}.{seen_by}.safetensors"
    try:
        features = load_tensors(path, None)["features"]
        if features.shape == (len(images), encoder.feature_dim):
            return features
    except (WeightsError, KeyError):
        pass  # not there yet, or a torn copy: made again
    features = embed(encoder, images, mirrored=mirrored, tell=tell)
    save_tensors({"features": features}, path)
    return features
