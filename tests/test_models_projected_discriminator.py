"""Heads on a trained network: what they score, what they keep apart, what their file holds."""

import pytest
import torch
import torch.nn.functional as F
from tiny_training import tiny_heads

from icgan_demo.config import ProjectedConfig
from icgan_demo.models.efficientnet_lite import EfficientNetLite0
from icgan_demo.models.mixed_discriminator import MixedDiscriminator
from icgan_demo.models.projected_discriminator import ProjectedDiscriminator, RandomMixing

CONDITIONS = {"feature_dim": 6, "num_classes": 3, "no_label": True}


@pytest.fixture(scope="module")
def heads():
    torch.manual_seed(0)
    return tiny_heads(**CONDITIONS).eval()  # spectral norm moves with every forward of training


def batch(count):
    source = torch.Generator().manual_seed(1)
    images = torch.rand(count, 3, 64, 64, generator=source) * 2 - 1
    return images, F.normalize(torch.randn(count, 6, generator=source), dim=1), torch.arange(count) % 3


def test_every_head_scores_every_pair(heads):
    assert heads(*batch(4)).shape == (4, 4)
    assert heads(F.interpolate(batch(4)[0], 32), *batch(4)[1:]).isfinite().all()


def test_the_score_is_the_conditions_projection_alone(heads):
    """Opposite conditions give opposite scores: nothing is said about a picture without its condition."""
    images, features, _ = batch(4)
    plain = tiny_heads(feature_dim=6).eval()
    plain.linear_feat.bias.data.zero_()
    assert torch.allclose(plain(images, features), -plain(images, -features), atol=1e-5)


def test_pictures_meet_several_conditions_in_turn(heads):
    images, features, labels = batch(4)
    twice = heads(images, torch.cat([features, features.roll(1, 0)]), torch.cat([labels, labels.roll(1, 0)]))
    assert torch.allclose(twice[:, :4], heads(images, features, labels), atol=1e-5)
    assert torch.allclose(twice[:, 4:], heads(images, features.roll(1, 0), labels.roll(1, 0)), atol=1e-5)


def test_drawn_and_real_pictures_are_normalised_apart(heads):
    drawn, features, labels = batch(4)
    real = torch.rand(4, 3, 64, 64) * 0.2
    both = heads(torch.cat([drawn, real]), features.repeat(2, 1), labels.repeat(2), groups=2)
    assert torch.allclose(both[:, :4], heads(drawn, features, labels), atol=1e-4)
    assert torch.allclose(both[:, 4:], heads(real, features, labels), atol=1e-4)


def test_the_mixing_follows_from_the_seed_and_is_in_no_file(heads):
    one, same, other = (RandomMixing((8, 8, 8, 8), seed) for seed in (0, 0, 1))
    assert torch.equal(one.across0, same.across0)
    assert not torch.equal(one.across0, other.across0)
    assert not [name for name in heads.state_dict() if "mixing" in name or "eyes" in name]


def test_the_first_mixing_weights_are_the_ones_trained_heads_know():
    """A stream that changed would leave every trained head with other inputs than it learned from."""
    first = RandomMixing((32, 64, 128, 256), 0).across0[0, :3, 0, 0] * 8.76 * 24**0.5
    assert first.tolist() == pytest.approx([1.764052, 0.400157, 0.978738], abs=1e-5)


def test_the_network_that_the_encoder_shares_stays_where_it_is():
    """On a GPU the heads moved it there, and the encoder, which works on the processor, could encode nothing more."""
    eyes = EfficientNetLite0().requires_grad_(False)
    heads = ProjectedDiscriminator(ProjectedConfig(feature_dim=6, input_side=64), eyes)
    heads.look_through("meta")
    assert {parameter.device.type for parameter in eyes.parameters()} == {"cpu"}
    assert {parameter.device.type for parameter in heads._eyes[0].parameters()} == {"meta"}


def test_a_gradient_reaches_the_picture(heads):
    images, features, labels = batch(2)
    images.requires_grad_()
    heads(images, features, labels).sum().backward()
    assert images.grad.abs().sum() > 0


def test_pixel_scores_come_before_those_of_the_heads(heads):
    class Pixel(torch.nn.Module):
        def forward(self, images, features, labels):
            return torch.full((len(images),), 7.0)

    scores = MixedDiscriminator(Pixel(), heads)(*batch(4))
    assert scores.shape == (5, 4)
    assert (scores[0] == 7).all()
    assert MixedDiscriminator(None, heads)(*batch(4)).shape == (4, 4)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"feature_dim": 0}, "needs instances or classes"),
        ({"input_side": 100}, "input_side must be"),
        ({"outputs": 0}, "outputs must be positive"),
    ],
)
def test_settings_name_what_is_wrong(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        ProjectedConfig(**{"feature_dim": 6, **changes})
