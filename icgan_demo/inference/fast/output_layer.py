"""The last layer: a map to a picture."""

from typing import cast

import torch
from torch import Tensor, nn

from icgan_demo.inference.fast.feature_maps import bordered, norm_relu, strips
from icgan_demo.inference.fast.fold import fold_norm, folded_weight
from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.models.layers import AffineBatchNorm

TAPS = 9

PIXELS_AT_ONCE = 8192
"""So few that their planes stay in the cache."""


class OutputLayer:
    """Norm, ReLU, 3x3 convolution to three colours, tanh.

    With three results only, the library's convolution is mostly idle. Here one product makes, for every pixel, what it
    contributes to the colours of its nine neighbours: nine small planes, then added up shifted, in float32.
    """

    def __init__(self, layer: nn.Sequential, dtype: torch.dtype) -> None:
        """Prepare ``layer``: an AffineBatchNorm, a ReLU and a convolution."""
        norm, conv = cast(AffineBatchNorm, layer[0]), cast(nn.Conv2d, layer[2])
        assert conv.bias is not None
        scale, shift = fold_norm(norm)
        self._scale, self._shift = scale.to(dtype), shift.to(dtype)
        by_tap = folded_weight(conv).permute(2, 3, 0, 1).reshape(TAPS * 3, -1)
        self._weight = by_tap.to(dtype)  # (27, C)
        self._bias = conv.bias.detach().clone()[:, None, None]

    def __call__(self, x: Tensor, image: Tensor, scratch: Scratch) -> None:
        """Write the picture of ``x`` (R, R, C) into ``image`` (3, R, R), float32 in [-1, 1]."""
        side, channels = x.shape[1:]
        with scratch.frame():
            h = bordered(scratch, side, side, channels)
            norm_relu(x, self._scale, self._shift, out=h[1:-1, 1:-1])
            for rows in strips(side, side, PIXELS_AT_ONCE):
                part = h[rows.start : rows.stop + 2]  # (H + 2, R + 2, C)
                planes = (self._weight @ part.flatten(0, 1).t()).view(TAPS, 3, *part.shape[:2])
                colours = image[:, rows]
                colours.copy_(self._bias.expand_as(colours))
                for tap, plane in enumerate(planes):
                    y, x0 = divmod(tap, 3)
                    colours += plane[:, y : y + colours.shape[1], x0 : x0 + side]
        image.tanh_()
