"""Directions of a model, found without labels; each as the vector of one standard deviation.

Of a matrix of things that vary, the principal directions are those along which they vary most (PCA). Of weights, they
are those that are amplified most (SeFa, Shen and Zhou 2021, closed form). Of a block's responses, they are those in the
input that belong to the principal directions of the answers (GANSpace, Harkonen et al. 2020).
"""

from collections.abc import Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.inference.fast.fold import NORM_EPS, folded_weight
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.layers import ConditionalBatchNorm
from icgan_demo.models.stylegan2_generator import StyleGan2Generator

LEAST_SHARE = 1e-6
"""Of the strongest direction's variance: what varies less is noise of the arithmetic."""
POOLED = 4
"""Side to which a response is averaged, px: where things are, coarsely, and what they are."""
AT_ONCE = 16
MAPPED = 4
"""Noise vectors at which the mapping of a StyleGAN2 is linearised."""


def principal(rows: Tensor, count: int) -> Tensor:
    """Return the principal directions of ``rows`` (N, D), each of one standard deviation, (<= count, D)."""
    centred = (rows - rows.mean(0)).double()
    variances, vectors = _strongest(centred.T @ centred / max(1, len(rows) - 1), count)
    return (vectors * variances.sqrt()[:, None]).float()


def amplified(gram: Tensor, rows: Tensor, count: int) -> Tensor:
    """Return the directions that weights amplify most, each of one standard deviation of ``rows`` along it.

    Args:
        gram: A^T A of the weights A that take the input in, (D, D).
        rows: what the input can be, (N, D).
        count: at most so many; those along which no input varies are left out.
    """
    _, vectors = _strongest(gram.double(), count)
    deviations = (rows.double() @ vectors.T).std(0)  # (count,)
    varies = deviations > LEAST_SHARE**0.5 * deviations.amax()
    return (vectors * deviations[:, None])[varies].float()


def amplified_noise(gram: Tensor, count: int) -> Tensor:
    """Return the unit directions (<= count, noise_dim) that weights amplify most, for noise that varies alike in all.

    Args:
        gram: A^T A of the weights A that take the noise in, (noise_dim, noise_dim).
        count: at most so many.
    """
    return _strongest(gram.double(), count)[1].float()


def answered(responses: Tensor, rows: Tensor, count: int) -> Tensor:
    """Return what the input does along the principal directions of the responses, one standard deviation of those.

    Args:
        responses: to the inputs, (N, F).
        rows: the inputs, (N, D).
        count: at most so many.
    """
    centred = (responses - responses.mean(0)).double()
    inputs = (rows - rows.mean(0)).double()
    _, vectors = _strongest(centred @ centred.T, count)  # (N, N) has the same scores as (F, F), and is smaller
    scores = vectors * (len(rows) - 1) ** 0.5  # (count, N), of deviation 1
    return _signed(scores @ inputs / max(1, len(rows) - 1)).float()


def difference(these: Tensor, those: Tensor, bank: Tensor | None) -> Tensor:
    """Return the direction (D,) from the mean of ``those`` (M, D) to that of ``these`` (N, D).

    Its length is one standard deviation of the features in ``bank`` (K, D) along it; without a bank, the whole way.
    """
    way = (these.double().mean(0) - those.double().mean(0)).float()
    if bank is None or len(bank) < 2 or not way.any():
        return way
    along = way / way.norm()
    return along * (bank @ along).std()


def unit_features_tangent(features: Tensor) -> Tensor:
    """Return unit ``features`` (N, D) as seen from their mean direction: what leads away from it alone."""
    mean = F.normalize(features.mean(0), dim=0)
    return features - (features @ mean)[:, None] * mean


def input_grams(generator: AnyGenerator, condition: Tensor) -> tuple[list[Tensor], Tensor]:
    """Return A^T A of what takes the condition in, for each block, and of what takes the noise in.

    A response counts by its mean square over channels, so that a wide layer counts no more than a narrow one.

    Args:
        generator: plain, evaluated.
        condition: the mean one, (condition_dim,), around which a StyleGAN2's mapping is linearised.
    Returns:
        One (condition_dim, condition_dim) for each block, and (noise_dim, noise_dim).
    """
    if isinstance(generator, BigGanGenerator):
        return _biggan_grams(generator)
    return _stylegan2_grams(generator, condition)


def block_responses(generator: AnyGenerator, z: Tensor, c: Tensor, block: int) -> Tensor:
    """Return the maps (N, F) of a block, averaged to 4 px, for noise (N, noise_dim) and conditions (N, D)."""
    found: list[Tensor] = []

    def keep(_layer: nn.Module, _given: Any, maps: Tensor) -> None:
        found.append(F.adaptive_avg_pool2d(maps, POOLED).flatten(1))
        raise _AnsweredError

    if isinstance(generator, BigGanGenerator):
        layer = cast(nn.ModuleList, generator.blocks[block])[-1]
    else:
        layer = generator.synthesis.block(8 << block).conv1
    handle = layer.register_forward_hook(keep)
    try:
        for start in range(0, len(z), AT_ONCE):
            rows = slice(start, start + AT_ONCE)
            try:
                generator(z[rows], c[rows])
            except _AnsweredError:
                continue
    finally:
        handle.remove()
    return torch.cat(found)


class _AnsweredError(Exception):
    """Ends a drawing whose later blocks nobody asks for."""


def _strongest(gram: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the largest eigenvalues (K,) and their unit vectors (K, D), K at most ``count``, the largest first."""
    values, vectors = torch.linalg.eigh(gram)
    values, vectors = values.flip(0)[:count], vectors.T.flip(0)[:count]
    counts = values > LEAST_SHARE * values[0].clamp(min=1e-12)
    return values[counts], _signed(vectors[counts])


def _signed(vectors: Tensor) -> Tensor:
    """Return each vector (K, D) or its opposite: with its largest number positive, on every machine."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * largest.sign()


def _biggan_grams(generator: BigGanGenerator) -> tuple[list[Tensor], Tensor]:
    config = generator.config
    blocks = [cast(Any, parts)[0] for parts in generator.blocks]
    first = folded_weight(generator.linear).unflatten(0, (config.widths[0], 16))  # (C, 16, chunk)
    deviation = (blocks[0].bn1.stored_var + NORM_EPS).sqrt()
    of_noise = [_gram([(first / deviation[:, None, None]).flatten(0, 1)])]  # the first map as its norm sees it
    of_condition = []
    for block in blocks:
        norms: Sequence[ConditionalBatchNorm] = (block.bn1, block.bn2)
        weights = [folded_weight(layer) for norm in norms for layer in (norm.gain, norm.bias)]
        of_condition.append(_gram([weight[:, : config.condition_dim] for weight in weights]))
        of_noise.append(_gram([weight[:, config.condition_dim :] for weight in weights]))
    return of_condition, torch.block_diag(*of_noise)


def _stylegan2_grams(generator: StyleGan2Generator, condition: Tensor) -> tuple[list[Tensor], Tensor]:
    config, synthesis = generator.config, generator.synthesis
    noises = torch.randn(MAPPED, config.noise_dim, generator=torch.Generator().manual_seed(0))

    def style(given: Tensor) -> Tensor:
        return generator.mapping(given[None, : config.noise_dim], given[None, config.noise_dim :])[0]

    givens = [torch.cat([noise, condition]) for noise in noises]
    with torch.inference_mode(False), torch.enable_grad():
        slopes = [torch.autograd.functional.jacobian(style, given.clone(), vectorize=True) for given in givens]
    of_styles = [
        _gram([layer.affine.folded_weight().detach() for layer in synthesis.block(side).convolutions])
        for side in synthesis.sides
    ]
    of_styles = [of_styles[0] + of_styles[1], *of_styles[2:]]  # the first doubling's style also serves 4 px
    grams = [
        torch.stack([cast(Tensor, slope).T @ of_style @ cast(Tensor, slope) for slope in slopes]).mean(0)
        for of_style in of_styles
    ]
    noise = slice(0, config.noise_dim)
    of_condition = [gram[config.noise_dim :, config.noise_dim :] for gram in grams]
    return of_condition, torch.stack([gram[noise, noise] for gram in grams]).sum(0)


def _gram(weights: Sequence[Tensor]) -> Tensor:
    return torch.stack([weight.detach().T @ weight.detach() / len(weight) for weight in weights]).sum(0)
