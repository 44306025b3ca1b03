"""Settings of tag training, checked on construction."""

from dataclasses import dataclass
from enum import StrEnum

from icgan_demo.setting import check_settings, setting


class Optimizers(StrEnum):
    """How the networks of tags learn."""

    ADAM = "adam"
    SGD = "sgd"
    """The paper's schedule: rate 0.1 divided by 1.00004 per update, momentum 0.5 to 0.7."""


@dataclass(frozen=True)
class TagTrainConfig:
    """Adversarial training on pairs of a picture and one of its words.

    The options of ``icgan-demo train-tags`` are those fields that have a help.
    """

    steps: int = setting(2500, "Updates of each network.", least=1)
    batch_size: int = setting(100, "Pairs of a photo and a word per update.", least=1)
    optimizer: Optimizers = setting(Optimizers.ADAM, "adam, or sgd for the schedule of the paper.")
    lr_generator: float = setting(2e-3, "Adam's learning rate of the generator.")
    """It falls in a line to 0 over the second half of the steps."""
    lr_discriminator: float = setting(2e-3, "Learning rate of the discriminator.")
    r1_gamma: float = setting(0.3, "Weight of the gradient penalty; 0 for none.", least=0)
    """On real word vectors; 0 as published."""
    r1_every: int = setting(8, least=1)
    """Updates between penalties, each then weighted by this number."""
    mismatched: float = setting(1.0, least=0)
    """Weight of true words with the wrong picture, which count as fake (Reed et al. 2016); 0 (published) for none."""
    energy: float = setting(30.0, "Weight of the energy score, 0 for none (as published).", least=0)
    """In the generator's loss (Gneiting and Raftery 2007). It draws samples to the words of their picture and away
    from each other; without it the noise loses its say."""
    beta1: float = 0.0
    """Adam's first decay; the second is 0.99."""
    feature_noise: float = setting(0.9, "Noise added to features, 0 for none.", least=0)
    """Length of the normal noise added to a unit-length feature in training; 0 as published. It keeps the networks from
    learning single photos by heart."""
    word_noise: float = setting(1.0, least=0)
    """Standard deviation of the normal noise added to word vectors, real and drawn alike, before they are judged; words
    have unit variance. It blurs the points that words are into clouds, which a continuous sample can match; 0 (as
    published) for none."""
    ema_decay: float = setting(0.999, within="[0, 1)")
    """Decay of the averaged generator, reached after a warm-up."""
    seed: int = setting(0, "Seed of every random choice.")
    checkpoint_every: int = setting(500, least=1)
    """Updates between checkpoints."""

    def __post_init__(self) -> None:
        check_settings(self)
        if self.lr_generator <= 0 or self.lr_discriminator <= 0:
            raise ValueError("learning rates must be positive")
