"""Digit networks: the paper's sizes, one interface, conditions that blend, seeds that belong to a picture."""

import pytest
import torch

from icgan_demo.models.cgan.conditional_gan import (
    ModernDiscriminator,
    ModernGenerator,
    PaperDiscriminator,
    PaperGenerator,
    one_hot,
)

GENERATORS = [PaperGenerator, lambda classes=10: ModernGenerator(classes, width=4)]
DISCRIMINATORS = [PaperDiscriminator, lambda classes=10: ModernDiscriminator(classes, width=4)]


def shapes(network):
    return {name: tuple(value.shape) for name, value in network.named_parameters() if "weight" in name}


def test_the_paper_s_generator_has_the_paper_s_sizes():
    assert shapes(PaperGenerator()) == {
        "from_noise.weight": (200, 100),
        "from_class.weight": (1000, 10),
        "joint.weight": (1200, 1200),
        "to_pixels.weight": (784, 1200),
    }


def test_the_paper_s_discriminator_has_the_paper_s_sizes():
    assert shapes(PaperDiscriminator()) == {
        "from_picture.linear.weight": (240 * 5, 784),
        "from_class.linear.weight": (50 * 5, 10),
        "joint.linear.weight": (240 * 4, 290),
        "score.weight": (1, 240),
    }


def test_the_paper_leaves_half_of_the_hidden_units_out_in_both_networks():
    assert PaperDiscriminator().dropout.p == 0.5
    kept = PaperGenerator().seeded_noise(range(20))[:, 100:]
    assert kept.shape == (20, 1200 + 1200)
    assert set(kept.unique().tolist()) == {0.0, 1.0}
    assert kept.mean().item() == pytest.approx(0.5, abs=0.01)


def test_a_unit_that_is_left_out_of_the_paper_s_generator_has_no_say_and_the_others_weigh_double():
    torch.manual_seed(0)
    generator = PaperGenerator()
    numbers, kept = torch.rand(1, 100), torch.zeros(1, 2400)
    kept[0, [5, 1200 + 7]] = 1.0
    condition = one_hot(torch.tensor([3]))
    with torch.no_grad():
        first = torch.relu(generator.from_noise(numbers))[0, 5]
        second = torch.relu(generator.joint.weight[7, 5] * 2 * first + generator.joint.bias[7])
        logits = generator.to_pixels.weight[:, 7] * 2 * second + generator.to_pixels.bias
        drawn = generator(torch.cat([numbers, kept], dim=1), condition)
    torch.testing.assert_close(drawn.flatten(), logits.sigmoid())


@pytest.mark.parametrize("build", GENERATORS)
@pytest.mark.parametrize("classes", [10, 47])
def test_generators_draw_grey_pictures_in_the_unit_range(build, classes):
    generator = build(classes=classes)
    noise = generator.random_noise(3, torch.Generator().manual_seed(0))
    pictures = generator(noise, one_hot(torch.tensor([0, 5, 9]), classes))
    assert pictures.shape == (3, 1, 28, 28)
    assert 0 <= pictures.min() <= pictures.max() <= 1


@pytest.mark.parametrize("build", DISCRIMINATORS)
def test_discriminators_give_one_score_per_picture_and_hear_the_class(build):
    torch.manual_seed(0)
    discriminator = build().eval()
    pictures = torch.rand(4, 1, 28, 28)
    scores = discriminator(pictures, one_hot(torch.zeros(4)))
    assert scores.shape == (4,)
    assert not torch.allclose(scores, discriminator(pictures, one_hot(torch.ones(4))))


@pytest.mark.parametrize("build", GENERATORS)
def test_a_row_of_noise_depends_on_its_own_seed_alone(build):
    generator = build()
    assert torch.equal(generator.seeded_noise([7]), generator.seeded_noise([3, 7, 9])[1:2])
    assert not torch.equal(generator.seeded_noise([7]), generator.seeded_noise([8]))


def test_the_paper_s_noise_fills_the_unit_cube():
    noise = PaperGenerator().seeded_noise(range(50))[:, :100]
    assert 0 <= noise.min() < 0.01 < 0.99 < noise.max() < 1


@pytest.mark.parametrize("build", GENERATORS)
def test_a_blend_of_two_classes_is_neither_and_ends_at_both(build):
    torch.manual_seed(0)
    generator = build().eval()
    noise = generator.seeded_noise([1]).repeat(3, 1)
    ends = one_hot(torch.tensor([3, 8]))
    blended = torch.stack([ends[0], 0.5 * (ends[0] + ends[1]), ends[1]])
    first, middle, last = generator(noise, blended)
    torch.testing.assert_close(first, generator(noise[:1], ends[:1])[0], rtol=0, atol=1e-5)
    torch.testing.assert_close(last, generator(noise[:1], ends[1:])[0], rtol=0, atol=1e-5)
    assert not torch.allclose(middle, first)
    assert not torch.allclose(middle, last)


def test_the_untrained_paper_network_starts_near_the_mean_picture():
    generator = PaperGenerator().eval()
    mean = torch.full((28, 28), 0.2)
    generator.start_from_mean(mean)
    with torch.no_grad():
        generator.joint.weight.zero_()
        drawn = generator(generator.seeded_noise([0]), one_hot(torch.tensor([0])))
    torch.testing.assert_close(drawn[0, 0], mean)
