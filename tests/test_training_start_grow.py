"""Growing: networks of twice the side begin where the smaller ones ended."""

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.config import DiscriminatorConfig, GeneratorConfig
from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.training.start.grow import grown_discriminator, grown_generator

FEATURES = F.normalize(torch.randn(8, 16, generator=torch.Generator().manual_seed(5)), dim=1)
LABELS = torch.tensor([0, 1, 2, -1, 0, -1, 1, 2])


def small_generator(resolution: int = 64, *, spectral_norm: bool = False) -> BigGanGenerator:
    torch.manual_seed(0)
    widths = (16, 12, 12, 8, 8, 8)[: resolution.bit_length() - 2]
    return BigGanGenerator(
        GeneratorConfig(
            resolution, widths, 4, 16, 8, num_classes=3, class_embed_dim=8, no_label=True, spectral_norm=spectral_norm
        )
    ).eval()


def small_discriminator(resolution: int = 64, *, leaky_slope: float = 0.2, first: int = 16) -> BigGanDiscriminator:
    torch.manual_seed(1)
    return BigGanDiscriminator(
        DiscriminatorConfig(
            resolution,
            (first, 12, 16, 16, 16, 16)[: resolution.bit_length() - 2],
            feature_dim=16,
            num_classes=3,
            no_label=True,
            attention=(16,),
            spectral_norm=False,
            minibatch_deviation=True,
            pool="mean",
            leaky_slope=leaky_slope,
        )
    )


@pytest.mark.parametrize("slope", [0.0, 0.2])
def test_a_grown_discriminator_scores_a_picture_as_the_old_one_scores_its_average(slope):
    old = small_discriminator(leaky_slope=slope)
    new = grown_discriminator(old)
    images = torch.randn(8, 3, 128, 128).clamp(-1, 1)
    expected = old(F.avg_pool2d(images, 2), FEATURES, LABELS)
    assert expected.std() > 0.01
    torch.testing.assert_close(new(images, FEATURES, LABELS), expected, rtol=1e-4, atol=1e-5)


def test_a_grown_discriminator_learns_to_use_what_only_the_larger_picture_shows():
    new = grown_discriminator(small_discriminator())
    new(torch.randn(8, 3, 128, 128), FEATURES, LABELS).sum().backward()
    second = new.blocks[1][0].conv1.weight.grad
    assert second is not None
    assert (second[:, 6:].abs().amax(dim=(0, 2, 3)) > 0).all()


def grown(old: BigGanGenerator, steps: int) -> BigGanGenerator:
    torch.manual_seed(2)
    return grown_generator(old, FEATURES, LABELS, steps=steps)


def test_a_grown_generator_learns_to_draw_the_enlarged_picture():
    old, differences = small_generator(), []
    for steps in (0, 60):
        new = grown(old, steps).eval()
        z = torch.randn(8, new.config.noise_dim, generator=torch.Generator().manual_seed(3))
        c = new.condition(FEATURES, LABELS)
        before, after = old(z, c), new(z, c)
        assert after.shape == (8, 3, 128, 128)
        differences.append(F.mse_loss(F.avg_pool2d(after, 2), before).item())
    assert differences[1] < 0.2 * differences[0]


def test_growing_changes_nothing_that_the_smaller_generator_knew():
    old = small_generator()
    new = grown(old, 2)
    for name, value in old.state_dict().items():
        assert name.startswith("output_layer") or torch.equal(value, new.state_dict()[name])
    assert all(parameter.requires_grad for parameter in new.parameters())


def test_a_grown_generator_has_noise_of_its_own_for_the_new_block():
    new = grown(small_generator(), 0).eval()
    assert new.config.noise_dim == small_generator().config.noise_dim + 4
    z = torch.randn(8, new.config.noise_dim)
    other = z.clone()
    other[:, -4:] = torch.randn(8, 4)
    c = new.condition(FEATURES, LABELS)
    assert not torch.equal(new(z, c), new(other, c))


def test_networks_of_128_px_grow_as_well():
    assert grown(small_generator(128), 1).config.resolution == 256
    assert grown_discriminator(small_discriminator(128)).config.resolution == 256


@pytest.mark.parametrize("network", [small_generator(32), small_generator(64, spectral_norm=True)])
def test_what_cannot_be_grown_is_said(network):
    with pytest.raises(RequestError, match=r"cannot be grown; leave the resolution out\."):
        grown(network, 1)
