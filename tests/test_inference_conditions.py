"""Blending is arithmetic: at the ends of every dial it equals the pure cases, in between it stays where it should."""

import math

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.conditions import (
    Blender,
    Strengths,
    crossed,
    mean_on_sphere,
    slerp,
    turned,
)
from icgan_demo.models.biggan_generator import BigGanGenerator

DIM = 16


def unit(count, seed=0):
    return F.normalize(torch.randn(count, DIM, generator=torch.Generator().manual_seed(seed)), dim=1)


def generator(**changes):
    torch.manual_seed(3)
    settings = {"feature_dim": DIM, "num_classes": 4, "no_label": True, "spectral_norm": False, **changes}
    config = GeneratorConfig(32, (8, 8, 8, 8), 4, feature_embed_dim=8, class_embed_dim=6, **settings)
    return BigGanGenerator(config).eval().requires_grad_(False)


@pytest.fixture
def network():
    return generator()


@pytest.fixture
def blender(network):
    return Blender(network, unit(9, seed=5).mean(0))


# --- the sphere ---


def test_slerp_at_its_ends_is_the_ends_themselves():
    a, b = unit(2)
    assert slerp(a, b, 0) is a
    assert slerp(a, b, 1) is b


@pytest.mark.parametrize("t", [0.01, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(5))
def test_slerp_stays_on_the_sphere_and_turns_at_constant_speed(t, seed):
    a, b = unit(2, seed)
    angle = math.acos(float(a @ b))
    point = slerp(a, b, t)
    assert float(point.norm()) == pytest.approx(1, abs=1e-6)
    assert math.acos(float(a @ point)) == pytest.approx(t * angle, abs=1e-3)


def test_slerp_of_equal_and_of_opposite_ends_is_finite_and_of_unit_length():
    (a,) = unit(1)
    torch.testing.assert_close(slerp(a, a, 0.3), a)
    half = slerp(a, -a, 0.5)
    assert float(half.norm()) == pytest.approx(1, abs=1e-6)
    assert float(half @ a) == pytest.approx(0, abs=1e-6)


def test_slerp_keeps_the_length_of_noise():
    source = torch.Generator().manual_seed(1)
    a, b = torch.randn(2, 400, generator=source)
    assert float(slerp(a, b, 0.5).norm()) == pytest.approx(20, rel=0.1)
    assert float(torch.lerp(a, b, 0.5).norm()) < 16


def test_a_turn_is_as_large_as_the_step_is_long_and_stays_on_the_sphere():
    point, aside = unit(2)
    tangent = F.normalize(aside - (aside @ point) * point, dim=0)
    moved = turned(point, 0.7 * tangent)
    assert float(moved.norm()) == pytest.approx(1, abs=1e-6)
    assert math.acos(float(point @ moved)) == pytest.approx(0.7, abs=1e-4)
    torch.testing.assert_close(turned(moved, torch.zeros(DIM)), moved)
    torch.testing.assert_close(turned(point, 3 * point), point)


@pytest.mark.parametrize("t", [0.0, 0.2, 0.5, 0.75, 1.0])
def test_the_mean_of_two_is_their_slerp(t):
    a, b = unit(2)
    torch.testing.assert_close(mean_on_sphere(torch.stack([a, b]), [1 - t, t]), slerp(a, b, t), atol=1e-6, rtol=0)


@pytest.mark.parametrize("row", range(3))
def test_one_weight_alone_gives_that_feature_to_the_last_bit(row):
    features = unit(3)
    weights = [0.0, 0.0, 0.0]
    weights[row] = 0.2
    assert torch.equal(mean_on_sphere(features, weights), features[row])


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_has_unit_length_and_knows_neither_order_nor_scale_of_its_weights(seed):
    source = torch.Generator().manual_seed(seed)
    count = 2 + seed % 4
    features, weights = unit(count, seed), torch.rand(count, generator=source).tolist()
    mean = mean_on_sphere(features, weights)
    assert float(mean.norm()) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(mean_on_sphere(features.flip(0), weights[::-1]), mean, atol=1e-5, rtol=0)
    torch.testing.assert_close(mean_on_sphere(features, [7 * w for w in weights]), mean, atol=1e-5, rtol=0)


def test_the_mean_is_where_the_weighted_pulls_cancel():
    features, weights = unit(4, 2), torch.tensor([0.1, 0.4, 0.3, 0.2])
    mean = mean_on_sphere(features, weights.tolist())
    cosines = features @ mean
    pulls = (features - cosines[:, None] * mean) * (cosines.acos() / (1 - cosines**2).sqrt())[:, None]
    assert float((weights @ pulls).norm()) < 1e-5


def test_opposite_features_in_balance_still_have_a_mean():
    (a,) = unit(1)
    assert float(mean_on_sphere(torch.stack([a, -a]), [1, 1]).norm()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("weights", [[0, 0], [-1, 2], [1]])
def test_weights_that_are_none_are_a_broken_promise(weights):
    with pytest.raises(AssertionError):
        mean_on_sphere(unit(2), weights)


# --- classes and instances ---


@pytest.mark.parametrize("row", [-1, 0, 3])
def test_one_class_in_full_is_the_generator_s_own_condition(network, blender, row):
    (feature,) = unit(1)
    made = blender.condition(blender.class_part([(row, 1.0)]), feature)
    assert torch.equal(made, network.condition(feature[None], torch.tensor([row]))[0])


def test_no_class_means_no_label(network, blender):
    (feature,) = unit(1)
    expected = network.condition(feature[None], torch.tensor([-1]))[0]
    for classes in ([], [(2, 0.0)]):
        assert torch.equal(blender.condition(blender.class_part(classes), feature), expected)


def test_weights_of_classes_count_by_their_shares(network, blender):
    mixed = blender.class_part([(0, 3.0), (2, 1.0)])
    torch.testing.assert_close(mixed, 0.75 * network.shared.weight[0] + 0.25 * network.shared.weight[2])
    torch.testing.assert_close(blender.class_part([(0, 0.3), (2, 0.1)]), mixed)


def test_strength_0_ignores_the_class_and_the_instance(network, blender):
    a, b = unit(2)
    assert torch.equal(blender.class_part([(1, 1.0)], 0.0), blender.class_part([]))
    part = blender.class_part([(1, 1.0)])
    assert torch.equal(blender.condition(part, a, 0.0), blender.condition(part, b, 0.0))
    mean = network.condition(unit(9, seed=5).mean(0)[None], torch.tensor([1]))[0]
    torch.testing.assert_close(blender.condition(part, a, 0.0), mean)


def test_a_model_without_a_no_label_embedding_gets_the_mean_of_its_classes():
    network = generator(no_label=False)
    blender = Blender(network, None)
    torch.testing.assert_close(blender.class_part([]), network.shared.weight.mean(0))
    torch.testing.assert_close(blender.class_part([(-1, 1.0)]), network.shared.weight.mean(0))


def test_a_model_without_classes_is_blended_by_its_instances_alone():
    network = generator(num_classes=0, no_label=False)
    (feature,) = unit(1)
    blender = Blender(network, None)
    made = blender.condition(blender.class_part([]), feature)
    assert torch.equal(made, network.condition(feature[None])[0])


@pytest.mark.parametrize(
    ("balance", "expected"), [(0, (1, 0)), (0.25, (1, 0.5)), (0.5, (1, 1)), (0.75, (0.5, 1)), (1, (0, 1))]
)
def test_the_balance_dial_runs_from_the_class_alone_to_the_instance_alone(balance, expected):
    strengths = Strengths.of_balance(balance)
    assert (strengths.class_part, strengths.instance_part) == pytest.approx(expected)


# --- blocks ---


def test_crossing_at_the_ends_equals_the_pure_cases(network):
    coarse, fine = (
        network.condition(row[None], torch.tensor([label])) for row, label in zip(unit(2), (0, 2), strict=True)
    )
    z = torch.randn(1, network.config.noise_dim, generator=torch.Generator().manual_seed(0))
    blocks = network.config.blocks
    assert torch.equal(network(z, crossed(coarse, fine, 8, blocks)), network(z, fine))
    assert torch.equal(network(z, crossed(coarse, fine, 64, blocks)), network(z, coarse))
    between = network(z, crossed(coarse, fine, 16, blocks))
    assert not torch.allclose(between, network(z, fine))
    assert not torch.allclose(between, network(z, coarse))


def test_crossing_is_by_the_side_of_a_block_s_maps():
    a, b = torch.zeros(1, 2), torch.ones(1, 2)
    assert [float(part[0, 0]) for part in crossed(a, b, 32, 4)] == [0, 0, 1, 1]
