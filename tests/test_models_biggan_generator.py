"""The generator: shapes, conditions as data, and the published sizes."""

import pytest
import torch

from icgan_demo.config import GeneratorConfig
from icgan_demo.models.biggan_generator import BigGanGenerator

SMALL = GeneratorConfig(
    32, (8, 8, 4, 4), 3, feature_dim=6, feature_embed_dim=5, num_classes=3, class_embed_dim=4, no_label=True
)


def build(config: GeneratorConfig) -> BigGanGenerator:
    torch.manual_seed(0)
    return BigGanGenerator(config).eval()


@pytest.mark.parametrize("resolution", [32, 64, 128, 256])
def test_every_resolution_draws_pictures_of_its_side(resolution):
    blocks = resolution.bit_length() - 3
    generator = build(GeneratorConfig(resolution, (4,) * (blocks + 1), 2, feature_dim=6))
    with torch.inference_mode():
        images = generator(torch.randn(2, generator.config.noise_dim), generator.condition(torch.randn(2, 6)))
    assert images.shape == (2, 3, resolution, resolution)
    assert images.abs().max() <= 1


def test_surplus_noise_is_ignored():
    generator = build(SMALL)
    c = generator.condition(torch.randn(2, 6))
    z = torch.randn(2, 128)
    assert torch.equal(generator(z, c), generator(z[:, :12], c))


def test_one_condition_for_each_block_equals_one_for_all():
    generator = build(SMALL)
    c, z = generator.condition(torch.randn(2, 6), torch.tensor([0, 2])), torch.randn(2, 12)
    assert torch.equal(generator(z, c), generator(z, [c, c, c]))


def test_a_later_block_can_take_another_condition():
    generator = build(SMALL)
    z = torch.randn(1, 12)
    a, b = generator.condition(torch.randn(1, 6)), generator.condition(torch.randn(1, 6))
    mixed = generator(z, [a, a, b])
    assert not torch.allclose(mixed, generator(z, a))
    assert not torch.allclose(mixed, generator(z, b))


def test_the_condition_is_class_then_instance():
    generator = build(SMALL)
    features, labels = torch.randn(2, 6), torch.tensor([1, 2])
    c = generator.condition(features, labels)
    assert torch.equal(c[:, :4], generator.embed_labels(labels))
    assert torch.equal(c[:, 4:], generator.embed_features(features))


def test_blended_classes_are_the_mean_of_their_conditions():
    generator = build(SMALL)
    h = torch.randn(1, 6)
    blend = 0.5 * (generator.condition(h, torch.tensor([0])) + generator.condition(h, torch.tensor([1])))
    assert torch.allclose(blend[:, 4:], generator.embed_features(h), atol=1e-6)
    images = generator(torch.randn(1, 12), blend)
    assert torch.isfinite(images).all()


def test_no_label_is_the_last_row_and_the_default():
    generator = build(SMALL)
    assert torch.equal(generator.embed_labels(torch.tensor([-1])), generator.shared.weight[3:])
    h = torch.randn(2, 6)
    assert torch.equal(generator.condition(h), generator.condition(h, torch.tensor([-1, -1])))


def test_a_generator_without_instances_takes_labels_alone():
    generator = build(GeneratorConfig(32, (8, 8, 4, 4), 3, num_classes=3, class_embed_dim=4))
    images = generator(torch.randn(2, 12), generator.condition(labels=torch.tensor([0, 1])))
    assert images.shape == (2, 3, 32, 32)


def test_gradients_reach_every_parameter():
    generator = build(SMALL).train()
    images = generator(torch.randn(4, 12), generator.condition(torch.randn(4, 6), torch.tensor([0, 1, 2, -1])))
    images.square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in generator.parameters())
