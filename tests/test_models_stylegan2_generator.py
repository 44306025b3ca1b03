import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from snapshot_files import style_inputs, style_network, tiny_style_config

from icgan_demo.config import StyleGan2Config
from icgan_demo.models.stylegan2_generator import FIR, StyledConv, StyleGan2Generator, upsample_filtered

CONFIG = tiny_style_config()


@pytest.fixture(scope="module")
def network():
    return style_network(CONFIG)


@pytest.fixture(scope="module")
def inputs(network):
    return style_inputs(network)


def test_a_doubling_puts_zeros_between_and_filters():
    x = torch.randn(1, 2, 3, 3)
    stuffed = torch.zeros(1, 2, 6, 6)
    stuffed[:, :, ::2, ::2] = x
    kernel = 4 * torch.outer(torch.tensor(FIR), torch.tensor(FIR)).expand(2, 1, 4, 4)
    expected = F.conv2d(F.pad(stuffed, (2, 1, 2, 1)), kernel, groups=2)
    assert torch.allclose(upsample_filtered(x), expected, atol=1e-6)


@pytest.mark.parametrize("doubles", [False, True])
def test_a_styled_convolution_is_one_with_scaled_and_normalised_weights(doubles):
    """The other way round than the network does it: weights of each picture's own, as in the paper's equations."""
    torch.manual_seed(1)
    layer = StyledConv(3, 5, 8, CONFIG, doubles=doubles)
    layer.noise_strength.data.fill_(0.7)
    x, w = torch.randn(1, 3, 4 if doubles else 8, 4 if doubles else 8), torch.randn(1, CONFIG.style_dim)
    style = w @ layer.affine.weight.t() / math.sqrt(CONFIG.style_dim) + 1
    weight = layer.weight * style[0][None, :, None, None]
    weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).add(1e-8).sqrt()
    if doubles:
        spread = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        kernel = 4 * torch.outer(torch.tensor(FIR), torch.tensor(FIR)).expand(5, 1, 4, 4)
        y = F.conv2d(F.pad(spread, (1, 1, 1, 1)), kernel, groups=5)
    else:
        y = F.conv2d(x, weight, padding=1)
    y = y + 0.7 * layer.noise_const
    expected = torch.where(y < 0, 0.2 * y, y) * math.sqrt(2)
    assert torch.allclose(layer(x, w), expected, atol=1e-5)


def test_maps_are_cut_where_the_settings_say_so():
    loose, tight = (StyledConv(3, 5, 8, tiny_style_config(clamp=limit), doubles=False) for limit in (0.0, 0.5))
    tight.load_state_dict(loose.state_dict())
    x, w = torch.randn(1, 3, 8, 8), torch.randn(1, CONFIG.style_dim)
    assert loose(x, w).abs().max() > 1
    assert torch.equal(tight(x, w), loose(x, w).clamp(-0.5, 0.5))


def test_images_have_the_side_of_the_settings_and_lie_between_minus_one_and_one(network, inputs):
    images = network(*inputs)
    assert images.shape == (3, 3, CONFIG.resolution, CONFIG.resolution)
    assert images.abs().max() <= 1


def test_a_picture_depends_on_its_own_row_alone(network, inputs):
    z, c = inputs
    assert torch.allclose(network(z, c)[1:2], network(z[1:2], c[1:2]), atol=1e-5)


def test_only_the_direction_of_noise_and_instance_counts(network, inputs):
    z, c = inputs
    assert torch.allclose(network(z, c), network(3 * z, 0.5 * c), atol=1e-4)


def test_surplus_noise_is_ignored(network, inputs):
    z, c = inputs
    assert torch.equal(network(F.pad(z, (0, 7), value=3.0), c), network(z, c))


def test_truncation_pulls_the_style_to_its_mean(network, inputs):
    z, c = inputs
    mean, whole, half = (network.styles(z, c, psi)[0] for psi in (0.0, 1.0, 0.5))
    assert torch.equal(mean, network.mapping.w_avg.expand(3, -1))
    assert torch.allclose(half, (mean + whole) / 2, atol=1e-6)
    assert not torch.allclose(network(z, c, 0.5), network(z, c), atol=1e-2)


def test_one_condition_for_each_doubling(network, inputs):
    z, c = inputs
    same = [c] * CONFIG.blocks
    assert torch.allclose(network(z, same), network(z, c), atol=1e-6)
    styles = network.styles(z, [c, c, c.roll(1, 0)])
    assert len(styles) == CONFIG.blocks + 1
    assert torch.equal(styles[0], styles[1])  # 4 px and 8 px share the first one
    assert not torch.equal(styles[-1], styles[1])


def test_noise_that_no_weight_reads_is_not_live():
    network = style_network(CONFIG)
    network.mapping.get_parameter("fc0.weight")[:, 3] = 0
    assert network.live_noise().tolist() == [index != 3 for index in range(CONFIG.noise_dim)]


def test_gradients_reach_the_noise(network, inputs):
    z = inputs[0].clone().requires_grad_()
    network(z, inputs[1].detach(), 0.7).square().mean().backward()
    assert torch.isfinite(z.grad).all()
    assert z.grad.abs().max() > 0


def numbers_of_a_layer(before, after, kernel, style=512, has_noise=True):
    """Weights, biases, the affine map from a style to the channels before, and the strength of the noise."""
    return kernel**2 * before * after + after + (style + 1) * before + has_noise


@pytest.mark.parametrize("resolution", [128, 256])
def test_the_published_sizes(resolution):
    """Channels 512 up to 32 px, then half with every doubling; layer by layer, as the original builds them."""
    widths = tuple(min(512, 16384 // (4 << index)) for index in range(resolution.bit_length() - 2))
    mapping = (2048 + 1) * 512 + (2 * 512 + 1) * 512 + (512 + 1) * 512
    pictures = 4 * 4 * widths[0] + sum(numbers_of_a_layer(width, width, 3) for width in widths)
    pictures += sum(numbers_of_a_layer(*pair, 3) for pair in pairwise(widths))
    pictures += sum(numbers_of_a_layer(width, 3, 1, has_noise=False) for width in widths)
    with torch.device("meta"):
        network = StyleGan2Generator(StyleGan2Config(resolution, widths))
    assert sum(value.numel() for value in network.synthesis.parameters()) == pictures
    assert sum(value.numel() for value in network.parameters()) == mapping + pictures


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resolution": 48}, "resolution must be a power of two"),
        ({"widths": (8,)}, "needs 4 widths"),
        ({"widths": (8, 8, 0, 8)}, "widths must be positive"),
        ({"noise_dim": 0}, "noise_dim must be at least 1"),
        ({"mapping_layers": 100}, "mapping_layers must be at most 32"),
        ({"clamp": -1.0}, "clamp must be 0 or a positive number"),
    ],
)
def test_settings_refuse_nonsense(change, message):
    with pytest.raises(ValueError, match=message):
        replace(CONFIG, **change)
