"""Networks as they draw while others learn: evaluated for a moment, averaged over the updates, seen in 8 bit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_images, to_pixels


@contextmanager
def evaluated(network: nn.Module) -> Iterator[None]:
    """Have a network evaluated meanwhile, and afterwards as it was."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def average_of(network: nn.Module, decay: float) -> AveragedModel:
    """Return the average of a network over its updates; ``decay`` is reached after a warm-up."""
    return AveragedModel(network, multi_avg_fn=_averaging(decay), use_buffers=True)


@torch.inference_mode()
def draw(
    generator: AnyGenerator,
    features: Tensor,
    labels: Tensor,
    seeds: Sequence[int],
    truncation: float,
    *,
    bf16: bool = False,
) -> Tensor:
    """Return one picture for each row, (N, 3, R, R), float in [-1, 1], rounded to 8 bit as a visitor gets them."""
    device, config = next(generator.parameters()).device, generator.config
    z = draw_noise(seeds, config.noise_dim, truncation, redraw=config.truncates_noise).to(device)
    y = labels.to(device) if config.num_classes else None
    with evaluated(generator), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        images = generator(z, generator.condition(features.to(device), y), truncation)
    return to_images(to_pixels(images.float().cpu()))


def _averaging(decay: float) -> Callable[..., None]:
    @torch.no_grad()
    def average(averaged: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
        n = int(count)
        weight = 1 - min(decay, (1 + n) / (10 + n))  # short runs would otherwise remember their first steps
        torch._foreach_lerp_(averaged, current, weight)

    return average
