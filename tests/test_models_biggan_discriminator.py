"""The discriminator: projection, no label, minibatch deviation."""

import pytest
import torch

from icgan_demo.config import DiscriminatorConfig
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator, append_deviation

SMALL = DiscriminatorConfig(
    32,
    (4, 8, 8, 8),
    feature_dim=6,
    num_classes=3,
    no_label=True,
    spectral_norm=False,
    minibatch_deviation=True,
    pool="mean",
)


def build(config: DiscriminatorConfig) -> BigGanDiscriminator:
    torch.manual_seed(0)
    return BigGanDiscriminator(config).eval()


@pytest.mark.parametrize("resolution", [32, 64, 128, 256])
@pytest.mark.parametrize("spectral", [False, True])
def test_every_resolution_gives_one_score_for_a_picture(resolution, spectral):
    blocks = 4 if resolution == 32 else resolution.bit_length() - 2
    discriminator = build(DiscriminatorConfig(resolution, (4,) * blocks, feature_dim=6, spectral_norm=spectral))
    assert discriminator(torch.randn(2, 3, resolution, resolution), torch.randn(2, 6)).shape == (2,)


def test_the_score_depends_on_instance_and_class():
    discriminator = build(SMALL)
    images = torch.randn(1, 3, 32, 32).expand(4, -1, -1, -1)
    features = torch.randn(2, 6)[[0, 1, 0, 0]]
    scores = discriminator(images, features, torch.tensor([0, 0, 1, -1]))
    assert len({round(score, 5) for score in scores.tolist()}) == 4


def test_pictures_may_meet_several_conditions():
    discriminator = build(SMALL)
    images, features, labels = torch.randn(4, 3, 32, 32), torch.randn(8, 6), torch.arange(8) % 4 - 1
    scores = discriminator(images, features, labels)
    one_by_one = [discriminator(images, features[rows], labels[rows]) for rows in (slice(0, 4), slice(4, 8))]
    torch.testing.assert_close(scores, torch.cat(one_by_one))


def test_without_labels_every_row_has_no_label():
    discriminator = build(SMALL)
    images, features = torch.randn(2, 3, 32, 32), torch.randn(2, 6)
    assert torch.equal(discriminator(images, features), discriminator(images, features, torch.tensor([-1, -1])))


def test_published_and_pooled_forms_of_a_block_agree():
    """Pooling before the 1x1 shortcut gives what pooling after it gives."""
    discriminator = build(DiscriminatorConfig(32, (4, 8, 8, 8)))
    block = discriminator.blocks[1][0]
    x = torch.randn(2, 4, 16, 16)
    h = block.conv2(torch.relu(block.conv1(torch.relu(x)))) + block.conv_sc(x)
    assert torch.allclose(block(x), torch.nn.functional.avg_pool2d(h, 2), atol=1e-5)


def test_deviation_is_measured_within_groups_of_consecutive_rows():
    h = torch.zeros(8, 2, 2, 2)
    h[4:] = torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None]
    channel = append_deviation(h)[:, 2]
    assert torch.allclose(channel[:4], torch.tensor(1e-4), atol=1e-6)
    assert torch.allclose(channel[4:], torch.tensor(1.0), atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_deviation_accepts_any_batch(count):
    assert torch.isfinite(append_deviation(torch.randn(count, 3, 4, 4))).all()


def test_activations_keep_their_scale_through_the_blocks_without_spectral_norm():
    """They once shrank by half in every pooling block: real and drawn scores then drew together instead of apart."""
    torch.manual_seed(0)
    config = DiscriminatorConfig(
        64, (16, 16, 32, 32, 32), spectral_norm=False, minibatch_deviation=True, pool="mean", leaky_slope=0.2
    )
    discriminator = BigGanDiscriminator(config)
    h = torch.randn(16, 3, 64, 64)
    for index, (block,) in enumerate(discriminator.blocks):
        h = block(append_deviation(h) if index == 4 else h)
        assert h.std().item() > 0.4, index
