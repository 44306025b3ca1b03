"""A nearest x2 upsample and the 3x3 convolution after it, as products at the low resolution."""

import torch
from torch import Tensor

from icgan_demo.inference.fast.packed_convolutions import PackedConv
from icgan_demo.inference.fast.scratch_memory import Scratch

PIXELS_AT_ONCE = 2048
"""Pixels of the input worked on at once: enough for fast products, and what is made of them stays in the cache."""


class UpsampledConv:
    """Nearest x2 upsample, then a 3x3 convolution, with a quarter of the multiplications.

    In one dimension, with taps (a, b, c) and s = a + b + c, the upsampled signal gives two results for each value x[i]:

        y[2i]     = a x[i-1] + (b + c) x[i]  =  s x[i] + a (x[i-1] - x[i])
        y[2i + 1] = (a + b) x[i] + c x[i+1]  =  s x[i] - c (x[i] - x[i+1])

    The product s x[i] serves both, the differences x[i-1] - x[i] serve two neighbours: 3 multiplications where the
    convolution has 6 (and its two phases 4). Rows and columns together need 9 instead of 36 (16): x itself and its
    differences along rows, along columns and along both meet 1, 2, 2 and 4 of the nine sums of taps. What remains
    are additions. Zeros around x stand for the zeros around the upsampled map.
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Prepare for a weight (K, C, 3, 3)."""
        rows = torch.stack([weight[:, :, 0], weight.sum(dim=2), weight[:, :, 2]])  # a, s, c: (3, K, C, 3)
        taps = torch.stack([rows[..., 0], rows.sum(dim=-1), rows[..., 2]], dim=1)[..., None, None]  # (3, 3, K, C, 1, 1)
        self._plain = PackedConv(taps[1, 1], dtype)
        self._along_rows = PackedConv(torch.cat([taps[0, 1], taps[2, 1]]), dtype)
        self._along_columns = PackedConv(torch.cat([taps[1, 0], taps[1, 2]]), dtype)
        self._along_both = PackedConv(torch.cat([taps[0, 0], taps[0, 2], taps[2, 0], taps[2, 2]]), dtype)

    def __call__(self, x: Tensor, out: Tensor, scratch: Scratch) -> None:
        """Write the convolution of the upsampled ``x`` into ``out``.

        Args:
            x: (H + 2, W + 2, C), with a border of one pixel: zeros, or the neighbours if x is a part of a map.
            out: (2 H, 2 W, K).
        """
        height, width, channels = x.shape[0] - 2, x.shape[1] - 2, x.shape[2]
        k = out.shape[2]
        with scratch.frame():
            rows = scratch.take(height + 1, width, channels)
            columns = scratch.take(height + 2, width + 1, channels)
            both = scratch.take(height + 1, width + 1, channels)
            torch.sub(x[:-1, 1:-1], x[1:, 1:-1], out=rows)
            torch.sub(x[:, :-1], x[:, 1:], out=columns)
            torch.sub(columns[:-1], columns[1:], out=both)
            plain = self._plain(x[1:-1, 1:-1].contiguous())  # (H, W, K)
            by_rows = self._along_rows(rows)  # (H + 1, W, 2 K)
            by_columns = self._along_columns(columns[1:-1])  # (H, W + 1, 2 K)
            by_both = self._along_both(both)  # (H + 1, W + 1, 4 K)

            middle, sides = scratch.take(*plain.shape), scratch.take(*by_columns.shape)
            torch.add(plain, by_rows[:-1, :, :k], out=middle)
            torch.add(by_columns, by_both[:-1, :, : 2 * k], out=sides)
            _combine_columns(middle, sides, out[0::2])
            torch.sub(plain, by_rows[1:, :, k:], out=middle)
            torch.sub(by_columns, by_both[1:, :, 2 * k :], out=sides)
            _combine_columns(middle, sides, out[1::2])


def _combine_columns(middle: Tensor, sides: Tensor, out: Tensor) -> None:
    k = out.shape[2]
    torch.add(middle, sides[:, :-1, :k], out=out[:, 0::2])
    torch.sub(middle, sides[:, 1:, k:], out=out[:, 1::2])
