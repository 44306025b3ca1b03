"""What is folded away at load gives the results of the layers it came from."""

import pytest
import torch

from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.fast.fold import (
    ConditionalNorms,
    fold_conditional_norm,
    fold_norm,
    folded_instances,
    folded_weight,
)
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.layers import AffineBatchNorm, ConditionalBatchNorm, conv, instance_layer


def with_statistics(norm):
    torch.manual_seed(0)
    norm.stored_mean.normal_()
    norm.stored_var.uniform_(0.5, 2)
    return norm.eval().requires_grad_(False)


@pytest.mark.parametrize("spectral", [True, False])
def test_the_folded_weight_is_the_one_that_an_evaluated_layer_uses(spectral):
    torch.manual_seed(0)
    layer = conv(3, 5, 3, spectral=spectral).eval()
    x = torch.randn(1, 3, 6, 6)
    expected = torch.nn.functional.conv2d(x, folded_weight(layer), layer.bias, padding=1)
    torch.testing.assert_close(layer(x), expected)
    with pytest.raises(AssertionError, match="prepare an evaluated network"):
        folded_weight(layer.train())


@pytest.mark.parametrize("clusters", [0, 1, 3])
@pytest.mark.parametrize("spectral", [True, False])
def test_folded_instances_are_embedded_as_the_layer_embeds_them(clusters, spectral):
    torch.manual_seed(0)
    layer = instance_layer(6, 4, clusters, spectral=spectral).eval()
    if clusters:
        layer.centroids.copy_(torch.nn.functional.normalize(torch.randn(clusters, 6), dim=1))
    features = torch.nn.functional.normalize(torch.randn(20, 6), dim=1)
    torch.testing.assert_close(folded_instances(layer)(features), layer(features))


def test_a_norm_is_one_multiplication_and_one_addition():
    norm = with_statistics(AffineBatchNorm(5))
    norm.gain.normal_()
    norm.bias.normal_()
    x = torch.randn(2, 5, 4, 4)
    scale, shift = (part[:, None, None] for part in fold_norm(norm))
    torch.testing.assert_close(x * scale + shift, norm(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("has_bias", [True, False])
def test_a_conditional_norm_is_linear_in_its_condition(spectral, has_bias):
    norm = with_statistics(ConditionalBatchNorm(5, 7, spectral=spectral))
    x, condition = torch.randn(1, 5, 4, 4), torch.randn(1, 7)
    bias = torch.randn(5) if has_bias else None
    matrix, offset = fold_conditional_norm(norm, bias)
    scale, shift = ((matrix @ condition[0] + offset).view(2, 5)[part, :, None, None] for part in (0, 1))
    before = x if bias is None else x + bias[:, None, None]
    torch.testing.assert_close(x * scale + shift, norm(before, condition), atol=1e-5, rtol=1e-5)


def test_one_condition_for_all_blocks_is_the_same_as_one_for_each():
    torch.manual_seed(0)
    config = GeneratorConfig(32, (16, 8, 8, 4), 3, feature_dim=6)
    norms = ConditionalNorms(BigGanGenerator(config).eval().requires_grad_(False))
    condition = torch.randn(config.condition_dim)
    torch.testing.assert_close(norms.of_condition([condition] * 3), norms.of_condition(condition))
