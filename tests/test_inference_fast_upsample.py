"""Nine products at the low resolution are the convolution of the upsampled map."""

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.inference.fast.upsample import UpsampledConv


def bordered(x: torch.Tensor) -> torch.Tensor:
    return F.pad(x, (0, 0, 1, 1, 1, 1))


@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (4, 4)])
@torch.inference_mode()
def test_it_is_an_upsample_and_a_convolution(height, width):
    torch.manual_seed(0)
    x, weight = torch.randn(height, width, 6), torch.randn(7, 6, 3, 3)
    upsampled = F.interpolate(x.permute(2, 0, 1)[None], scale_factor=2)
    expected = F.conv2d(upsampled, weight, padding=1)[0].permute(1, 2, 0)
    drawn = torch.empty(2 * height, 2 * width, 7)
    UpsampledConv(weight, torch.float32)(bordered(x), drawn, Scratch(torch.float32))
    torch.testing.assert_close(drawn, expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_strips_with_their_neighbours_as_borders_make_the_same_map():
    torch.manual_seed(0)
    x, weight = torch.randn(8, 4, 6), torch.randn(7, 6, 3, 3)
    whole, parts = torch.empty(16, 8, 7), torch.empty(16, 8, 7)
    scratch, padded = Scratch(torch.float32), bordered(x)
    UpsampledConv(weight, torch.float32)(padded, whole, scratch)
    conv = UpsampledConv(weight, torch.float32)
    for start in (0, 4):
        conv(padded[start : start + 6], parts[2 * start : 2 * start + 8], scratch)
    torch.testing.assert_close(parts, whole, atol=1e-5, rtol=1e-5)
