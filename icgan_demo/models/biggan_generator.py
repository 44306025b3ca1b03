"""The BigGAN generator of IC-GAN: noise and a condition in, pictures out."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import GeneratorConfig
from icgan_demo.models.layers import (
    AffineBatchNorm,
    ConditionalBatchNorm,
    SelfAttention,
    conv,
    embedded_labels,
    init_orthogonal,
    instance_layer,
    linear,
    upsampled_conv,
)


class GeneratorBlock(nn.Module):
    """Residual block that doubles the side: norm, relu, upsample, conv, norm, relu, conv, plus a 1x1 shortcut."""

    def __init__(self, in_width: int, out_width: int, condition_dim: int, *, spectral: bool) -> None:
        super().__init__()
        self.conv1 = conv(in_width, out_width, 3, spectral=spectral)
        self.conv2 = conv(out_width, out_width, 3, spectral=spectral)
        self.conv_sc = conv(in_width, out_width, 1, spectral=spectral)
        self.bn1 = ConditionalBatchNorm(in_width, condition_dim, spectral=spectral)
        self.bn2 = ConditionalBatchNorm(out_width, condition_dim, spectral=spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return features (N, out, 2H, 2W) from ``x`` (N, in, H, W) and ``condition`` (N, condition_dim)."""
        h = upsampled_conv(F.relu(self.bn1(x, condition)), self.conv1)  # (N, out, 2H, 2W)
        h = self.conv2(F.relu(self.bn2(h, condition)))
        return h + F.interpolate(self.conv_sc(x), scale_factor=2)  # a 1x1 conv and a nearest upsample commute


class BigGanGenerator(nn.Module):
    """Generator of IC-GAN; parameter names are those of the published checkpoints.

    The condition ``c`` is data, not state: ``condition(features, labels)`` makes it, arithmetic on it blends classes
    or instances, and ``forward`` takes one ``c`` for all blocks or one for each.
    Source: Casanova et al. 2021 on BigGAN (Brock et al. 2019), hierarchical noise.
    """

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        spectral = config.spectral_norm
        if config.num_classes:
            self.shared = nn.Embedding(config.class_rows, config.class_embed_dim)
        if config.feature_dim:
            self.shared_feat = instance_layer(
                config.feature_dim, config.feature_embed_dim, config.clusters, spectral=spectral
            )
        self.linear = linear(config.noise_chunk, 16 * config.widths[0], spectral=spectral)
        condition_dim = config.condition_dim + config.noise_chunk
        self.blocks = nn.ModuleList()
        for index, (in_width, out_width) in enumerate(pairwise(config.widths)):
            parts: list[nn.Module] = [GeneratorBlock(in_width, out_width, condition_dim, spectral=spectral)]
            if 8 << index in config.attention:
                parts.append(SelfAttention(out_width, spectral=spectral))
            self.blocks.append(nn.ModuleList(parts))
        last = config.widths[-1]
        self.output_layer = nn.Sequential(AffineBatchNorm(last), nn.ReLU(), conv(last, 3, 3, spectral=spectral))
        self.apply(init_orthogonal)
        if not spectral:
            self._init_condition()

    def _init_condition(self) -> None:
        """Start with class, instance and noise of equal weight, and with conditional norms close to plain ones."""
        if self.config.num_classes:
            nn.init.normal_(self.shared.weight)
        if self.config.feature_dim:
            nn.init.normal_(self.shared_feat.weight)  # features have unit length, so each output has variance 1
        for module in self.modules():
            if isinstance(module, ConditionalBatchNorm):
                for part in (module.gain, module.bias):
                    nn.init.normal_(part.weight, std=0.3 / math.sqrt(part.in_features))

    def embed_labels(self, labels: Tensor) -> Tensor:
        """Return class embeddings (N, class_embed_dim) of int64 labels (N,); -1 means "no label"."""
        return embedded_labels(self.shared, labels, len(labels), self.config.num_classes)

    def embed_features(self, features: Tensor) -> Tensor:
        """Return instance embeddings (N, feature_embed_dim) of unit features (N, feature_dim)."""
        return self.shared_feat(features)

    def condition(self, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return the condition (N, condition_dim): class embedding, then instance embedding.

        Args:
            features: unit-length rows (N, feature_dim); required if the model knows instances.
            labels: int64 (N,), -1 for "no label"; None means -1 for every row.
        """
        parts = []
        if self.config.num_classes:
            if labels is None:
                assert features is not None
                labels = torch.full((len(features),), -1, device=features.device)
            parts.append(self.embed_labels(labels))
        if self.config.feature_dim:
            assert features is not None
            parts.append(self.embed_features(features))
        return torch.cat(parts, dim=1)

    def live_noise(self) -> Tensor:
        """Return which numbers of the noise can change the picture, bool (noise_dim,): those that some weight reads."""
        chunks = [self.linear.weight.detach().abs().amax(0) > 0]
        for block, *_ in (cast(Any, parts) for parts in self.blocks):
            readers = [layer.weight for norm in (block.bn1, block.bn2) for layer in (norm.gain, norm.bias)]
            read = torch.cat([weight.detach()[:, self.config.condition_dim :] for weight in readers])
            chunks.append(read.abs().amax(0) > 0)
        return torch.cat(chunks)

    def mean_style(self, c: Tensor) -> None:
        """Return nothing: there are no styles."""

    def forward(
        self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0, towards: Tensor | None = None
    ) -> Tensor:
        """Return images (N, 3, R, R), float in [-1, 1].

        Args:
            z: noise (N, >= noise_dim); surplus columns are ignored.
            c: condition (N, condition_dim), or one such tensor for each block.
            truncation: changes nothing here: it is a matter of the noise.
            towards: likewise.
        """
        chunks = z[:, : self.config.noise_dim].split(self.config.noise_chunk, dim=1)
        conditions = [c] * self.config.blocks if isinstance(c, Tensor) else list(c)
        x = self.linear(chunks[0]).unflatten(1, (self.config.widths[0], 4, 4))
        x = x.contiguous(memory_format=torch.channels_last)
        for parts, block_condition, chunk in zip(self.blocks, conditions, chunks[1:], strict=True):
            block, *attentions = cast(nn.ModuleList, parts)
            x = block(x, torch.cat([block_condition, chunk], dim=1))
            for attention in attentions:
                x = attention(x)
        return torch.tanh(self.output_layer(x))
