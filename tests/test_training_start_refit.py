"""Another encoder for trained networks: the condition stays as near as a linear map brings it."""

import pytest
import torch
import torch.nn.functional as F

from icgan_demo.config import DiscriminatorConfig, GeneratorConfig
from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.training.start.refit import refitted


def features():
    source = torch.Generator().manual_seed(0)
    old = F.normalize(torch.randn(400, 12, generator=source), dim=1)
    turned = torch.linalg.qr(torch.randn(12, 12, generator=source)).Q
    return old, old @ turned


def generator(**changes):
    return BigGanGenerator(GeneratorConfig(32, (8, 8, 8, 8), 4, feature_dim=12, spectral_norm=False, **changes))


def test_features_that_are_only_turned_give_the_same_condition():
    old, new = features()
    network = generator()
    changed = refitted(network, old, new)
    wanted = network.embed_features(old)
    assert (changed.embed_features(new) - wanted).norm() < 0.02 * wanted.norm()


def test_everything_but_the_instance_embedding_stays():
    old, new = features()
    network = generator()
    changed = refitted(network, old, torch.cat([new, new[:, :3]], dim=1))
    assert changed.config.feature_dim == 15
    for name, value in network.state_dict().items():
        assert name.startswith("shared_feat") or torch.equal(value, changed.state_dict()[name])


def test_a_discriminator_is_refitted_too():
    old, new = features()
    network = BigGanDiscriminator(DiscriminatorConfig(32, (8, 8, 8, 8), feature_dim=12, spectral_norm=False))
    changed = refitted(network, old, new)
    images = torch.rand(400, 3, 32, 32)
    wanted = network(images, old)
    assert (changed(images, new) - wanted).norm() < 0.01 * wanted.norm()


def test_networks_that_cannot_be_refitted_say_so():
    old, new = features()
    spectral = BigGanGenerator(GeneratorConfig(32, (8, 8, 8, 8), 4, feature_dim=12))
    partitioned = generator(clusters=3)
    for network in (spectral, partitioned):
        with pytest.raises(RequestError, match="cannot take another encoder"):
            refitted(network, old, new)
