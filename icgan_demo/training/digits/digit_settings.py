"""Settings of the conditional GANs of digits; imports no network, so that options come at once."""

from dataclasses import dataclass
from enum import StrEnum

from icgan_demo.setting import check_settings, setting


class DigitNetworks(StrEnum):
    """Which pair of networks learns."""

    PAPER = "paper"
    """Mirza and Osindero 2014, with its schedule of stochastic gradient descent."""
    MODERN = "modern"
    """Small convolutional ones."""


@dataclass(frozen=True)
class DigitTrainConfig:
    """Adversarial training of one pair of networks; options of ``icgan-demo train-digits`` are fields with a help."""

    network: DigitNetworks
    updates: int = setting(help="Updates of each network at most.", least=1)
    """One update sees ``batch_size`` pictures."""
    batch_size: int = setting(help="Images per update.", least=2)
    validate_every: int = setting(
        1000, "Updates between likelihood estimates; the best network is kept. 0 for none.", least=0
    )
    patience: int = setting(0, "Estimates without improvement after which it stops; 0 for never.", least=0)
    settle: float = setting(0.0, within="[0, 1]")
    """Share of the updates before which no network counts as the best. Early averages are blurred, and the likelihood
    likes blur."""
    checkpoint_every: int = setting(1000, "Updates between checkpoints.", least=1)
    seed: int = setting(0, "Seed of every random choice.")
    width: int = setting(32, "Channels of the modern networks.")
    """At 28 px (drawing) and 14 px (judging)."""
    bound_weight: float = setting(0.05, least=0)
    """Modern only: weight of redrawing real pictures from guessed noise, per nat of the evidence bound. Without it,
    the noise was soon ignored and all digits of a class looked alike."""
    lr_generator: float = 1e-3
    """Modern only: Adam learning rate, falling in a line to a tenth over the run."""
    lr_discriminator: float = 5e-4
    """Learning rate of the discriminator."""
    r1_gamma: float = setting(0.05, least=0)
    """Modern only: weight of the gradient penalty on real pictures."""
    r1_every: int = setting(16, least=1)
    """Updates between penalties, each then weighted by this number."""
    ema_decay: float = setting(0.998, within="[0, 1)")
    """Modern only: decay of the averaged generator, the one that draws."""

    def __post_init__(self) -> None:
        check_settings(self)
        if not 1 <= self.width <= 256:
            raise ValueError(f"width must be between 1 and 256, got {self.width}")
        if self.lr_generator <= 0 or self.lr_discriminator <= 0:
            raise ValueError("learning rates must be positive")


PRESETS = {
    DigitNetworks.PAPER: DigitTrainConfig(DigitNetworks.PAPER, updates=287_800, batch_size=100, patience=20),
    DigitNetworks.MODERN: DigitTrainConfig(
        DigitNetworks.MODERN, updates=7_000, batch_size=64, validate_every=500, settle=0.5
    ),
}
