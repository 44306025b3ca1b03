"""A doubling of StyleGAN2: a transposed convolution, then a low-pass filter, without a zero being multiplied."""

import torch
from torch import Tensor

from icgan_demo.inference.packed import PackedConv
from icgan_demo.inference.scratch import Scratch

PIXELS_AT_ONCE = 16384
"""Pixels of the input worked on at once: what is made of them stays in the cache."""


class FilteredConv:
    """Transposed 3x3 convolution with stride 2, then the filter (1, 3, 3, 1) along rows and columns with gain 4.

    In one dimension, taps (a, b, c) spread a value over three places, so that even and odd places of the result are

        e[i] = a x[i] + c x[i-1]          o[i] = b x[i]

    and both dimensions together are four small convolutions of x itself. The filter is three times the sum of two
    neighbours: with the sums p[i] = e[i] + o[i] and q[i] = o[i-1] + e[i], then r[i] = p[i] + q[i+1] and
    s[i] = p[i] + q[i], the results are

        y[2i] = (r[i] + s[i]) / 4         y[2i + 1] = (r[i] + s[i+1]) / 4

    with six additions for two results; the division is part of the taps.
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Prepare for a weight (K, C, 3, 3)."""
        taps = weight / 16
        even, odd = [2, 0], [1]  # where the tap of the earlier value comes first
        self._convs = [
            [PackedConv(taps[:, :, rows][:, :, :, columns], dtype) for columns in (even, odd)] for rows in (even, odd)
        ]

    def __call__(self, x: Tensor, out: Tensor, scratch: Scratch) -> None:
        """Write the doubled ``x`` into ``out``.

        Args:
            x: contiguous, (H + 2, W + 2, C), with a border of one pixel: zeros, or the neighbours above and below if x
                is a part of a map.
            out: contiguous, (2 H, 2 W, K).
        """
        height, width = x.shape[0] - 2, x.shape[1] - 2
        with scratch.frame():
            parts = []
            for rows, (even, odd) in zip((height + 1, height + 2), self._convs, strict=True):
                wide = scratch.take(rows, 2 * width, out.shape[2])
                by_columns = even(x).transpose(0, 1), odd(x).transpose(0, 1)  # (W + 1, rows, K), (W + 2, rows, K)
                _filter(by_columns[0], by_columns[1], wide.transpose(0, 1), scratch)
                parts.append(wide)
            _filter(parts[0], parts[1], out, scratch)


def _filter(even: Tensor, odd: Tensor, out: Tensor, scratch: Scratch) -> None:
    """Write the filtered signal along the first dimension into ``out``, of length 2 N.

    Args:
        even: values 0, 2, .. 2 N of the signal (N + 1).
        odd: values -1, 1, .. 2 N + 1 (N + 2).
        out: of length 2 N.
    """
    with scratch.frame():
        p, q, r, s = (_like(even, scratch) for _ in range(4))
        torch.add(even, odd[1:], out=p)
        torch.add(odd[:-1], even, out=q)
        torch.add(p[:-1], q[1:], out=r[:-1])
        torch.add(p, q, out=s)
        torch.add(r[:-1], s[:-1], out=out[0::2])
        torch.add(r[:-1], s[1:], out=out[1::2])


def _like(x: Tensor, scratch: Scratch) -> Tensor:
    """Return memory in which ``x``, or ``x`` with its first two dimensions swapped, lies without gaps."""
    if x.is_contiguous():
        return scratch.take(*x.shape)
    swapped = x.transpose(0, 1)
    return scratch.take(*swapped.shape).transpose(0, 1)
