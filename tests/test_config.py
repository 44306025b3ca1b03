"""Settings refuse nonsense, by name and value."""

import pytest

from icgan_demo.config import DiscriminatorConfig, EncoderConfig, EncoderTrainConfig, GeneratorConfig, TrainConfig


def test_a_generator_needs_one_width_more_than_blocks():
    with pytest.raises(ValueError, match="64 px needs 5 widths"):
        GeneratorConfig(64, (8, 8, 8), noise_chunk=4)


def test_an_unknown_resolution_is_named():
    with pytest.raises(ValueError, match=r"resolution must be one of .* got 48"):
        GeneratorConfig(48, (8, 8, 8, 8), noise_chunk=4)


def test_attention_must_name_a_side_that_exists():
    with pytest.raises(ValueError, match="attention must name sides among"):
        GeneratorConfig(32, (8, 8, 8, 8), noise_chunk=4, attention=(64,))


def test_noise_has_one_chunk_for_the_first_layer_and_each_block():
    assert GeneratorConfig(256, (4,) * 7, noise_chunk=17).noise_dim == 119


def test_the_condition_is_class_and_instance():
    config = GeneratorConfig(32, (8,) * 4, 4, feature_dim=9, feature_embed_dim=5, num_classes=3, class_embed_dim=2)
    assert config.condition_dim == 7
    assert config.class_rows == 3


@pytest.mark.parametrize(
    ("clusters", "num_classes", "conditioning"),
    [
        (1, 0, "none"),
        (1, 3, "class"),
        (7, 0, "partition"),
        (0, 0, "instance"),
        (0, 3, "instance-and-class"),
    ],
)
def test_what_a_network_is_told_follows_from_its_clusters_and_classes(clusters, num_classes, conditioning):
    known = {"feature_dim": 8, "num_classes": num_classes, "clusters": clusters}
    generator = GeneratorConfig(32, (8, 8, 8, 8), 4, **known)
    assert generator.conditioning == conditioning
    assert DiscriminatorConfig(32, (8, 8, 8, 8), **known).conditioning == conditioning
    assert generator.conditioning.clusters(of_partition=7) == clusters
    assert generator.conditioning.uses_class == (num_classes > 0)
    with pytest.raises(ValueError, match="clusters need features"):
        GeneratorConfig(32, (8, 8, 8, 8), 4, clusters=2)


def test_no_label_is_one_more_row_of_the_class_table():
    assert GeneratorConfig(32, (8,) * 4, 4, num_classes=3, no_label=True).class_rows == 4


def test_the_smallest_discriminator_halves_only_twice():
    assert DiscriminatorConfig(32, (8,) * 4).downsamples == (True, True, False, False)
    assert DiscriminatorConfig(64, (8,) * 5).downsamples == (True, True, True, True, False)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"loss": "wgan"}, 'loss must be "logistic" or "hinge"'),
        ({"label_dropout": 1.5}, r"label_dropout must be in \[0, 1\]"),
        ({"augment": ("blur",)}, "augment knows translation, cutout, color and light"),
        ({"neighbours": 0}, "neighbours must be at least 1"),
    ],
)
def test_training_settings_name_what_is_wrong(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        TrainConfig(**values)


def test_encoder_settings_name_what_is_wrong():
    with pytest.raises(ValueError, match="must each name four stages"):
        EncoderConfig(widths=(8, 8))
    with pytest.raises(ValueError, match="temperature must be positive"):
        EncoderTrainConfig(temperature=0)
