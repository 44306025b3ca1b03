"""The one operation that takes time: matrix products over the channels of a map."""

import torch
from torch import Tensor

from icgan_demo.inference.scratch import Scratch


def product(x: Tensor, weight: Tensor, scratch: Scratch, bias: Tensor | None = None) -> Tensor:
    """Return the 1x1 convolution of a map (H, W, C) with weight (K, C) and bias (K,): (H, W, K), in scratch memory."""
    out = scratch.take(*x.shape[:-1], len(weight))
    pixels, result = x.reshape(-1, x.shape[-1]), out.view(-1, len(weight))
    if bias is None:
        torch.mm(pixels, weight.t(), out=result)
    else:
        torch.addmm(bias, pixels, weight.t(), out=result)
    return out
