"""The generator as the original code computes it: the measure of speed and exactness for everything faster.

One module after the other in float32, with the power iteration of every spectral norm on every call, both branches of a
block upsampled before their convolutions, and a batch norm followed by its conditional gain and bias. Its state
dictionary is that of ``BigGanGenerator``.
Source: section 3 of Brock et al. 2019 and the released code's order of operations; written for this project.
"""

from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import GeneratorConfig
from icgan_demo.models.biggan_generator import BigGanGenerator


class SpectralNorm(nn.Module):
    """Divides a weight by its largest singular value, estimated again on every call from the stored vector."""

    u0: Tensor
    sv0: Tensor
    weight: Tensor

    def store_vector(self) -> None:
        """Register the buffers of the power iteration."""
        self.register_buffer("u0", torch.randn(1, len(self.weight)))
        self.register_buffer("sv0", torch.ones(1))

    def normalised(self) -> Tensor:
        """Return W / sigma."""
        matrix = self.weight.flatten(1)
        v = F.normalize(self.u0 @ matrix, eps=1e-6)
        u = F.normalize(v @ matrix.T, eps=1e-6)
        return self.weight / (v @ matrix.T @ u.T).squeeze()


class SpectralConv(SpectralNorm, nn.Conv2d):
    """Convolution of the normalised weight."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of ``x`` (N, C, H, W)."""
        return F.conv2d(x, self.normalised(), self.bias, padding=self.padding)


class SpectralLinear(SpectralNorm, nn.Linear):
    """Linear layer of the normalised weight."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the product with ``x`` (N, in_features)."""
        return F.linear(x, self.normalised(), self.bias)


def conv(in_width: int, out_width: int, kernel: int, spectral: bool, bias: bool = True) -> nn.Module:
    """Return a convolution that keeps the side."""
    return _stored(
        (SpectralConv if spectral else nn.Conv2d)(in_width, out_width, kernel, padding=kernel // 2, bias=bias)
    )


def linear(in_width: int, out_width: int, spectral: bool, bias: bool = True) -> nn.Module:
    """Return a linear layer."""
    return _stored((SpectralLinear if spectral else nn.Linear)(in_width, out_width, bias=bias))


def _stored(layer: nn.Module) -> nn.Module:
    if isinstance(layer, SpectralNorm):
        layer.store_vector()
    return layer


class Norm(nn.Module):
    """Batch norm of stored statistics, then a gain and a bias."""

    stored_mean: Tensor
    stored_var: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def normalise(self, x: Tensor) -> Tensor:
        """Return ``x`` (N, C, H, W) with mean 0 and variance 1."""
        return F.batch_norm(x, self.stored_mean, self.stored_var, eps=1e-5)


class ConditionalNorm(Norm):
    """Batch norm with the gain and bias of a condition."""

    def __init__(self, width: int, condition_dim: int, spectral: bool) -> None:
        super().__init__(width)
        self.gain = linear(condition_dim, width, spectral, bias=False)
        self.bias = linear(condition_dim, width, spectral, bias=False)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return ``x`` normalised, scaled and shifted by ``condition`` (N, condition_dim)."""
        gain, bias = 1 + self.gain(condition)[:, :, None, None], self.bias(condition)[:, :, None, None]
        return self.normalise(x) * gain + bias


class OutputNorm(Norm):
    """Batch norm with a learned gain and bias."""

    def __init__(self, width: int) -> None:
        super().__init__(width)
        self.gain = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` normalised, scaled and shifted."""
        return self.normalise(x) * self.gain[:, None, None] + self.bias[:, None, None]


class Attention(nn.Module):
    """Self-attention with pooled keys and values."""

    def __init__(self, width: int, spectral: bool) -> None:
        super().__init__()
        self.theta = conv(width, width // 8, 1, spectral, bias=False)
        self.phi = conv(width, width // 8, 1, spectral, bias=False)
        self.g = conv(width, width // 2, 1, spectral, bias=False)
        self.o = conv(width // 2, width, 1, spectral, bias=False)
        self.gamma = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` plus the gated attention."""
        theta = self.theta(x).flatten(2)
        phi = F.max_pool2d(self.phi(x), 2).flatten(2)
        g = F.max_pool2d(self.g(x), 2).flatten(2)
        beta = torch.softmax(torch.bmm(theta.transpose(1, 2), phi), dim=-1)
        o = self.o(torch.bmm(g, beta.transpose(1, 2)).view(len(x), -1, *x.shape[2:]))
        return self.gamma * o + x


class Block(nn.Module):
    """Residual block that doubles the side."""

    def __init__(self, in_width: int, out_width: int, condition_dim: int, spectral: bool) -> None:
        super().__init__()
        self.conv1 = conv(in_width, out_width, 3, spectral)
        self.conv2 = conv(out_width, out_width, 3, spectral)
        self.conv_sc = conv(in_width, out_width, 1, spectral)
        self.bn1 = ConditionalNorm(in_width, condition_dim, spectral)
        self.bn2 = ConditionalNorm(out_width, condition_dim, spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return features (N, out, 2 H, 2 W)."""
        h = F.relu(self.bn1(x, condition))
        h, x = F.interpolate(h, scale_factor=2), F.interpolate(x, scale_factor=2)
        h = self.conv1(h)
        h = F.relu(self.bn2(h, condition))
        return self.conv2(h) + self.conv_sc(x)


class ReferenceGenerator(nn.Module):
    """The plain generator; conditions are made by ``BigGanGenerator.condition``."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        spectral = config.spectral_norm
        if config.num_classes:
            self.shared = nn.Embedding(config.class_rows, config.class_embed_dim)
        if config.feature_dim:
            self.shared_feat = linear(config.feature_dim, config.feature_embed_dim, spectral)
        self.linear = linear(config.noise_chunk, 16 * config.widths[0], spectral)
        condition_dim = config.condition_dim + config.noise_chunk
        self.blocks = nn.ModuleList()
        for index, (in_width, out_width) in enumerate(pairwise(config.widths)):
            parts: list[nn.Module] = [Block(in_width, out_width, condition_dim, spectral)]
            if 8 << index in config.attention:
                parts.append(Attention(out_width, spectral))
            self.blocks.append(nn.ModuleList(parts))
        last = config.widths[-1]
        self.output_layer = nn.Sequential(OutputNorm(last), nn.ReLU(), conv(last, 3, 3, spectral))

    @classmethod
    def of(cls, generator: BigGanGenerator) -> "ReferenceGenerator":
        """Return the reference with the very tensors of ``generator``, evaluated."""
        with torch.device("meta"):
            reference = cls(generator.config)
        reference.load_state_dict(generator.state_dict(), assign=True)
        return reference.eval().requires_grad_(False)

    def forward(self, z: Tensor, c: Tensor) -> Tensor:
        """Return images (N, 3, R, R) from noise (N, noise_dim) and one condition (N, condition_dim) for all blocks."""
        chunks: Any = z.split(self.config.noise_chunk, dim=1)
        x = self.linear(chunks[0]).view(len(z), -1, 4, 4)
        blocks: Any = self.blocks
        for parts, chunk in zip(blocks, chunks[1:], strict=True):
            x = parts[0](x, torch.cat([c, chunk], dim=1))
            for attention in parts[1:]:
                x = attention(x)
        return torch.tanh(self.output_layer(x))
