"""Layers against plain forms and hand-computed values."""

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.models.layers import (
    ClusterEmbedding,
    ConditionalBatchNorm,
    SelfAttention,
    conv,
    conv_pooled,
    embedding,
    linear,
    upsampled_conv,
    weight_of,
)


@pytest.mark.parametrize("spectral", [False, True])
def test_upsampled_conv_equals_upsample_then_convolution(spectral):
    torch.manual_seed(0)
    layer = conv(5, 7, 3, spectral=spectral).double().eval()
    x = torch.randn(2, 5, 6, 6, dtype=torch.double)
    plain = F.conv2d(F.interpolate(x, scale_factor=2), weight_of(layer), layer.bias, padding=1)
    assert torch.allclose(upsampled_conv(x, layer), plain, atol=1e-12)


@pytest.mark.parametrize("spectral", [False, True])
def test_conv_pooled_equals_convolution_then_pooling(spectral):
    torch.manual_seed(0)
    layer = conv(5, 7, 3, spectral=spectral).double().eval()
    x = torch.randn(2, 5, 8, 8, dtype=torch.double)
    plain = F.avg_pool2d(F.conv2d(x, weight_of(layer), layer.bias, padding=1), 2)
    assert torch.allclose(conv_pooled(x, layer), plain, atol=1e-12)


def test_a_cluster_embedding_gives_the_row_of_the_nearest_centroid_also_under_autocast():
    layer = ClusterEmbedding(2, 3, 4, spectral=False)
    layer.centroids.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]))
    features = F.normalize(torch.tensor([[0.9, 0.1], [0.7071, 0.7072], [-1.0, 0.2]]), dim=1)
    assert layer.cluster_of(features).tolist() == [0, 1, 2]
    with torch.autocast("cpu", torch.bfloat16):
        assert layer.cluster_of(features).tolist() == [0, 1, 2]
    assert torch.equal(layer(features), layer.table.weight)


def test_spectral_weight_tends_to_largest_singular_value_one():
    torch.manual_seed(0)
    layer = linear(12, 9, spectral=True).train()
    torch.nn.init.normal_(layer.weight)
    for _ in range(200):
        layer(torch.randn(1, 12))
    assert torch.linalg.matrix_norm(layer.normalised_weight(), ord=2).item() == pytest.approx(1, abs=1e-3)


def test_evaluated_spectral_layers_do_not_change():
    layer = embedding(6, 4, spectral=True).eval()
    before = {name: value.clone() for name, value in layer.state_dict().items()}
    first, second = layer(torch.tensor([1])), layer(torch.tensor([1]))
    assert torch.equal(first, second)
    assert all(torch.equal(before[name], value) for name, value in layer.state_dict().items())


def test_conditional_norm_scales_by_one_plus_gain_and_adds_bias():
    norm = ConditionalBatchNorm(2, 3, spectral=False).eval()
    torch.nn.init.constant_(norm.gain.weight, 0.5)
    torch.nn.init.constant_(norm.bias.weight, 0.25)
    x = torch.full((1, 2, 1, 1), 2.0)
    result = norm(x, torch.tensor([[1.0, 1.0, 0.0]]))
    assert result.flatten().tolist() == pytest.approx([2 * (1 + 1.0) + 0.5] * 2, abs=1e-4)


def test_attention_starts_as_identity_and_mixes_once_its_gate_opens():
    torch.manual_seed(0)
    attention = SelfAttention(8, spectral=True).eval()
    x = torch.randn(1, 8, 4, 4)
    assert torch.equal(attention(x), x)
    attention.gamma.data.fill_(1.0)
    assert not torch.allclose(attention(x), x)
