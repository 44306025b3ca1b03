"""A discriminator that looks through a trained network: four small heads on its frozen, randomly mixed maps.

Source: Projected GANs (Sauer et al. 2021), with the condition's projection as the only score.
"""

import copy
import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import ProjectedConfig
from icgan_demo.models.efficientnet_lite import MAP_WIDTHS, EfficientNetLite0
from icgan_demo.models.layers import SpectralConv2d, channels_last, condition_parts, conv, instance_layer, merged_kernel

SMALLEST_SIDE = 4
SLOPE = 0.2
MAP_DEVIATIONS = (8.76, 7.80, 6.38, 2.98)
"""Standard deviation of each inner map on real photos, by which it is divided."""


class RandomMixing(nn.Module):
    """Fixed random convolutions: 1x1 across each map's channels, 3x3 from every deeper map into the next finer one.

    The weights come from the seed alone, by a generator whose stream never changes, and are therefore in no file.
    """

    def __init__(self, widths: tuple[int, ...], seed: int) -> None:
        super().__init__()
        source = np.random.RandomState(seed)
        for index, (old, new, scale) in enumerate(zip(MAP_WIDTHS, widths, MAP_DEVIATIONS, strict=True)):
            self.register_buffer(f"across{index}", _normal((new, old, 1, 1), source) / scale, persistent=False)
        for index, (fine, deep) in enumerate(pairwise(widths)):
            # A 3x3 convolution of the deeper map, enlarged to the finer one's side; see ``upsampled_conv``.
            kernel = merged_kernel(_normal((fine, deep, 3, 3), source)).transpose(0, 1).contiguous()
            self.register_buffer(f"down{index}", kernel, persistent=False)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the four mixed maps, finest first, sides as given."""
        mixed = [F.conv2d(x, self.get_buffer(f"across{index}")) for index, x in enumerate(maps)]
        for index in reversed(range(len(mixed) - 1)):
            deeper = F.conv_transpose2d(mixed[index + 1], self.get_buffer(f"down{index}"), stride=2, padding=1)
            mixed[index] = mixed[index] + deeper
        return mixed


class Head(nn.Module):
    """Strided convolutions down to 4 px, then ``outputs`` numbers: their mean over the positions."""

    def __init__(self, width: int, side: int, config: ProjectedConfig) -> None:
        super().__init__()
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        while side > SMALLEST_SIDE:
            wider = min(2 * width, config.largest_width)
            self.convs.append(_halving(width, wider))
            self.norms.append(nn.BatchNorm2d(wider, track_running_stats=False))
            width, side = wider, side // 2
        self.last = conv(width, config.outputs, 3, spectral=True)

    def forward(self, x: Tensor, groups: int) -> Tensor:
        """Return (N, outputs) of a mixed map; each of ``groups`` equal parts is normalised by itself."""
        for layer, norm in zip(self.convs, self.norms, strict=True):
            x = layer(x)
            parts = [norm(part) for part in x.chunk(groups)]
            x = F.leaky_relu(torch.cat(parts) if groups > 1 else parts[0], SLOPE)
        return self.last(x).mean(dim=(2, 3))


class ProjectedDiscriminator(nn.Module):
    """Four heads; each asks whether a picture's maps point where the condition does."""

    def __init__(self, config: ProjectedConfig, eyes: EfficientNetLite0) -> None:
        """Make fresh heads.

        Args:
            config: settings of the heads.
            eyes: the trained network, frozen; it is neither part of the state nor moved with this module.
        """
        super().__init__()
        self.config = config
        self.mixing = RandomMixing(config.widths, config.seed)
        sides = [config.input_side // step for step in (4, 8, 16, 32)]
        self.heads = nn.ModuleList(Head(width, side, config) for width, side in zip(config.widths, sides, strict=True))
        count = len(self.heads)
        if config.num_classes:
            self.embed = nn.Embedding(config.class_rows, count * config.outputs)
        if config.feature_dim:
            self.linear_feat = instance_layer(
                config.feature_dim, count * config.outputs, config.clusters, spectral=False
            )
            nn.init.normal_(self.linear_feat.weight)  # features have unit length, so each output has variance 1
            if isinstance(self.linear_feat, nn.Linear):
                nn.init.zeros_(self.linear_feat.bias)
        self._eyes = [eyes]  # in a list, so that its weights are not taken for this module's

    def look_through(self, device: str) -> None:
        """Look through a copy of the trained network on ``device``; the encoder shares the network and stays."""
        self._eyes = [channels_last(copy.deepcopy(eyes), device) for eyes in self._eyes]

    def forward(
        self, images: Tensor, features: Tensor | None = None, labels: Tensor | None = None, groups: int = 1
    ) -> Tensor:
        """Return scores (4, M), one row for each head, high for real pairs.

        Args:
            images: (N, 3, R, R), float in [-1, 1].
            features: unit-length rows (M, feature_dim); M is N, or a multiple of it where the pictures meet several
                conditions, all pictures in turn.
            labels: int64 (M,), -1 for "no label"; None means -1 for every row.
            groups: equal parts of the pictures, drawn and real for instance, that batch norm keeps apart.
        """
        mixed = self.mixing(self._eyes[0].maps(self.prepare(images)))
        outputs = torch.stack([head(x, groups) for head, x in zip(self.heads, mixed, strict=True)], dim=1).float()
        expected = self._expected(len(images), features, labels)  # (M, heads, outputs)
        repeats = len(expected) // len(outputs)
        return (outputs.repeat(repeats, 1, 1) * expected).sum(dim=2).T

    def prepare(self, images: Tensor) -> Tensor:
        """Return images (N, 3, R, R) at the side that the trained network sees."""
        side = self.config.input_side
        if images.shape[-1] != side:
            is_larger = images.shape[-1] > side
            images = F.interpolate(images, (side, side), mode="bilinear", antialias=is_larger, align_corners=False)
        return images.contiguous(memory_format=torch.channels_last)

    def _expected(self, count: int, features: Tensor | None, labels: Tensor | None) -> Tensor:
        """The direction that the condition asks each head for, unit rows (M, heads, outputs)."""
        parts = condition_parts(self, count, features, labels)
        both = torch.stack(parts).sum(dim=0).float()
        return F.normalize(both.unflatten(1, (len(self.heads), self.config.outputs)), dim=2)


def _halving(width: int, wider: int) -> SpectralConv2d:
    layer = SpectralConv2d(width, wider, 4, stride=2, padding=1, bias=False)
    layer.add_power_iteration()
    return layer


def _normal(shape: tuple[int, ...], source: np.random.RandomState) -> Tensor:
    """Return convolution weights that keep the variance of what they are applied to."""
    values = source.standard_normal(shape) / math.sqrt(math.prod(shape[1:]))
    return torch.from_numpy(values.astype(np.float32))
