"""The StyleGAN2 generator of IC-GAN: noise and an instance make a style, the style modulates every layer.

Source: Karras et al. 2020, Analyzing and improving the image quality of StyleGAN, with the instance embedding of
Casanova et al. 2021 beside the noise; parameter names are those of the published checkpoints.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import MAX_TRUNCATION, StyleGan2Config
from icgan_demo.models.noise import draw_noise

EPS = 1e-8
SLOPE = 0.2
"""Of the leaky ReLU below zero."""
GAIN = math.sqrt(2)
"""After the leaky ReLU, so that it keeps the variance."""
MAPPING_RATE = 0.01
"""The mapping's weights are stored divided by this factor, so that they learned the more slowly."""
MEAN_OF = 1024
"""Noises, of the seeds 0, 1, ..., over which a condition's mean style is taken."""
FIR = (0.125, 0.375, 0.375, 0.125)
"""Low-pass filter in one dimension, of sum 1; both dimensions together are its outer product with itself."""


def normalised(x: Tensor) -> Tensor:
    """Return rows (N, D) divided by the root of their mean square."""
    return x * (x.square().mean(dim=1, keepdim=True) + EPS).rsqrt()


def activated(x: Tensor) -> Tensor:
    """Return the leaky ReLU of ``x``, scaled to keep the variance."""
    return F.leaky_relu(x, SLOPE) * GAIN


def upsample_filtered(x: Tensor) -> Tensor:
    """Return maps (N, C, 2H, 2W): zeros between the values of ``x`` (N, C, H, W), then the filter with gain 4."""
    channels = x.shape[1]
    taps = x.new_tensor(FIR)
    kernel = (4 * taps[:, None] * taps).expand(channels, 1, 4, 4)
    return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)


class Dense(nn.Module):
    """Linear layer whose weight is scaled by its fan-in each time it is used (equalised learning rate)."""

    def __init__(self, in_dim: int, out_dim: int, *, rate: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_dim, in_dim) / rate)
        self.bias = nn.Parameter(torch.full((out_dim,), bias))
        self.rate = rate

    def folded_weight(self) -> Tensor:
        """Return the weight (out, in) as it multiplies."""
        return self.weight * (self.rate / math.sqrt(self.weight.shape[1]))

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out) from ``x`` (N, in)."""
        return F.linear(x, self.folded_weight(), self.bias * self.rate)


class Mapping(nn.Module):
    """Noise and instance embedding to a style."""

    w_avg: Tensor

    def __init__(self, config: StyleGan2Config) -> None:
        super().__init__()
        self.register_buffer("w_avg", torch.zeros(config.style_dim))
        self.embed_feats = Dense(config.feature_dim, config.feature_embed_dim)
        widths = [config.noise_dim + config.feature_embed_dim, *[config.style_dim] * config.mapping_layers]
        for index, (in_dim, out_dim) in enumerate(pairwise(widths)):
            self.add_module(f"fc{index}", Dense(in_dim, out_dim, rate=MAPPING_RATE))
        self.layers = config.mapping_layers

    def forward(self, z: Tensor, c: Tensor, truncation: float = 1.0, towards: Tensor | None = None) -> Tensor:
        """Return styles (N, style_dim) of noise (N, noise_dim) and instance embeddings (N, feature_embed_dim).

        Args:
            z: only its direction counts.
            c: from ``embed_feats``; only its direction counts.
            truncation: psi: 1 leaves the style as it is, 0 puts ``towards`` in its place.
            towards: style (style_dim,); None for the mean over all styles.
        """
        w = torch.cat([normalised(z), normalised(c)], dim=1)
        for index in range(self.layers):
            w = activated(self.get_submodule(f"fc{index}")(w))
        return w if truncation == 1 else torch.lerp(self.w_avg if towards is None else towards, w, truncation)


class StyledConv(nn.Module):
    """3x3 convolution whose input channels the style scales, each result brought back to variance 1."""

    noise_const: Tensor

    def __init__(self, in_width: int, out_width: int, side: int, config: StyleGan2Config, *, doubles: bool) -> None:
        super().__init__()
        self.affine = Dense(config.style_dim, in_width, bias=1.0)
        self.weight = nn.Parameter(torch.randn(out_width, in_width, 3, 3))
        self.register_buffer("noise_const", torch.randn(side, side))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(out_width))
        self.doubles, self.clamp = doubles, config.clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Return maps (N, out, R, R) from ``x`` (N, in, R, R), half of that if the layer doubles, and styles (N, D)."""
        style = self.affine(w)
        squares = self.weight.square().sum(dim=(2, 3))  # (out, in)
        demodulation = (style.square() @ squares.t() + EPS).rsqrt()
        x = x * style[:, :, None, None]
        if self.doubles:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)  # (N, out, R + 1, R + 1)
            taps = x.new_tensor(FIR)
            kernel = (4 * taps[:, None] * taps).expand(x.shape[1], 1, 4, 4)
            x = F.conv2d(x, kernel, padding=1, groups=x.shape[1])  # (N, out, R, R)
        else:
            x = F.conv2d(x, self.weight, padding=1)
        x = x * demodulation[:, :, None, None] + self.noise_const * self.noise_strength
        x = activated(x + self.bias[:, None, None])
        return x.clamp(-self.clamp, self.clamp) if self.clamp else x


class ToColours(nn.Module):
    """1x1 convolution to three colours, its input channels scaled by the style."""

    def __init__(self, width: int, config: StyleGan2Config) -> None:
        super().__init__()
        self.affine = Dense(config.style_dim, width, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, width, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))
        self.clamp = config.clamp

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Return colours (N, 3, R, R) from ``x`` (N, width, R, R) and styles (N, style_dim)."""
        style = self.affine(w) / math.sqrt(x.shape[1])
        colours = F.conv2d(x * style[:, :, None, None], self.weight, self.bias)
        return colours.clamp(-self.clamp, self.clamp) if self.clamp else colours


class StyledBlock(nn.Module):
    """The layers at one side: a doubling (not at 4 px), a convolution, and what they add to the picture."""

    def __init__(self, in_width: int, out_width: int, side: int, config: StyleGan2Config) -> None:
        super().__init__()
        if side == 4:
            self.const = nn.Parameter(torch.randn(out_width, 4, 4))
        else:
            self.conv0 = StyledConv(in_width, out_width, side, config, doubles=True)
        self.conv1 = StyledConv(out_width, out_width, side, config, doubles=False)
        self.torgb = ToColours(out_width, config)
        self.has_doubling = side > 4

    @property
    def convolutions(self) -> list[StyledConv]:
        """The convolutions in their order."""
        return [self.conv0, self.conv1] if self.has_doubling else [self.conv1]


class Synthesis(nn.Module):
    """Styles to a picture."""

    def __init__(self, config: StyleGan2Config) -> None:
        super().__init__()
        self.sides = tuple(4 << index for index in range(len(config.widths)))
        for side, in_width, out_width in zip(self.sides, (0, *config.widths[:-1]), config.widths, strict=True):
            self.add_module(f"b{side}", StyledBlock(in_width, out_width, side, config))

    def block(self, side: int) -> StyledBlock:
        """Return the layers at ``side`` px."""
        return cast(StyledBlock, self.get_submodule(f"b{side}"))

    def forward(self, styles: Sequence[Tensor]) -> Tensor:
        """Return pictures (N, 3, R, R), float, nominally in [-1, 1] but not cut there.

        Args:
            styles: one (N, style_dim) for the layers at each side. What a side adds to the picture follows the style
                of the next one, as in the original order of styles.
        """
        first = self.block(4)
        x = first.const.expand(len(styles[0]), -1, -1, -1)  # (N, widths[0], 4, 4)
        image = None
        for side, style, following in zip(self.sides, styles, [*styles[1:], styles[-1]], strict=True):
            block = self.block(side)
            for convolution in block.convolutions:
                x = convolution(x, style)
            colours = block.torgb(x, following)
            image = colours if image is None else upsample_filtered(image) + colours
        assert image is not None
        return image


class StyleGan2Generator(nn.Module):
    """Generator of IC-GAN with the StyleGAN2 backbone.

    Used like ``BigGanGenerator``: ``condition`` makes the condition ``c``, and ``forward`` takes one ``c`` for all
    doublings or one for each.
    """

    def __init__(self, config: StyleGan2Config) -> None:
        super().__init__()
        self.config = config
        self.synthesis = Synthesis(config)
        self.mapping = Mapping(config)

    def condition(self, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return the condition (N, condition_dim): the instance embedding.

        Args:
            features: unit-length rows (N, feature_dim).
            labels: not used; there are no classes.
        """
        assert features is not None
        return self.mapping.embed_feats(features)

    def live_noise(self) -> Tensor:
        """Return which numbers of the noise can change the picture, bool (noise_dim,): those that some weight reads."""
        weight = self.mapping.get_parameter("fc0.weight").detach()
        return weight[:, : self.config.noise_dim].abs().amax(0) > 0

    def mean_style(self, c: Tensor) -> Tensor:
        """Return the mean (style_dim,) over the styles that noise makes with a condition (1, condition_dim)."""
        z = draw_noise(range(MEAN_OF), self.config.noise_dim, MAX_TRUNCATION)
        return self.mapping(z, c.expand(MEAN_OF, -1)).mean(0)

    def styles(
        self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0, towards: Tensor | None = None
    ) -> list[Tensor]:
        """Return the styles (N, style_dim) of the layers at each side; the first doubling's also serve 4 px."""
        z = z[:, : self.config.noise_dim]
        if isinstance(c, Tensor):
            return [self.mapping(z, c, truncation, towards)] * (self.config.blocks + 1)
        styles = [self.mapping(z, part, truncation, towards) for part in c]
        assert len(styles) == self.config.blocks, len(styles)
        return [styles[0], *styles]

    def forward(
        self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0, towards: Tensor | None = None
    ) -> Tensor:
        """Return images (N, 3, R, R), float in [-1, 1].

        Args:
            z: noise (N, >= noise_dim); surplus columns are ignored.
            c: condition (N, condition_dim), or one such tensor for each doubling.
            truncation: psi, 0 .. 1: how much of a style's distance from ``towards`` is kept.
            towards: style (style_dim,), such as ``mean_style``; None for the mean of all styles.
        """
        return self.synthesis(self.styles(z, c, truncation, towards)).clamp(-1, 1)
