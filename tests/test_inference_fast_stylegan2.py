import pytest
import torch
import torch.nn.functional as F
from snapshot_files import style_inputs, style_network, tiny_style_config

from icgan_demo.config import Precision
from icgan_demo.inference.fast.prepare import prepare
from icgan_demo.inference.fast.stylegan2 import PreparedStyleGan2, doubled
from icgan_demo.models.stylegan2_generator import upsample_filtered

CONFIG = tiny_style_config(resolution=64)


@pytest.fixture(scope="module")
def network():
    return style_network(CONFIG)


@pytest.fixture(scope="module")
def inputs(network):
    return style_inputs(network)


def test_a_picture_is_doubled_as_the_network_does():
    picture = torch.randn(3, 4, 4)
    assert torch.allclose(doubled(picture), upsample_filtered(picture[None])[0], atol=1e-6)


@pytest.mark.parametrize("clamp", [0.0, 1.5, 256.0])
@pytest.mark.parametrize("psi", [1.0, 0.4])
def test_prepared_in_float32_it_draws_what_the_network_draws(clamp, psi):
    network = style_network(tiny_style_config(resolution=64, clamp=clamp))
    source = torch.Generator().manual_seed(5)
    z = torch.randn(2, CONFIG.noise_dim, generator=source)
    c = network.condition(F.normalize(torch.randn(2, CONFIG.feature_dim, generator=source)))
    prepared = prepare(network, Precision.FLOAT32)
    assert isinstance(prepared, PreparedStyleGan2)
    assert (prepared(z, c, psi) - network(z, c, psi)).abs().max() <= 1e-5


def test_tiles_take_the_place_of_convolutions_in_wide_layers(monkeypatch, network, inputs):
    monkeypatch.setattr("icgan_demo.inference.fast.winograd.MIN_TILED_WIDTH", 1)
    assert (prepare(network, Precision.FLOAT32)(*inputs) - network(*inputs)).abs().max() <= 1e-4


def test_one_condition_for_each_doubling(network, inputs):
    z, c = inputs
    mixed = [c, c, c.roll(1, 0), c.roll(1, 0)]
    assert (prepare(network, Precision.FLOAT32)(z, mixed) - network(z, mixed)).abs().max() <= 1e-5


def test_in_bfloat16_pictures_stay_within_a_few_levels(network, inputs):
    difference = (prepare(network, Precision.BFLOAT16)(*inputs) - network(*inputs)).abs() * 127.5
    assert difference.mean() < 2


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.BFLOAT16])
def test_a_picture_is_the_same_to_the_last_bit_whatever_is_drawn_beside_it(network, inputs, precision):
    z, c = inputs
    prepared = prepare(network, precision)
    together = prepared(z, c)
    assert torch.equal(together[2:], prepared(z[2:], c[2:]))
    assert torch.equal(together, prepared(F.pad(z, (0, 3), value=9.0), c))


def test_without_packed_weights_it_draws_the_same(monkeypatch, network, inputs):
    monkeypatch.setattr("icgan_demo.inference.fast.packed_convolutions.can_pack", lambda dtype: False)
    assert (prepare(network, Precision.FLOAT32)(*inputs) - network(*inputs)).abs().max() <= 1e-5


def test_noise_of_strength_zero_is_left_out():
    network = style_network(CONFIG)
    for name, value in network.state_dict().items():
        if name.endswith("noise_strength"):
            value.zero_()
    z, c = torch.randn(1, CONFIG.noise_dim), network.condition(F.normalize(torch.randn(1, CONFIG.feature_dim)))
    assert (prepare(network, Precision.FLOAT32)(z, c) - network(z, c)).abs().max() <= 1e-5
