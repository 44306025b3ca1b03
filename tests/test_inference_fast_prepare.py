"""A prepared generator draws what the plain one draws, whatever its settings, batch and caller."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from icgan_demo.config import GeneratorConfig, Precision
from icgan_demo.errors import RequestError
from icgan_demo.inference.fast import packed_convolutions
from icgan_demo.inference.fast.prepare import choose_precision, prepare
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


def test_callers_in_several_threads_get_their_own_pictures():
    """All share one model and its memory; each draws other pictures, many times, and none may see another's maps."""
    plain = build(CONFIGS["class and instance, attention, spectral"])
    prepared = prepare(plain, Precision.BFLOAT16)
    z, h, y = inputs(plain.config, 8)
    c = prepared.condition(h, y)
    alone = prepared(z, c)

    def draw(row: int) -> torch.Tensor:
        return prepared(z[row : row + 1], c[row : row + 1])[0]

    rows = [row % 8 for row in range(80)]
    with ThreadPoolExecutor(8) as callers:
        for row, image in zip(rows, callers.map(draw, rows), strict=True):
            assert torch.equal(image, alone[row])


def test_without_packed_weights_the_picture_is_the_same(monkeypatch):
    plain = build(CONFIGS["no label, not spectral"])
    z, h, y = inputs(plain.config)
    c = plain.condition(h, y)
    with_packed = prepare(plain, Precision.FLOAT32)(z, c)
    monkeypatch.setattr(packed_convolutions, "can_pack", lambda dtype: False)
    assert (prepare(plain, Precision.FLOAT32)(z, c) - with_packed).abs().max() < 1e-4


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_bf16": True}, Precision.BFLOAT16),
        ({"amx_bf16": True, "avx512_bf16": False}, Precision.BFLOAT16),
        ({"avx2": True, "avx512_f": True, "avx512_bf16": False}, Precision.FLOAT32),
        ({}, Precision.FLOAT32),
    ],
)
def test_the_precision_follows_from_the_processor_s_instructions_alone(monkeypatch, capabilities, expected):
    """It was once chosen by timing, and the same seed drew another picture after a start under load."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert choose_precision() is expected
    assert choose_precision("float32") is Precision.FLOAT32
    assert choose_precision(Precision.BFLOAT16) is Precision.BFLOAT16


def test_an_unknown_precision_is_one_sentence():
    with pytest.raises(RequestError, match="one of auto, float32, bfloat16, got 'int4'"):
        choose_precision("int4")
