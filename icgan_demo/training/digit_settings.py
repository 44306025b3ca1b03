"""Settings of the conditional GANs of digits; imports nothing, so that the command line shows its defaults at once."""

from dataclasses import dataclass


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True)
class DigitTrainConfig:
    """Adversarial training of one pair of networks."""

    network: str
    """"paper" (Mirza and Osindero 2014, with its schedule of stochastic gradient descent) or "modern"."""
    updates: int
    """Updates of each network at most; one update sees ``batch_size`` pictures."""
    batch_size: int
    """Pictures per update."""
    validate_every: int = 1000
    """Updates between estimates of the likelihood of validation pictures; the best network is kept. 0 for none."""
    patience: int = 0
    """Estimates without an improvement after which training stops; 0 for never."""
    settle: float = 0.0
    """Share of the updates before which no network counts as the best, 0 to 1. Early averages are blurred, and the
    likelihood likes blur."""
    checkpoint_every: int = 1000
    """Updates between checkpoints."""
    seed: int = 0
    """Every random choice derives from it."""
    width: int = 32
    """Modern only: channels at 28 px (drawing) and 14 px (judging)."""
    bound_weight: float = 0.05
    """Modern only: weight of redrawing real pictures from guessed noise, per nat of the evidence bound. Without it,
    the noise was soon ignored and all digits of a class looked alike."""
    lr_generator: float = 1e-3
    """Modern only: Adam learning rate, falling in a line to a tenth over the run."""
    lr_discriminator: float = 5e-4
    """And of the discriminator."""
    r1_gamma: float = 0.05
    """Modern only: weight of the gradient penalty on real pictures."""
    r1_every: int = 16
    """Updates between penalties, each then weighted by this number."""
    ema_decay: float = 0.998
    """Modern only: decay of the averaged generator, the one that draws."""

    def __post_init__(self) -> None:
        _require(self.network in PRESET_NAMES, f'network must be "paper" or "modern", got {self.network!r}')
        _require(self.updates >= 1, f"updates must be at least 1, got {self.updates}")
        _require(self.batch_size >= 2, f"batch_size must be at least 2, got {self.batch_size}")
        _require(1 <= self.width <= 256, f"width must be between 1 and 256, got {self.width}")
        _require(self.lr_generator > 0 and self.lr_discriminator > 0, "learning rates must be positive")
        _require(self.bound_weight >= 0, f"bound_weight must not be negative, got {self.bound_weight}")
        _require(self.r1_gamma >= 0 and self.r1_every >= 1, "r1_gamma must be >= 0 and r1_every >= 1")
        _require(0 <= self.ema_decay < 1, f"ema_decay must be in [0, 1), got {self.ema_decay}")
        _require(self.checkpoint_every >= 1, f"checkpoint_every must be at least 1, got {self.checkpoint_every}")
        _require(self.validate_every >= 0 and self.patience >= 0, "validate_every and patience must not be negative")
        _require(0 <= self.settle <= 1, f"settle must be in [0, 1], got {self.settle}")


PRESET_NAMES = ("paper", "modern")
PRESETS = {
    "paper": DigitTrainConfig("paper", updates=287_800, batch_size=100, patience=20),
    "modern": DigitTrainConfig("modern", updates=7_000, batch_size=64, validate_every=500, settle=0.5),
}
