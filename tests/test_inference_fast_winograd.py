"""Tiles of 2x2 results are the plain 3x3 convolution, with the shortcut added."""

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.inference.fast.winograd import MIN_TILED_WIDTH, PlainConv, TiledConv, shortcut_conv


@pytest.mark.parametrize("kind", [TiledConv, PlainConv])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 3), (4, 4)])
@torch.inference_mode()
def test_it_is_a_convolution_plus_an_upsampled_shortcut(kind, height, width):
    torch.manual_seed(0)
    x, weight = torch.randn(2 * height, 2 * width, 6), torch.randn(7, 6, 3, 3)
    shortcut = torch.randn(height, width, 7)
    expected = F.conv2d(x.permute(2, 0, 1)[None], weight, padding=1)
    expected = expected + F.interpolate(shortcut.permute(2, 0, 1)[None], scale_factor=2)
    out = torch.empty(2 * height, 2 * width, 7)
    kind(weight, torch.float32)(F.pad(x, (0, 0, 1, 1, 1, 1)), shortcut, out, Scratch(torch.float32))
    torch.testing.assert_close(out, expected[0].permute(1, 2, 0), atol=1e-4, rtol=1e-4)


def test_only_wide_layers_are_tiled():
    wide = torch.randn(MIN_TILED_WIDTH, MIN_TILED_WIDTH, 3, 3)
    assert isinstance(shortcut_conv(wide, torch.float32), TiledConv)
    assert isinstance(shortcut_conv(wide[:-1], torch.float32), PlainConv)
