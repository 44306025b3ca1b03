"""Directions: what varies, is amplified or answered most comes first, and one step is one standard deviation."""

import pytest
import torch
import torch.nn.functional as F
from snapshot_files import style_network, tiny_style_config

from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.directions import (
    amplified,
    amplified_noise,
    answered,
    block_responses,
    difference,
    input_grams,
    principal,
    unit_features_tangent,
)
from icgan_demo.models.biggan_generator import BigGanGenerator

DEVIATIONS = torch.tensor([0.1, 3.0, 0.5, 1.0])


def rows(count=4000):
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(0)) * DEVIATIONS


def biggan(**settings):
    torch.manual_seed(3)
    config = GeneratorConfig(
        32, (8, 8, 8, 8), 4, feature_dim=16, feature_embed_dim=8, num_classes=3, class_embed_dim=6, no_label=True,
        spectral_norm=False, **settings,
    )  # fmt: skip
    return BigGanGenerator(config).eval().requires_grad_(False)


NETWORKS = {"biggan": biggan, "stylegan2": lambda: style_network(tiny_style_config(feature_dim=16), 1)}


@pytest.fixture(params=NETWORKS)
def network(request):
    return NETWORKS[request.param]().eval().requires_grad_(False)


def test_principal_directions_are_those_of_most_variance_in_standard_deviations():
    found = principal(rows(), 2)
    assert found.abs().argmax(1).tolist() == [1, 3]
    torch.testing.assert_close(found.norm(dim=1), torch.tensor([3.0, 1.0]), rtol=0.05, atol=0)


def test_there_are_no_more_principal_directions_than_dimensions_that_vary():
    assert len(principal(rows(3), 4)) == 2
    assert len(principal(torch.ones(5, 4), 4)) == 0


def test_amplified_directions_follow_the_weights_and_are_as_long_as_the_input_varies():
    weights = torch.diag(torch.tensor([5.0, 1.0, 3.0, 0.0]))
    found = amplified(weights.T @ weights, rows(), 2)
    assert found.abs().argmax(1).tolist() == [0, 2]
    torch.testing.assert_close(found.norm(dim=1), torch.tensor([0.1, 0.5]), rtol=0.05, atol=0)


def test_amplified_noise_has_unit_length():
    weights = torch.diag(torch.tensor([1.0, 2.0, 0.0]))
    torch.testing.assert_close(amplified_noise(weights, 5), torch.eye(3)[[1, 0]])


def test_answered_directions_are_what_the_input_does_when_the_answer_varies_most():
    inputs = rows(500)
    responses = torch.stack([0.2 * inputs[:, 1], 7 * inputs[:, 2], torch.zeros(500)], dim=1)
    found = answered(responses, inputs, 1)
    assert int(found[0].abs().argmax()) == 2
    assert float(found[0].norm()) == pytest.approx(0.5, rel=0.1)


def test_a_difference_leads_from_those_to_these():
    these, those = rows(9) + torch.tensor([0, 0, 9.0, 0]), rows(9)
    found = difference(these, those, rows())
    assert int(found.argmax()) == 2
    assert float(found.norm()) == pytest.approx(0.5, rel=0.1)
    torch.testing.assert_close(difference(these, those, None), torch.tensor([0, 0, 9.0, 0]), atol=1e-4, rtol=0)


def test_the_sign_of_a_direction_does_not_depend_on_the_machine():
    assert torch.equal(principal(rows(), 3).abs().argmax(1), principal(-rows(), 3).argmax(1))


def test_unit_features_are_seen_from_their_mean():
    features = F.normalize(torch.randn(9, 5) + 2, dim=1)
    tangents = unit_features_tangent(features)
    mean = F.normalize(features.mean(0), dim=0)
    torch.testing.assert_close(tangents @ mean, torch.zeros(9), atol=1e-6, rtol=0)


def test_weights_that_read_nothing_of_the_noise_give_no_direction(network):
    condition = torch.randn(network.config.condition_dim)
    of_condition, of_noise = input_grams(network, condition)
    assert [tuple(gram.shape) for gram in of_condition] == [(len(condition),) * 2] * network.config.blocks
    assert of_noise.shape == (network.config.noise_dim,) * 2
    assert torch.equal(of_noise.diagonal() > 0, network.live_noise())


def test_the_gram_of_a_block_says_how_much_its_response_grows():
    network = biggan()
    block = network.blocks[1][0]
    of_condition, _ = input_grams(network, torch.zeros(14))
    c = torch.randn(14)
    parts = [layer.weight[:, :14] @ c for norm in (block.bn1, block.bn2) for layer in (norm.gain, norm.bias)]
    expected = sum(float(part.square().mean()) for part in parts)
    assert float(c @ of_condition[1] @ c) == pytest.approx(expected, rel=1e-4)


def test_responses_are_the_maps_of_the_block_that_was_asked_for(network):
    z = torch.randn(18, network.config.noise_dim)
    c = torch.randn(18, network.config.condition_dim)
    responses = block_responses(network, z, c, 1)
    assert len(responses) == 18
    torch.testing.assert_close(block_responses(network, z[17:], c[17:], 1), responses[17:])
    assert not torch.allclose(responses[0], responses[1])
    assert network(z[:1], c[:1]).shape[1] == 3  # draws on as before
