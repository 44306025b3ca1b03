"""Conditional GANs of 28 x 28 grey pictures: the networks of 2014, and small convolutional ones behind one interface.

Pictures are float in [0, 1], shape (N, 1, 28, 28). A condition is one row of class weights that sum to 1: a single 1
for a class, several parts for a blend. Scores are logits, shape (N,): positive for real.
"""

import abc
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.models.cgan.maxout import Maxout
from icgan_demo.models.noise import draw_noise

SIDE = 28
PIXELS = SIDE * SIDE
DIGITS = 10


class ConditionalGenerator(nn.Module, abc.ABC):
    """Draws pictures from noise and a condition."""

    noise_dim: int
    classes: int

    @abc.abstractmethod
    def forward(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Return pictures (N, 1, 28, 28) for noise (N, noise_dim) and conditions (N, classes)."""

    @abc.abstractmethod
    def random_noise(self, count: int, source: torch.Generator) -> Tensor:
        """Return ``count`` rows of noise from one stream, as training draws them."""

    @abc.abstractmethod
    def seeded_noise(self, seeds: Sequence[int]) -> Tensor:
        """Return a row of noise for each seed, which depends on that seed alone."""


class PaperGenerator(ConditionalGenerator):
    """The generator of the paper: 100 uniform numbers and the class, 200 and 1000 units, 1200 together, 784 pixels.

    Its noise is the 100 numbers and, behind them, which of its hidden units are kept. Dropout is part of the paper's
    generator, so it is part of what the discriminator judged; a network that keeps every unit when it draws shows
    nearly one picture a class.

    Source: Mirza and Osindero 2014, section 4.1.
    """

    numbers = 100
    hidden_dim = 1200
    noise_dim = numbers + 2 * hidden_dim
    kept_share = 0.5
    """Of the hidden units, for each picture."""

    def __init__(self, classes: int = DIGITS) -> None:
        """Make the network."""
        super().__init__()
        self.classes = classes
        self.from_noise = nn.Linear(self.numbers, 200)
        self.from_class = nn.Linear(classes, 1000)
        self.joint = nn.Linear(1200, 1200)
        self.to_pixels = nn.Linear(1200, PIXELS)
        _start_like_he(self)

    def start_from_mean(self, mean: Tensor) -> None:
        """Let the untrained network draw about the mean picture (28, 28), as the parent code starts it."""
        with torch.no_grad():
            self.to_pixels.bias.copy_(mean.flatten().clamp(1e-3, 1 - 1e-3).logit())

    def forward(self, noise: Tensor, condition: Tensor) -> Tensor:
        """See ``ConditionalGenerator.forward``."""
        numbers, kept = noise[:, : self.numbers], noise[:, self.numbers :] / self.kept_share
        first, second = kept.chunk(2, dim=1)  # (N, 1200) each
        hidden = torch.cat([F.relu(self.from_noise(numbers)), F.relu(self.from_class(condition))], dim=1)  # (N, 1200)
        hidden = F.relu(self.joint(hidden * first))  # (N, 1200)
        logits = self.to_pixels(hidden * second).float()  # in bfloat16, sigmoid ends at 0.998 and learning there
        return logits.sigmoid().view(-1, 1, SIDE, SIDE)

    def random_noise(self, count: int, source: torch.Generator) -> Tensor:
        """Return uniform numbers of [0, 1), then 1 for each hidden unit that is kept and 0 for the others."""
        numbers = torch.rand(count, self.numbers, generator=source)
        kept = torch.rand(count, 2 * self.hidden_dim, generator=source) < self.kept_share
        return torch.cat([numbers, kept.float()], dim=1)

    def seeded_noise(self, seeds: Sequence[int]) -> Tensor:
        """Return rows as ``random_noise`` does, a stream for each seed."""
        rows = [self.random_noise(1, torch.Generator().manual_seed(seed)) for seed in seeds]
        return torch.cat(rows) if rows else torch.empty(0, self.noise_dim)


class PaperDiscriminator(nn.Module):
    """The discriminator of the paper: maxout 240 x 5 on the picture, 50 x 5 on the class, 240 x 4 on both.

    Source: Mirza and Osindero 2014, section 4.1; the share of inputs kept is that of Goodfellow et al. 2014.
    """

    def __init__(self, classes: int = DIGITS) -> None:
        """Make the network."""
        super().__init__()
        self.from_picture = Maxout(PIXELS, 240, 5)
        self.from_class = Maxout(classes, 50, 5)
        self.joint = Maxout(290, 240, 4)
        self.score = nn.Linear(240, 1)
        self.dropout = nn.Dropout(0.5)
        self.input_dropout = nn.Dropout(0.2)
        _start_like_he(self)

    def forward(self, pictures: Tensor, condition: Tensor) -> Tensor:
        """Return scores (N,); the paper's sigmoid is part of the loss."""
        seen = self.from_picture(self.input_dropout(pictures.flatten(1)))  # (N, 240)
        wanted = self.from_class(condition)  # (N, 50)
        both = self.joint(self.dropout(torch.cat([seen, wanted], dim=1)))  # (N, 240)
        return self.score(self.dropout(both))[:, 0]


class ModernGenerator(ConditionalGenerator):
    """A small convolutional generator: noise and an embedded class, one dense layer, 7 px, two doublings to 28 px.

    Source: the shape of the MNIST generator of Chen et al. 2016 (InfoGAN), narrower.
    """

    noise_dim = 64
    class_dim = 32
    """Length of an embedded class; a blend of classes is the blend of their embeddings."""

    def __init__(self, classes: int = DIGITS, width: int = 24) -> None:
        """Make the network; ``width`` is half the channels at 14 px and a quarter of those at 7 px."""
        super().__init__()
        self.classes, self.width = classes, width
        hidden = 8 * width
        self.embed = nn.Linear(classes, self.class_dim, bias=False)
        nn.init.normal_(self.embed.weight)
        self.dense = nn.Linear(self.noise_dim + self.class_dim, hidden, bias=False)
        self.dense_norm = nn.BatchNorm1d(hidden)
        self.start = nn.Linear(hidden, 4 * width * 49, bias=False)
        self.start_norm = nn.BatchNorm2d(4 * width)
        self.double14 = nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1, bias=False)
        self.norm14 = nn.BatchNorm2d(2 * width)
        self.double28 = nn.ConvTranspose2d(2 * width, 1, 4, stride=2, padding=1)

    def forward(self, noise: Tensor, condition: Tensor) -> Tensor:
        """See ``ConditionalGenerator.forward``."""
        code = torch.cat([noise, self.embed(condition)], dim=1)
        hidden = F.relu(self.dense_norm(self.dense(code)))  # (N, 8 width)
        hidden = F.relu(self.start_norm(self.start(hidden).view(-1, 4 * self.width, 7, 7)))
        hidden = F.relu(self.norm14(self.double14(hidden)))  # (N, 2 width, 14, 14)
        return self.double28(hidden).float().sigmoid()  # (N, 1, 28, 28)

    def random_noise(self, count: int, source: torch.Generator) -> Tensor:
        """Return normal numbers."""
        return torch.randn(count, self.noise_dim, generator=source)

    def seeded_noise(self, seeds: Sequence[int]) -> Tensor:
        """Return normal numbers cut at +-2, a stream for each seed."""
        return draw_noise(seeds, self.noise_dim, truncation=1.0)


class ModernDiscriminator(nn.Module):
    """A small convolutional discriminator that compares what it sees with the class (Miyato and Koyama 2018)."""

    def __init__(self, classes: int = DIGITS, width: int = 24) -> None:
        """Make the network; ``width`` is the number of channels at 14 px."""
        super().__init__()
        self.half14 = nn.Conv2d(1, width, 4, stride=2, padding=1)
        self.half7 = nn.Conv2d(width, 3 * width, 4, stride=2, padding=1)
        self.dense = nn.Linear(3 * width * 49, 128)
        self.score = nn.Linear(128, 1)
        self.of_class = nn.Linear(classes, 128, bias=False)
        nn.init.normal_(self.of_class.weight, std=128**-0.5)

    def forward(self, pictures: Tensor, condition: Tensor) -> Tensor:
        """Return scores (N,)."""
        hidden = F.leaky_relu(self.half14(2 * pictures - 1), 0.2)  # (N, width, 14, 14)
        hidden = F.leaky_relu(self.half7(hidden), 0.2)  # (N, 3 width, 7, 7)
        seen = F.leaky_relu(self.dense(hidden.flatten(1)), 0.2)  # (N, 128)
        return self.score(seen)[:, 0] + (self.of_class(condition) * seen).sum(dim=1)


class ModernEncoder(nn.Module):
    """Guesses which noise would draw a picture; needed in training only (Bao et al. 2017, CVAE-GAN)."""

    def __init__(self, classes: int = DIGITS) -> None:
        super().__init__()
        self.hidden = nn.Linear(PIXELS + classes, 256)
        self.guess = nn.Linear(256, 2 * ModernGenerator.noise_dim)

    def forward(self, pictures: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and logarithms of variances of the noise, each (N, noise_dim)."""
        seen = F.relu(self.hidden(torch.cat([pictures.flatten(1), condition], dim=1)))
        mean, log_variance = self.guess(seen).chunk(2, dim=1)
        return mean, log_variance.clamp(-10, 10)


def one_hot(labels: Tensor, classes: int = DIGITS) -> Tensor:
    """Return the conditions (N, classes) of integer labels (N,)."""
    return F.one_hot(labels.long(), classes).float()


def _start_like_he(network: nn.Module) -> None:
    """Start the weights as He et al. 2015; the paper does not say how it started them.

    With the small ranges of the parent code, noise and class hardly reach the pixels at first: the generator drew one
    and the same picture for thousands of updates.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            nn.init.zeros_(module.bias)
