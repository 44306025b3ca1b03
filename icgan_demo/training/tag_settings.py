"""Settings of tag training, checked on construction."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TagTrainConfig:
    """Adversarial training on pairs of a picture and one of its words."""

    steps: int = 2500
    """Updates of each network."""
    batch_size: int = 100
    """Pairs per update, as published."""
    optimizer: str = "adam"
    """"adam", or "sgd": the paper's schedule (rate 0.1 divided by 1.00004 per update, momentum 0.5 to 0.7)."""
    lr_generator: float = 2e-3
    """Adam's learning rate of the generator; it falls in a line to 0 over the second half of the steps."""
    lr_discriminator: float = 2e-3
    """And of the discriminator, likewise."""
    r1_gamma: float = 0.3
    """Weight of the gradient penalty on real word vectors; 0 (as published) switches it off."""
    r1_every: int = 8
    """Updates between penalties, each then weighted by this number."""
    mismatched: float = 1.0
    """Weight of true words with the wrong picture, which count as fake (Reed et al. 2016); 0 (published) for none."""
    energy: float = 30.0
    """Weight of the energy score (Gneiting and Raftery 2007) in the generator's loss; 0 (as published) for none. It
    draws samples to the words of their picture and away from each other; without it the noise loses its say."""
    beta1: float = 0.0
    """Adam's first decay; the second is 0.99."""
    feature_noise: float = 0.9
    """Length of the normal noise added to a unit-length feature in training; 0 (as published) for none. It keeps the
    networks from learning single photos by heart."""
    word_noise: float = 1.0
    """Standard deviation of the normal noise added to word vectors, real and drawn alike, before they are judged; words
    have unit variance. It blurs the points that words are into clouds, which a continuous sample can match; 0 (as
    published) for none."""
    ema_decay: float = 0.999
    """Decay of the averaged generator, reached after a warm-up."""
    seed: int = 0
    """Every random choice derives from it."""
    checkpoint_every: int = 500
    """Updates between checkpoints."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "r1_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.optimizer not in ("adam", "sgd"):
            raise ValueError(f'optimizer must be "adam" or "sgd", got {self.optimizer!r}')
        if self.lr_generator <= 0 or self.lr_discriminator <= 0:
            raise ValueError("learning rates must be positive")
        if min(self.r1_gamma, self.mismatched, self.energy, self.feature_noise, self.word_noise) < 0:
            raise ValueError("r1_gamma, mismatched, energy, feature_noise and word_noise must not be negative")
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"ema_decay must be in [0, 1), got {self.ema_decay}")
