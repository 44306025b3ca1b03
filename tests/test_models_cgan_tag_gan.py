"""Shapes and settings of the tag networks."""

import pytest
import torch

from icgan_demo.models.cgan.tag_gan import TagDiscriminator, TagGanConfig, TagGenerator

CONFIG = TagGanConfig(8, 6, noise_dim=5)


def test_shapes_are_those_of_words_and_scores():
    generator, discriminator = TagGenerator(CONFIG), TagDiscriminator(CONFIG)
    features = torch.randn(3, 8)
    words = generator(torch.randn(3, 5), features)
    assert words.shape == (3, 6)
    assert discriminator(words, features).shape == (3,)


def test_sizes_of_the_paper_can_be_built():
    with torch.device("meta"):
        config = TagGanConfig(4096, 200, 100, 500, 2000, 500, 1200, 1000, 3, 0.5, 0.5)
        generator, discriminator = TagGenerator(config), TagDiscriminator(config)
    assert generator.to_word.weight.shape == (200, 2500)
    assert discriminator.joint.linear.weight.shape == (3000, 1700)


def test_noise_and_picture_both_matter():
    generator = TagGenerator(CONFIG).eval()
    noise, features = torch.randn(2, 5), torch.randn(2, 8)
    drawn = generator(noise, features)
    assert not torch.allclose(drawn, generator(noise.flip(0), features))
    assert not torch.allclose(drawn, generator(noise, features.flip(0)))


@pytest.mark.parametrize(
    ("change", "sentence"), [({"word_dim": 0}, "word_dim must be"), ({"generator_dropout": 1.0}, "generator_dropout")]
)
def test_settings_refuse_nonsense(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        TagGanConfig(**({"feature_dim": 8, "word_dim": 6} | change))
