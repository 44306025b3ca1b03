"""Generators of the published shapes with random weights: the same arithmetic as trained ones."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.config import GeneratorConfig, StyleGan2Config
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.stylegan2_generator import StyleGan2Generator
from icgan_demo.training.start.network_sizes import small_networks
from icgan_demo.weights.published.catalogue import STYLEGAN2

CASES = {
    "published 256": (
        GeneratorConfig(256, (1536, 1536, 768, 768, 384, 192, 96), 17, feature_dim=2048, attention=(64,)),
        (1, 4, 16),
    ),
    "published 128": (
        GeneratorConfig(128, (1536, 1536, 768, 384, 192, 96), 20, feature_dim=2048, attention=(64,)),
        (1, 4),
    ),
    "published 64": (GeneratorConfig(64, (1024, 1024, 512, 256, 128), 24, feature_dim=2048, attention=(32,)), (1, 4)),
    "bundled 64": (small_networks(64, 256, 50)[0], (1, 4, 16)),
}
LARGEST = "published 256"
STYLE_CASES = {
    f"StyleGAN2 {side}": (STYLEGAN2[f"icgan_stylegan2_coco_res{side}"].generator, (1, 4)) for side in (256, 128)
}
"""The same for the other backbone."""


def random_style_generator(config: StyleGan2Config) -> StyleGan2Generator:
    """Return an evaluated generator with random weights, as before its training, but noise in its maps."""
    torch.manual_seed(0)
    generator = StyleGan2Generator(config).eval().requires_grad_(False)
    for name, tensor in generator.state_dict().items():
        if name.endswith("noise_strength"):
            tensor.fill_(0.1)
    return generator


def random_generator(config: GeneratorConfig, *, settled: bool = False) -> BigGanGenerator:
    """Return an evaluated generator with random weights, as before its training.

    Args:
        config: its shape.
        settled: whether its norms know the statistics of one batch, so that the maps of every layer have variance 1.
            Such a network, unlike a trained one, turns the smallest rounding into a visible difference.
    """
    with torch.device("meta"):
        generator = BigGanGenerator(config)
    generator = generator.to_empty(device="cpu").eval().requires_grad_(False)
    source = torch.Generator().manual_seed(0)
    for name, tensor in generator.state_dict().items():
        if tensor.ndim > 1:
            tensor.normal_(std=tensor[0].numel() ** -0.5, generator=source)
        else:
            tensor.fill_(1.0 if name.endswith(("gain", "stored_var", "gamma")) else 0.0)
    if settled:
        _settle(generator)
    return generator


@torch.inference_mode()
def _settle(generator: BigGanGenerator) -> None:
    def learn_statistics(norm: nn.Module, inputs: tuple[Any, ...]) -> None:
        norm.stored_var, norm.stored_mean = torch.var_mean(inputs[0], dim=(0, 2, 3))

    norms = [module for module in generator.modules() if hasattr(module, "stored_mean")]
    hooks = [norm.register_forward_pre_hook(learn_statistics) for norm in norms]
    generator(*random_inputs(generator, 2))
    for hook in hooks:
        hook.remove()


def random_inputs(generator: AnyGenerator, count: int) -> tuple[Tensor, Tensor]:
    """Return noise and conditions of ``count`` pictures of one new instance."""
    config = generator.config
    feature = F.normalize(torch.randn(1, config.feature_dim), dim=1)
    return torch.randn(count, config.noise_dim), generator.condition(feature).expand(count, -1)
