"""3x3 convolutions, by tiles of 2x2 results where that pays; the block's shortcut is added on the way."""

import torch
from torch import Tensor

from icgan_demo.inference.fast.packed_convolutions import PackedConv
from icgan_demo.inference.fast.scratch_memory import Scratch

MIN_TILED_WIDTH = 128
"""Below this many channels the additions of the tiles cost as much time as the multiplications they save."""

PIXELS_AT_ONCE = 1024
"""Pixels of the shortcut, each a tile, worked on at once: what is made of them stays in the cache."""

TAPS_TO_PRODUCTS = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0.0, 0.0, 1.0))


def shortcut_conv(weight: Tensor, dtype: torch.dtype) -> "TiledConv | PlainConv":
    """Return the faster form of a 3x3 convolution with weight (K, C, 3, 3)."""
    return (TiledConv if min(weight.shape[:2]) >= MIN_TILED_WIDTH else PlainConv)(weight, dtype)


class TiledConv:
    """3x3 convolution with 16 multiplications for four results instead of 36: Winograd's minimal filtering F(2x2, 3x3).

    In one dimension, taps (a, b, c) give two results from four values x0..x3 through four products:

        m0 = a (x0 - x2)                  m1 = (a + b + c)/2 (x1 + x2)       y0 = m0 + m1 + m2
        m2 = (a - b + c)/2 (x2 - x1)      m3 = c (x1 - x3)                   y1 = m1 - m2 - m3

    applied to rows and to columns. A tile of results is the 2x2 block that a nearest x2 upsample makes of one pixel, so
    the shortcut joins at the low resolution: what is added to m1 of rows and columns is added to all four results.
    Source: Lavin and Gray 2016, section 4.1.
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Prepare for a weight (K, C, 3, 3)."""
        g = weight.new_tensor(TAPS_TO_PRODUCTS)
        products = torch.einsum("xj,yi,kcij->xykc", g, g, weight)  # columns first, as the maps below
        # One batched product: packed convolutions would be sixteen, each waiting for the slower thread.
        self._weight = products.flatten(0, 1).to(dtype).contiguous()  # (16, K, C)

    def __call__(self, x: Tensor, shortcut: Tensor | None, out: Tensor, scratch: Scratch) -> None:
        """Write ``conv(x) + upsample(shortcut)`` into ``out``.

        Args:
            x: (2 H + 2, 2 W + 2, C), with a border of one pixel: zeros, or the neighbours if x is a part of a map.
            shortcut: (H, W, K); None adds nothing.
            out: (2 H, 2 W, K).
        """
        height, width, k = out.shape[0] // 2, out.shape[1] // 2, out.shape[2]
        channels = x.shape[2]
        with scratch.frame():
            rows = scratch.take(4, height, 2 * width + 2, channels)
            _to_products(x[:-2:2], x[1:-1:2], x[2::2], x[3::2], rows)
            tiles = scratch.take(4, 4, height, width, channels)  # column, row
            _to_products(rows[:, :, :-2:2], rows[:, :, 1:-1:2], rows[:, :, 2::2], rows[:, :, 3::2], tiles)
            products = scratch.take(4, 4, height, width, k)
            torch.bmm(tiles.view(16, -1, channels), self._weight.transpose(1, 2), out=products.view(16, -1, k))
            if shortcut is not None:
                products[1, 1] += shortcut
            by_row = scratch.take(2, 4, height, width, k)  # row, column
            _to_results(products.transpose(0, 1), by_row[0], by_row[1])
            results = out.unflatten(0, (height, 2)).transpose(0, 1)  # (2, H, 2 W, K)
            _to_results(by_row.transpose(0, 1), results[:, :, 0::2], results[:, :, 1::2])


def _to_products(x0: Tensor, x1: Tensor, x2: Tensor, x3: Tensor, out: Tensor) -> None:
    torch.sub(x0, x2, out=out[0])
    torch.add(x1, x2, out=out[1])
    torch.sub(x2, x1, out=out[2])
    torch.sub(x1, x3, out=out[3])


def _to_results(m: Tensor, y0: Tensor, y1: Tensor) -> None:
    torch.add(m[0], m[1], out=y0)
    y0 += m[2]
    torch.sub(m[1], m[2], out=y1)
    y1 -= m[3]


class PlainConv:
    """3x3 convolution as the library does it."""

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Prepare for a weight (K, C, 3, 3)."""
        self._conv = PackedConv(weight, dtype)

    def __call__(self, x: Tensor, shortcut: Tensor, out: Tensor, scratch: Scratch) -> None:
        """Write ``conv(x) + upsample(shortcut)`` into ``out``; see ``TiledConv.__call__``."""
        height, width, _ = shortcut.shape
        y, out = (part.unflatten(0, (height, 2)).unflatten(2, (width, 2)) for part in (self._conv(x), out))
        torch.add(y, shortcut[:, None, :, None], out=out)
