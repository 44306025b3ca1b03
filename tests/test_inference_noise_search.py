"""Guided search on a tiny random network: both ways improve on their start, within the box, in live numbers only."""

import itertools

import numpy as np
import pytest
import torch

from icgan_demo.config import GeneratorConfig
from icgan_demo.encoders.bundled import untrained_encoder
from icgan_demo.inference.noise_search import (
    PORTION,
    InstanceSpace,
    NoiseSpace,
    law_distance,
    search_by_evolution,
    search_by_gradient,
)
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.noise import draw_noise

TRUNCATION = 0.5


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    config = GeneratorConfig(
        32, (8, 8, 8, 8), 4, feature_dim=16, num_classes=0, feature_embed_dim=8, class_embed_dim=8, spectral_norm=False
    )
    return BigGanGenerator(config).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def objective(network):
    encoder = untrained_encoder()
    condition = network.condition(torch.nn.functional.normalize(torch.randn(1, 16), dim=1))
    with torch.no_grad():
        target = encoder.embed(network(draw_noise([99], 16, TRUNCATION), condition))[0]

    def cosines(z):
        return encoder.embed(network(z, condition.expand(len(z), -1))) @ target

    return cosines


def space_of(network, seed=0, live=None):
    start = draw_noise([seed], 16, TRUNCATION)[0]
    return start, NoiseSpace(start, network.live_noise() if live is None else live, TRUNCATION)


def searched(way, objective, space, rounds, seed=0):
    extra = (seed,) if way is search_by_evolution else ()
    with torch.no_grad():  # as in a thread that draws: the gradient asks for gradients itself
        return list(way(objective, space, rounds, *extra))


WAYS = pytest.mark.parametrize("way", [search_by_gradient, search_by_evolution])


@WAYS
def test_a_search_finds_a_picture_more_like_the_target_than_its_start(network, objective, way):
    start, space = space_of(network)
    found = searched(way, objective, space, 15)
    torch.testing.assert_close(found[0].noise, start, atol=1e-5, rtol=1e-4)
    assert [number for number, _ in itertools.groupby(best.number for best in found)] == list(range(16))
    assert all(after.cosine >= before.cosine for before, after in itertools.pairwise(found))
    assert 1 - found[-1].cosine < 0.8 * (1 - found[0].cosine)
    with torch.no_grad():
        again = float(objective(found[-1].noise[None])[0])
    assert again == pytest.approx(found[-1].cosine, abs=1e-4)


@WAYS
def test_noise_never_leaves_the_box_of_its_truncation(network, way):
    """The objective asks for ever larger numbers."""
    _, space = space_of(network)
    for best in searched(way, lambda z: z.sum(1), space, 40):
        assert float(best.noise.abs().max()) <= 2 * TRUNCATION


@WAYS
def test_a_search_is_decided_by_its_seeds(network, objective, way):
    _, space = space_of(network)
    np.random.seed(1)
    once = searched(way, objective, space, 4, seed=5)[-1]
    np.random.seed(2)
    again = searched(way, objective, space, 4, seed=5)[-1]
    assert torch.equal(once.noise, again.noise)
    assert once.cosine == again.cosine


def test_another_seed_evolves_otherwise(network, objective):
    _, space = space_of(network)
    ends = [searched(search_by_evolution, objective, space, 4, seed=seed)[-1].noise for seed in (1, 2)]
    assert not torch.equal(*ends)


@WAYS
def test_what_was_found_stays_when_the_search_goes_on(network, objective, way):
    """The official notebook kept a reference to the noise that its optimiser kept moving."""
    _, space = space_of(network)
    extra = (0,) if way is search_by_evolution else ()
    kept = []
    for best in way(objective, space, 6, *extra):
        kept.append((best.noise, best.noise.clone()))
    assert all(torch.equal(noise, copy) for noise, copy in kept)


@WAYS
def test_a_search_looks_at_no_picture_that_nobody_waits_for(network, objective, way):
    _, space = space_of(network)
    seen = []

    def counting(z):
        seen.append(len(z))
        return objective(z)

    steps = way(counting, space, 100, *((0,) if way is search_by_evolution else ()))
    next(steps)
    next(steps)
    steps.close()
    assert seen == [1, PORTION if way is search_by_evolution else 1]


@WAYS
def test_numbers_that_the_generator_does_not_read_stay(objective, way):
    torch.manual_seed(0)
    config = GeneratorConfig(
        32, (8, 8, 8, 8), 4, feature_dim=16, num_classes=0, feature_embed_dim=8, class_embed_dim=8, spectral_norm=False
    )
    network = BigGanGenerator(config).eval().requires_grad_(False)
    network.linear.weight[:, 1] = 0  # number 1 is read by nobody
    for norm in (network.blocks[1][0].bn1, network.blocks[1][0].bn2):  # the chunk of the second block neither
        norm.gain.weight[:, config.condition_dim :] = 0
        norm.bias.weight[:, config.condition_dim :] = 0
    live = network.live_noise()
    assert (~live).nonzero().flatten().tolist() == [1, 8, 9, 10, 11]
    start, space = space_of(network)
    assert space.dim == 11
    found = searched(way, objective, space, 5)[-1]
    assert torch.equal(found.noise[~live], start[~live])
    assert not torch.equal(found.noise[live], start[live])


def test_unfolded_noise_of_a_normal_law_has_the_law_of_sampling():
    space = NoiseSpace(torch.zeros(1), torch.ones(1, dtype=torch.bool), 0.5)
    points = torch.randn(20_000, 1, generator=torch.Generator().manual_seed(0))
    found, drawn = space.noise(points)[:, 0], draw_noise(range(20_000), 1, 0.5)[:, 0]
    levels = torch.linspace(0.05, 0.95, 19)
    torch.testing.assert_close(found.quantile(levels), drawn.quantile(levels), atol=0.03, rtol=0)


def test_an_instance_turns_towards_what_is_asked_for_and_never_farther_than_its_reach(network):
    start, noise = space_of(network)
    feature, wish = torch.nn.functional.normalize(torch.randn(2, 16, generator=torch.Generator().manual_seed(1)), dim=1)
    space = InstanceSpace(noise, feature, 0.3)
    found = searched(search_by_gradient, lambda rows: rows[:, 16:] @ wish, space, 60)
    torch.testing.assert_close(found[0].noise, torch.cat([start, feature]), atol=1e-5, rtol=1e-4)
    assert found[-1].cosine > found[0].cosine
    for best in found:
        assert float(best.noise[16:].norm()) == pytest.approx(1, abs=1e-5)
        assert float(best.noise[16:] @ feature) >= np.cos(0.3) - 1e-5
    assert float(found[-1].noise[16:] @ feature) < np.cos(0.25)


def test_without_a_reach_the_instance_stays(network):
    _, noise = space_of(network)
    feature = torch.nn.functional.normalize(torch.ones(1, 16), dim=1)[0]
    space = InstanceSpace(noise, feature, 0.0)
    torch.testing.assert_close(space.noise(torch.randn(2, space.origin().numel()))[:, 16:], feature.expand(2, -1))


def test_the_prior_is_least_for_standard_normal_numbers():
    row = torch.randn(1, 1000, generator=torch.Generator().manual_seed(0))
    standard = (row - row.mean()) / row.std()
    assert float(law_distance(standard)[0]) == pytest.approx(0, abs=1e-4)
    assert float(law_distance(standard * 2)[0]) > 1
    assert float(law_distance(standard + 1)[0]) == pytest.approx(1, abs=1e-3)
