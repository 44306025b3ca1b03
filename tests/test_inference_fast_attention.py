"""Prepared attention is the attention of the module."""

import torch

from icgan_demo.inference.fast.attention import PreparedAttention
from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.models.layers import SelfAttention


@torch.inference_mode()
def test_it_adds_what_the_module_adds_also_in_several_pieces():
    torch.manual_seed(0)
    attention = SelfAttention(16, spectral=True).eval()
    attention.gamma.fill_(0.7)
    x = torch.randn(48, 24, 16)  # more pixels than queries at once
    expected = attention(x.permute(2, 0, 1)[None])[0].permute(1, 2, 0)
    prepared = PreparedAttention(attention, torch.float32)
    prepared(x, Scratch(torch.float32))
    torch.testing.assert_close(x, expected, atol=1e-4, rtol=1e-4)
