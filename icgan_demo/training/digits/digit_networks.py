"""The pairs of digit networks by name, and what updates them."""

import torch
from torch import nn
from torch.optim import Optimizer

from icgan_demo.models.cgan.conditional_gan import (
    ConditionalGenerator,
    ModernDiscriminator,
    ModernGenerator,
    PaperDiscriminator,
    PaperGenerator,
)
from icgan_demo.models.layers import channels_last
from icgan_demo.training.common.paper_schedule import paper_momentum, paper_rate
from icgan_demo.training.digits.digit_settings import DigitNetworks, DigitTrainConfig


def build_networks(config: DigitTrainConfig, classes: int) -> tuple[ConditionalGenerator, nn.Module]:
    """Return the untrained pair that the settings name."""
    if config.network is DigitNetworks.PAPER:
        return PaperGenerator(classes), PaperDiscriminator(classes)
    generator, discriminator = ModernGenerator(classes, config.width), ModernDiscriminator(classes, config.width)
    return channels_last(generator, "cpu"), channels_last(discriminator, "cpu")


def paper_optimizers(generator: nn.Module, discriminator: nn.Module) -> dict[str, Optimizer]:
    """Return the paper's stochastic gradient descent at its first rate and momentum."""
    return {
        "optimizer_g": torch.optim.SGD(generator.parameters(), paper_rate(0), paper_momentum(0)),
        "optimizer_d": torch.optim.SGD(discriminator.parameters(), paper_rate(0), paper_momentum(0)),
    }


def modern_optimizers(generator: nn.Module, discriminator: nn.Module, config: DigitTrainConfig) -> dict[str, Optimizer]:
    """Return Adam for whatever draws and whatever judges."""
    betas = (0.5, 0.99)
    return {
        "optimizer_g": torch.optim.Adam(generator.parameters(), config.lr_generator, betas),
        "optimizer_d": torch.optim.Adam(discriminator.parameters(), config.lr_discriminator, betas),
    }
