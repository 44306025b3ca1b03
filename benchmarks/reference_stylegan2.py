"""The plain reference for the StyleGAN2 backbone: written for its plainness, as the original code calculates.

Every picture gets weights of its own, scaled by its style and normalised, which one grouped convolution applies; a
doubling puts zeros between values and filters them channel by channel. The original does so in float32.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.models.stylegan2_generator import FIR, StyledConv, StyleGan2Generator, ToColours, activated


class ReferenceStyleGan2:
    """Draws with the weights of a ``StyleGan2Generator``, float32."""

    def __init__(self, generator: StyleGan2Generator) -> None:
        self._generator = generator

    def __call__(self, z: Tensor, c: Tensor) -> Tensor:
        """Return images (N, 3, R, R), float32 in [-1, 1]."""
        synthesis = self._generator.synthesis
        w = self._generator.styles(z, c)[0]
        x = synthesis.block(4).const.expand(len(z), -1, -1, -1)
        image = x.new_zeros(len(z), 3, 2, 2)
        for side in synthesis.sides:
            block = synthesis.block(side)
            for layer in block.convolutions:
                x = _styled(layer, x, w)
            image = _filtered(_stuffed(image), (2, 1)) + _colours(block.torgb, x, w)
        return image.clamp(-1, 1)


def _styled(layer: StyledConv, x: Tensor, w: Tensor) -> Tensor:
    weight = layer.weight[None] * layer.affine(w)[:, None, :, None, None]  # (N, out, in, 3, 3)
    weight = weight * (weight.square().sum(dim=(2, 3, 4)) + 1e-8).rsqrt()[:, :, None, None, None]
    count, out = weight.shape[:2]
    x = x.reshape(1, -1, *x.shape[2:])
    if layer.doubles:
        weight = weight.transpose(1, 2).reshape(-1, out, 3, 3)
        x = F.conv_transpose2d(x, weight, stride=2, groups=count)
        x = _filtered(x, (1, 1))
    else:
        x = F.conv2d(x, weight.flatten(0, 1), padding=1, groups=count)
    x = x.reshape(count, out, *x.shape[2:]) + layer.noise_const * layer.noise_strength
    x = activated(x + layer.bias[:, None, None])
    return x.clamp(-layer.clamp, layer.clamp) if layer.clamp else x


def _colours(layer: ToColours, x: Tensor, w: Tensor) -> Tensor:
    style = layer.affine(w) / math.sqrt(x.shape[1])
    weight = (layer.weight[None] * style[:, None, :, None, None]).flatten(0, 1)  # (3 N, in, 1, 1)
    colours = F.conv2d(x.reshape(1, -1, *x.shape[2:]), weight, groups=len(x)).reshape(len(x), 3, *x.shape[2:])
    colours = colours + layer.bias[:, None, None]
    return colours.clamp(-layer.clamp, layer.clamp) if layer.clamp else colours


def _stuffed(x: Tensor) -> Tensor:
    """Return ``x`` with a zero after each value of every row and column."""
    stuffed = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    stuffed[:, :, ::2, ::2] = x
    return stuffed


def _filtered(x: Tensor, pad: tuple[int, int]) -> Tensor:
    taps = torch.tensor(FIR)
    kernel = (4 * taps[:, None] * taps).expand(x.shape[1], 1, 4, 4)
    return F.conv2d(F.pad(x, pad * 2), kernel, groups=x.shape[1])
