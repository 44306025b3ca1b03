"""The BigGAN discriminator of IC-GAN: is this picture a real neighbour of this instance (and of this class)?"""

import math
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import DiscriminatorConfig
from icgan_demo.models.layers import (
    SelfAttention,
    condition_parts,
    conv,
    conv_pooled,
    embedding,
    init_orthogonal,
    instance_layer,
    linear,
)

DEVIATION_GROUP = 4


class DiscriminatorBlock(nn.Module):
    """Residual block: two 3x3 convolutions, average pooling, and a 1x1 shortcut where width or side changes."""

    def __init__(
        self, in_width: int, out_width: int, *, first: bool, downsample: bool, spectral: bool, leaky_slope: float
    ) -> None:
        super().__init__()
        self.first, self.downsample, self.leaky_slope = first, downsample, leaky_slope
        # Under He initialisation a sum of two branches has twice the variance and a mean of four values a quarter;
        # without making up for both, scores shrink 16-fold over the blocks and the discriminator hardly learns.
        self.gain = 1.0 if spectral else math.sqrt(2.0 if downsample else 0.5)
        self.conv1 = conv(in_width, out_width, 3, spectral=spectral)
        self.conv2 = conv(out_width, out_width, 3, spectral=spectral)
        if downsample or in_width != out_width:
            self.conv_sc = conv(in_width, out_width, 1, spectral=spectral)

    def forward(self, x: Tensor) -> Tensor:
        """Return features (N, out, H', W') of ``x`` (N, in, H, W); H' is H / 2 where the block downsamples."""
        h = x if self.first else F.leaky_relu(x, self.leaky_slope)
        h = F.leaky_relu(self.conv1(h), self.leaky_slope)
        if self.downsample:
            h = conv_pooled(h, self.conv2)
            x = F.avg_pool2d(x, 2)  # commutes with the 1x1 shortcut, which is cheaper afterwards
        else:
            h = self.conv2(h)
        if hasattr(self, "conv_sc"):
            x = self.conv_sc(x)
        return (h + x) * self.gain if self.gain != 1.0 else h + x


class BigGanDiscriminator(nn.Module):
    """Projection discriminator; with a class and an instance, each meets one half of the picture's vector.

    Source: Casanova et al. 2021, on Miyato and Koyama 2018.
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        spectral = config.spectral_norm
        self.blocks = nn.ModuleList()
        in_width, side = 3, config.resolution
        for index, (out_width, down) in enumerate(zip(config.widths, config.downsamples, strict=True)):
            extra = 1 if config.minibatch_deviation and index == len(config.widths) - 1 else 0
            block = DiscriminatorBlock(
                in_width + extra,
                out_width,
                first=index == 0,
                downsample=down,
                spectral=spectral,
                leaky_slope=config.leaky_slope,
            )
            side //= 2 if down else 1
            attends = side in config.attention and down
            self.blocks.append(
                nn.ModuleList([block, SelfAttention(out_width, spectral=spectral)] if attends else [block])
            )
            in_width = out_width
        both = bool(config.num_classes and config.feature_dim)
        self.linear = linear(in_width, 1, spectral=spectral)
        if config.num_classes:
            self.embed = embedding(config.class_rows, in_width // 2 if both else in_width, spectral=spectral)
        if config.feature_dim:
            width = in_width // 2 if both else in_width
            self.linear_feat = instance_layer(config.feature_dim, width, config.clusters, spectral=spectral)
        self.apply(init_orthogonal if spectral else _init_he)
        if config.feature_dim and not spectral:
            nn.init.normal_(self.linear_feat.weight)  # a unit feature then weighs as much as a class embedding

    def forward(self, images: Tensor, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return scores (M,), high for real pairs.

        Args:
            images: (N, 3, R, R), float in [-1, 1].
            features: unit-length rows (M, feature_dim); M is N, or a multiple of it where the pictures meet several
                conditions, all pictures in turn.
            labels: int64 (M,), -1 for "no label"; None means -1 for every row.
        """
        h = images
        for index, parts in enumerate(self.blocks):
            if self.config.minibatch_deviation and index == len(self.blocks) - 1:
                h = append_deviation(h)
            for part in cast(nn.ModuleList, parts):
                h = part(h)
        h = F.leaky_relu(h, self.config.leaky_slope)
        vector = h.sum(dim=(2, 3)) if self.config.pool == "sum" else h.mean(dim=(2, 3))  # (N, widths[-1])
        if features is not None and len(features) > len(images):
            vector = vector.repeat(len(features) // len(images), 1)
        scores = self.linear(vector).squeeze(1)
        expected = self._expected(len(vector), features, labels)
        if expected is None:
            return scores
        projection = (expected * vector).sum(dim=1)
        return scores + (projection if self.config.spectral_norm else projection / math.sqrt(vector.shape[1]))

    def _expected(self, count: int, features: Tensor | None, labels: Tensor | None) -> Tensor | None:
        """The vector the condition asks for, class half first; None for an unconditional model."""
        parts = condition_parts(self, count, features, labels)
        return torch.cat(parts, dim=1) if parts else None


def append_deviation(h: Tensor) -> Tensor:
    """Return ``h`` (N, C, H, W) with one more channel: the mean standard deviation within the picture's group.

    Groups are consecutive rows, so that fakes followed by reals never share one (when both fill whole groups); the
    group size is the largest divisor of N up to ``DEVIATION_GROUP``.
    Source: Karras et al. 2018 (progressive growing), section 3.
    """
    count = len(h)
    size = next(divisor for divisor in range(min(DEVIATION_GROUP, count), 0, -1) if count % divisor == 0)
    grouped = h.float().unflatten(0, (count // size, size))
    deviation = (grouped.var(dim=1, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))  # (N / size,)
    channel = deviation.repeat_interleave(size)[:, None, None, None].expand(-1, 1, *h.shape[2:])
    return torch.cat([h, channel.to(h.dtype)], dim=1).contiguous(memory_format=torch.channels_last)


def _init_he(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, a=0.2)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
