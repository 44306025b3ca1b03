"""The conditional GAN of photo tags: noise and an image feature become a word vector; a maxout network judges the pair.

Word vectors go in and out at unit variance: a unit-length vector of D numbers times the square root of D.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.models.cgan.maxout import Maxout


@dataclass(frozen=True)
class TagGanConfig:
    """Sizes of both networks; the defaults are those of the paper scaled to a vocabulary of hundreds."""

    feature_dim: int
    """Length of the image feature; 4096 in the paper."""
    word_dim: int
    """Length of a word vector; 200 in the paper."""
    noise_dim: int = 100
    """Length of the Gaussian noise, as published."""
    generator_noise_units: int = 64
    """Hidden units that see the noise; 500 in the paper."""
    generator_feature_units: int = 384
    """Hidden units of the generator that see the image; 2000 in the paper."""
    discriminator_word_units: int = 64
    """Hidden units that see the word vector; 500 in the paper."""
    discriminator_feature_units: int = 128
    """Hidden units of the discriminator that see the image; 1200 in the paper."""
    maxout_units: int = 64
    """Joint maxout units; 1000 in the paper."""
    maxout_pieces: int = 3
    """Pieces of each maxout unit, as published."""
    generator_dropout: float = 0.0
    """Share of hidden units left out in training; 0.5 in the paper. Left-out units are a noise that is not there
    later, and the generator then learns to do without the other."""
    discriminator_dropout: float = 0.0
    """The same in the discriminator; 0.5 in the paper. The gradient penalty does its work here."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name.endswith("dropout"):
                if not 0 <= value < 1:
                    raise ValueError(f"{name} must be in [0, 1), got {value}")
            elif value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")


_GAIN = 2.5
"""Makes numbers of unit variance out of the hidden units that see the noise."""


class TagGenerator(nn.Module):
    """Draws word vectors for an image.

    Source: Mirza and Osindero 2014, section 4.2.
    """

    def __init__(self, config: TagGanConfig) -> None:
        super().__init__()
        self.config = config
        self.from_noise = nn.Linear(config.noise_dim, config.generator_noise_units)
        self.from_feature = nn.Linear(config.feature_dim, config.generator_feature_units)
        self.to_word = nn.Linear(config.generator_noise_units + config.generator_feature_units, config.word_dim)
        self.dropout = nn.Dropout(config.generator_dropout)
        # From the start samples are as far apart as words are, and about as large: a narrow cloud would be told from
        # words at a glance, and would stay one.
        with torch.no_grad():
            nn.init.normal_(self.to_word.weight[:, : config.generator_noise_units], std=_GAIN)
            self.to_word.weight[:, : config.generator_noise_units] *= config.generator_noise_units**-0.5

    def forward(self, noise: Tensor, features: Tensor) -> Tensor:
        """Return word vectors (N, word_dim) at unit variance.

        Args:
            noise: standard normal numbers (N, noise_dim).
            features: unit-length image features (N, feature_dim).
        """
        from_noise = F.relu(self.from_noise(noise))  # (N, generator_noise_units)
        from_feature = F.relu(self.from_feature(_unit_variance(features)))  # (N, generator_feature_units)
        return self.to_word(torch.cat([self.dropout(from_noise), self.dropout(from_feature)], dim=1))


class TagDiscriminator(nn.Module):
    """Scores pairs of a word vector and an image.

    Source: Mirza and Osindero 2014, section 4.2.
    """

    def __init__(self, config: TagGanConfig) -> None:
        super().__init__()
        self.config = config
        self.from_word = nn.Linear(config.word_dim, config.discriminator_word_units)
        self.from_feature = nn.Linear(config.feature_dim, config.discriminator_feature_units)
        joint = config.discriminator_word_units + config.discriminator_feature_units
        self.joint = Maxout(joint, config.maxout_units, config.maxout_pieces)
        self.score = nn.Linear(config.maxout_units, 1)
        self.dropout = nn.Dropout(config.discriminator_dropout)

    def forward(self, words: Tensor, features: Tensor) -> Tensor:
        """Return logits (N,), positive for real; the paper's sigmoid is part of the loss.

        Args:
            words: word vectors (N, word_dim) at unit variance.
            features: unit-length image features (N, feature_dim).
        """
        from_word = F.relu(self.from_word(words))  # (N, discriminator_word_units)
        from_feature = F.relu(self.from_feature(_unit_variance(features)))  # (N, discriminator_feature_units)
        both = self.joint(torch.cat([self.dropout(from_word), self.dropout(from_feature)], dim=1))  # (N, maxout_units)
        return self.score(self.dropout(both))[:, 0]


def _unit_variance(features: Tensor) -> Tensor:
    return features * features.shape[1] ** 0.5
