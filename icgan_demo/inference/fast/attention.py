"""Self-attention of a map with pooled keys and values."""

import torch
from torch import Tensor

from icgan_demo.inference.fast.fold import folded_weight
from icgan_demo.inference.fast.packed_convolutions import PackedConv
from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.models.layers import SelfAttention

QUERIES_AT_ONCE = 512
"""So few that their weights stay in the cache."""


class PreparedAttention:
    """``gamma * o(attention(x)) + x`` with queries, keys and values from one product and gamma folded into ``o``.

    The library's ``scaled_dot_product_attention`` wants values as wide as keys; here they are four times as wide, and
    with padded keys it took twice as long as the plain form below.
    """

    def __init__(self, attention: SelfAttention, dtype: torch.dtype) -> None:
        theta, phi, g, o = (
            folded_weight(layer) for layer in (attention.theta, attention.phi, attention.g, attention.o)
        )
        self._key_width = len(phi)
        self._project = PackedConv(torch.cat([theta, phi, g]), dtype)
        self._output = (attention.gamma.detach() * o).flatten(1).to(dtype)

    def __call__(self, x: Tensor, scratch: Scratch) -> None:
        """Add the attention to ``x`` (H, W, C) in place; H and W are even, x is contiguous."""
        width = self._key_width
        with scratch.frame():
            projected = self._project(x)  # (H, W, 2 C/8 + C/2)
            pooled = torch.maximum(projected[0::2, :, width:], projected[1::2, :, width:])
            pooled = torch.maximum(pooled[:, 0::2], pooled[:, 1::2]).flatten(0, 1)  # (HW/4, C/8 + C/2)
            keys, values = pooled[:, :width], pooled[:, width:]
            queries = projected[:, :, :width].flatten(0, 1)  # (HW, C/8)
            mixed = scratch.take(len(queries), values.shape[1])  # (HW, C/2)
            for part, result in zip(queries.split(QUERIES_AT_ONCE), mixed.split(QUERIES_AT_ONCE), strict=True):
                torch.mm((part @ keys.t()).softmax(dim=1), values, out=result)
            x.view(-1, x.shape[2]).addmm_(mixed, self._output.t())
