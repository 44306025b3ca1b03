"""What an evaluated network computes again for every picture although it never changes, computed once."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.layers import (
    AffineBatchNorm,
    ClusterEmbedding,
    ConditionalBatchNorm,
    SpectralWeight,
    nearest_centroid,
)

NORM_EPS = 1e-5


def folded_weight(layer: nn.Conv2d | nn.Linear | nn.Embedding) -> Tensor:
    """Return the weight that ``layer`` uses when evaluated: W / sigma if it is spectrally normalised, else W.

    An evaluated layer never writes its power iteration back, so sigma is a constant.
    """
    assert not layer.training, "prepare an evaluated network"
    return (layer.normalised_weight() if isinstance(layer, SpectralWeight) else layer.weight).detach()


def folded_instances(layer: nn.Linear | ClusterEmbedding) -> Callable[[Tensor], Tensor]:
    """Return what embeds features (N, D) as the evaluated ``layer`` does."""
    if isinstance(layer, ClusterEmbedding):
        rows, centroids = folded_weight(layer.table), layer.centroids
        return lambda features: rows[nearest_centroid(features, centroids)]
    return partial(F.linear, weight=folded_weight(layer), bias=layer.bias.detach())


def fold_norm(norm: AffineBatchNorm) -> tuple[Tensor, Tensor]:
    """Return (scale, shift), each (C,), so that the evaluated ``norm`` is ``x * scale + shift``.

    gain * (x - mean) / sqrt(var + eps) + bias = x * s + (bias - mean * s)  with  s = gain / sqrt(var + eps).
    """
    scale = norm.gain.detach() * (norm.stored_var + NORM_EPS).rsqrt()
    return scale, norm.bias.detach() - norm.stored_mean * scale


def fold_conditional_norm(norm: ConditionalBatchNorm, input_bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return (matrix, offset) so that ``matrix @ c + offset`` is the norm's scale, then its shift, for condition c.

    With r = 1 / sqrt(var + eps), gain weight G and bias weight B:
    (1 + G c) * (x - mean) * r + B c = x * (r + r G c) + (-mean r + (B - mean r G) c), both linear in c.

    Args:
        norm: an evaluated norm of width C for conditions of length D.
        input_bias: constant (C,) that is added to x before the norm; it moves the mean: x + b - mean.
    Returns:
        float32 of shapes (2 C, D) and (2 C,).
    """
    mean = norm.stored_mean if input_bias is None else norm.stored_mean - input_bias.detach()
    r = (norm.stored_var + NORM_EPS).rsqrt()
    gain, bias = folded_weight(norm.gain), folded_weight(norm.bias)
    scale, shift = r[:, None] * gain, bias - (mean * r)[:, None] * gain
    return torch.cat([scale, shift]), torch.cat([r, -mean * r])


class ConditionalNorms:
    """All conditional norms of a generator: one matrix product with the condition, one with the noise.

    The product with the condition, by far the larger one, serves every picture of that condition.
    """

    def __init__(self, generator: BigGanGenerator) -> None:
        config = generator.config
        matrices, offsets, self._widths, self._block_rows = [], [], [], []
        for block, *_ in (cast(Any, parts) for parts in generator.blocks):
            norms = [fold_conditional_norm(block.bn1), fold_conditional_norm(block.bn2, block.conv1.bias)]
            matrices.append(torch.cat([matrix for matrix, _ in norms]))
            offsets.append(torch.cat([offset for _, offset in norms]))
            self._block_rows.append(len(matrices[-1]))
            self._widths += [len(offset) // 2 for _, offset in norms for _ in ("scale", "shift")]
        # A block sees its own chunk of the noise alone: zero elsewhere, so that all blocks are one matrix.
        by_noise = [matrix[:, config.condition_dim :] for matrix in matrices]
        no_noise = matrices[0].new_zeros(sum(self._block_rows), config.noise_chunk)  # chunk 0 feeds the first layer
        by_condition = torch.cat([matrix[:, : config.condition_dim] for matrix in matrices])
        # Stored by columns: the library multiplies such a matrix with one vector three times as fast.
        self._by_condition = by_condition.t().contiguous()
        self._by_noise = torch.cat([no_noise, torch.block_diag(*by_noise)], dim=1).t().contiguous()
        self._offset = torch.cat(offsets)

    def of_condition(self, conditions: Tensor | Sequence[Tensor]) -> Tensor:
        """Return what a condition (condition_dim,), or one for each block, adds to all scales and shifts."""
        if isinstance(conditions, Tensor):
            return torch.addmv(self._offset, self._by_condition.t(), conditions)
        parts = zip(self._by_condition.split(self._block_rows, dim=1), conditions, strict=True)
        return self._offset + torch.cat([condition @ matrix for matrix, condition in parts])

    def __call__(self, of_condition: Tensor, z: Tensor, dtype: torch.dtype) -> list[Tensor]:
        """Return scale and shift of the first norm, scale and shift of the second norm, for each block in turn.

        Args:
            of_condition: from ``of_condition``.
            z: noise of one picture, shape (noise_dim,).
        """
        return list(torch.addmv(of_condition, self._by_noise.t(), z).to(dtype).split(self._widths))
