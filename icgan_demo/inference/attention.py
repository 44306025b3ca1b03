"""Self-attention of a map with pooled keys and values."""

import torch
from torch import Tensor, nn

from icgan_demo.inference.fold import folded_weight
from icgan_demo.inference.products import product
from icgan_demo.inference.scratch import Scratch
from icgan_demo.models.layers import SelfAttention

QUERIES_AT_ONCE = 512
"""So few that their weights stay in the cache."""


class PreparedAttention(nn.Module):
    """``gamma * o(attention(x)) + x`` with queries, keys and values from one product and gamma folded into ``o``.

    The library's ``scaled_dot_product_attention`` wants values as wide as keys; here they are four times as wide, and
    with padded keys it took twice as long as the plain form below.
    """

    inputs: Tensor
    output: Tensor

    def __init__(self, attention: SelfAttention, dtype: torch.dtype) -> None:
        super().__init__()
        theta, phi, g, o = (
            folded_weight(layer).flatten(1) for layer in (attention.theta, attention.phi, attention.g, attention.o)
        )
        self.key_width = len(phi)
        self.register_buffer("inputs", torch.cat([theta, phi, g]).to(dtype))
        self.register_buffer("output", (attention.gamma.detach() * o).to(dtype))

    def forward(self, x: Tensor, scratch: Scratch) -> None:
        """Add the attention to ``x`` (H, W, C) in place; H and W are even, x is contiguous."""
        width = self.key_width
        with scratch.frame():
            projected = product(x, self.inputs, scratch)  # (H, W, 2 C/8 + C/2)
            pooled = torch.maximum(projected[0::2, :, width:], projected[1::2, :, width:])
            pooled = torch.maximum(pooled[:, 0::2], pooled[:, 1::2]).flatten(0, 1)  # (HW/4, C/8 + C/2)
            keys, values = pooled[:, :width], pooled[:, width:]
            queries = projected[:, :, :width].flatten(0, 1)  # (HW, C/8)
            mixed = scratch.take(len(queries), values.shape[1])  # (HW, C/2)
            for part, result in zip(queries.split(QUERIES_AT_ONCE), mixed.split(QUERIES_AT_ONCE), strict=True):
                torch.mm((part @ keys.t()).softmax(dim=1), values, out=result)
            x.view(-1, x.shape[2]).addmm_(mixed, self.output.t())
