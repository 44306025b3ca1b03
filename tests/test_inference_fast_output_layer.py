"""Nine shifted planes are the last convolution."""

import pytest
import torch
from torch import nn

from icgan_demo.inference.fast.output_layer import OutputLayer
from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.models.layers import AffineBatchNorm, conv


@pytest.mark.parametrize("side", [4, 128])
@torch.inference_mode()
def test_it_is_norm_relu_convolution_and_tanh_also_in_strips(side):
    torch.manual_seed(0)
    layer = nn.Sequential(AffineBatchNorm(5), nn.ReLU(), conv(5, 3, 3, spectral=False)).eval()
    layer[0].stored_mean.normal_()
    layer[2].bias.normal_()
    x, image = torch.randn(side, side, 5), torch.empty(3, side, side)
    OutputLayer(layer, torch.float32)(x, image, Scratch(torch.float32))
    torch.testing.assert_close(image, torch.tanh(layer(x.permute(2, 0, 1)[None]))[0], atol=1e-5, rtol=1e-5)
