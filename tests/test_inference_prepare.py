"""A prepared generator draws what the plain one draws, whatever its settings, batch and caller."""

import pytest
import torch

from icgan_demo.config import GeneratorConfig
from icgan_demo.inference.prepare import Precision, prepare
from icgan_demo.models.biggan_generator import BigGanGenerator

CONFIGS = {
    "class and instance, attention, spectral": GeneratorConfig(
        64, (32, 32, 16, 16, 8), 4, feature_dim=6, num_classes=3, attention=(32,)
    ),
    "instance only": GeneratorConfig(32, (16, 8, 8, 4), 3, feature_dim=6),
    "class only": GeneratorConfig(32, (16, 8, 8, 4), 3, num_classes=3),
    "no label, not spectral": GeneratorConfig(
        32, (16, 8, 8, 4), 3, feature_dim=6, num_classes=3, no_label=True, spectral_norm=False
    ),
    "tiles": GeneratorConfig(32, (256, 128, 128, 8), 3, feature_dim=6, spectral_norm=False),
    "256 px": GeneratorConfig(256, (8, 8, 8, 8, 8, 4, 4), 3, feature_dim=6, attention=(64,)),
}


def build(config: GeneratorConfig) -> BigGanGenerator:
    """Return a random generator whose statistics and gates are not those of the start."""
    torch.manual_seed(0)
    generator = BigGanGenerator(config)
    for name, buffer in generator.named_buffers():
        if name.endswith("stored_mean"):
            buffer.normal_(std=0.3)
        if name.endswith("stored_var"):
            buffer.uniform_(0.5, 2)
    for name, parameter in generator.named_parameters():
        if name.endswith("gamma"):
            parameter.data.fill_(0.7)
        if name.endswith("bias") and parameter.ndim == 1:
            parameter.data.normal_(std=0.2)
    return generator.eval().requires_grad_(False)


def inputs(config: GeneratorConfig, count: int = 3) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
    source = torch.Generator().manual_seed(1)
    z = torch.randn(count, config.noise_dim, generator=source)
    h = torch.nn.functional.normalize(torch.randn(count, 6, generator=source), dim=1) if config.feature_dim else None
    y = torch.arange(count) % 3 if config.num_classes else None
    return z, h, y


@pytest.mark.parametrize("name", CONFIGS)
def test_float32_is_within_a_ten_thousandth_of_the_plain_generator(name):
    plain = build(CONFIGS[name])
    prepared = prepare(plain, Precision.FLOAT32)
    z, h, y = inputs(plain.config)
    expected = plain(z, plain.condition(h, y))
    drawn = prepared(z, prepared.condition(h, y))
    assert drawn.dtype == torch.float32
    assert (drawn - expected).abs().max() < 1e-4


@pytest.mark.parametrize("name", CONFIGS)
def test_bfloat16_is_within_two_levels_in_the_mean(name):
    plain = build(CONFIGS[name])
    prepared = prepare(plain, Precision.BFLOAT16)
    z, h, y = inputs(plain.config)
    difference = prepared(z, prepared.condition(h, y)) - plain(z, plain.condition(h, y))
    assert difference.abs().mean() * 127.5 < 2


@pytest.mark.parametrize("precision", [Precision.FLOAT32, Precision.BFLOAT16])
def test_a_picture_is_the_same_in_any_batch(precision):
    plain = build(CONFIGS["class and instance, attention, spectral"])
    prepared = prepare(plain, precision)
    z, h, y = inputs(plain.config, 5)
    c = prepared.condition(h, y)
    together = prepared(z, c)
    for row in range(5):
        assert torch.equal(together[row], prepared(z[row : row + 1], c[row : row + 1])[0])


def test_surplus_noise_is_ignored_and_blocks_may_take_their_own_condition():
    plain = build(CONFIGS["no label, not spectral"])
    prepared = prepare(plain, Precision.FLOAT32)
    z, h, y = inputs(plain.config, 2)
    a, b = plain.condition(h, y), plain.condition(h)
    longer = torch.cat([z, torch.randn(2, 9)], dim=1)
    assert torch.equal(prepared(longer, a), prepared(z, a))
    assert (prepared(z, [a, a, b]) - plain(z, [a, a, b])).abs().max() < 1e-4
