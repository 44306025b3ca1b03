"""Settings as frozen dataclasses, checked on construction; sliders, command-line defaults and tests read these."""

from dataclasses import dataclass
from enum import StrEnum

RESOLUTIONS = (32, 64, 128, 256)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


class Precision(StrEnum):
    """How exactly pictures are drawn; the same seed gives the same picture only under the same precision."""

    AUTO = "auto"
    """bfloat16 where this processor multiplies in it, else float32."""
    FLOAT32 = "float32"
    """Within 1e-4 of the plain generator, values in [-1, 1]."""
    BFLOAT16 = "bfloat16"
    """About a level of 255 from the plain generator in the mean, and up to three times as fast."""


@dataclass(frozen=True)
class EncoderConfig:
    """The bundled encoder: a timm ResNet of basic blocks with a deep 3x3 stem."""

    input_side: int = 112
    """Side of the images the network sees, px; larger than the crops it learns from, because objects then appear as
    large as they did in training (Touvron et al. 2019)."""
    widths: tuple[int, ...] = (32, 64, 128, 256)
    """Channels of the four stages; the last one is the feature's length."""
    layers: tuple[int, ...] = (1, 1, 1, 1)
    """Basic blocks in each stage."""
    stem_pool: bool = False
    """Whether the stem's max pooling is kept; False suits 64 px."""
    whitened: bool = True
    """Whether a linear layer after the pooling evens out the variance of the features' directions."""
    flip_averaged: bool = True
    """Whether a feature is the mean over the image and its mirror image."""

    def __post_init__(self) -> None:
        _require(self.input_side >= 32, f"input_side must be at least 32, got {self.input_side}")
        _require(len(self.widths) == len(self.layers) == 4, "widths and layers must each name four stages")


@dataclass(frozen=True)
class EncoderTrainConfig:
    """Self-supervised training of the bundled encoder (SimCLR)."""

    view_side: int = 64
    """Side of the views the network learns from, px."""
    whitening_power: float = 0.75
    """How far the variances are evened out afterwards: 0 not at all, 1 fully."""
    epochs: int = 100
    """Passes over the pictures; each shows two views of every picture."""
    batch_size: int = 256
    """Pictures per update; each is compared with all the others of its batch."""
    lr: float = 2e-3
    """Peak learning rate (AdamW), after a warm-up of a twentieth of the steps, then a half cosine down to 0."""
    weight_decay: float = 1e-4
    """Decoupled weight decay."""
    temperature: float = 0.2
    """Divides the cosines: small values push hard on the nearest others."""
    projection_dim: int = 128
    """Length of the projected vectors that the loss compares; the projection is thrown away afterwards."""
    min_area: float = 0.2
    """Smallest part of a picture's area that a view shows."""
    seed: int = 0
    """Every random choice derives from it."""
    checkpoint_every: int = 10
    """Epochs between checkpoints."""

    def __post_init__(self) -> None:
        _require(self.epochs >= 1, f"epochs must be at least 1, got {self.epochs}")
        _require(self.batch_size >= 2, f"batch_size must be at least 2, got {self.batch_size}")
        _require(self.lr > 0, f"lr must be positive, got {self.lr}")
        _require(self.temperature > 0, f"temperature must be positive, got {self.temperature}")


@dataclass(frozen=True)
class GeneratorConfig:
    """The BigGAN generator of IC-GAN; defaults follow the published code where it fixes a value."""

    resolution: int
    """Side of the pictures, px: 32, 64, 128 or 256."""
    widths: tuple[int, ...]
    """Channels at 4 px and after each block; one block for every doubling, so one entry more than blocks."""
    noise_chunk: int
    """Noise numbers for the first layer and for each block; the noise has blocks + 1 chunks."""
    feature_dim: int = 0
    """Length of the instance feature; 0 for a model without instances."""
    feature_embed_dim: int = 512
    """Length of the embedded instance feature."""
    num_classes: int = 0
    """Number of class labels; 0 for a model without labels."""
    class_embed_dim: int = 128
    """Length of the class embedding."""
    no_label: bool = False
    """Whether one more embedding means "no label"; it is the last row of the class table."""
    attention: tuple[int, ...] = ()
    """Sides of the feature maps that are followed by self-attention."""
    spectral_norm: bool = True
    """Whether weights are divided by their largest singular value."""

    def __post_init__(self) -> None:
        _require(self.resolution in RESOLUTIONS, f"resolution must be one of {RESOLUTIONS}, got {self.resolution}")
        blocks = self.resolution.bit_length() - 3
        _require(len(self.widths) == blocks + 1, f"{self.resolution} px needs {blocks + 1} widths, got {self.widths}")
        _require(min(self.widths) >= 1, f"widths must be positive, got {self.widths}")
        _require(self.noise_chunk >= 1, f"noise_chunk must be at least 1, got {self.noise_chunk}")
        _require(self.feature_dim >= 0 and self.num_classes >= 0, "feature_dim and num_classes must not be negative")
        sides = {8 << block for block in range(blocks)}
        _require(set(self.attention) <= sides, f"attention must name sides among {sorted(sides)}, got {self.attention}")

    @property
    def blocks(self) -> int:
        """Number of residual blocks."""
        return len(self.widths) - 1

    @property
    def noise_dim(self) -> int:
        """Length of the noise vector."""
        return self.noise_chunk * (self.blocks + 1)

    @property
    def class_rows(self) -> int:
        """Rows of the class table, the "no label" one included."""
        return self.num_classes + (1 if self.no_label and self.num_classes else 0)

    @property
    def condition_dim(self) -> int:
        """Length of the condition vector: class embedding, then instance embedding."""
        return (self.class_embed_dim if self.num_classes else 0) + (self.feature_embed_dim if self.feature_dim else 0)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """The BigGAN discriminator of IC-GAN, with the options that train best on small data."""

    resolution: int
    """Side of the pictures, px: 32, 64, 128 or 256."""
    widths: tuple[int, ...]
    """Channels after each block."""
    feature_dim: int = 0
    """Length of the instance feature; 0 for none."""
    num_classes: int = 0
    """Number of class labels; 0 for none."""
    no_label: bool = False
    """Whether one more embedding means "no label"; it is the last row of the class table."""
    attention: tuple[int, ...] = ()
    """Output sides of the blocks that are followed by self-attention."""
    spectral_norm: bool = True
    """Whether weights are divided by their largest singular value; without it, weights start as He et al. 2015."""
    minibatch_deviation: bool = False
    """Whether the last block also sees how much the pictures of its group differ (Karras et al. 2018)."""
    pool: str = "sum"
    """How the last feature map becomes a vector: "sum" as published, or "mean"."""
    leaky_slope: float = 0.0
    """Slope of the activation below zero; 0 is the published ReLU."""

    def __post_init__(self) -> None:
        _require(self.resolution in RESOLUTIONS, f"resolution must be one of {RESOLUTIONS}, got {self.resolution}")
        blocks = 4 if self.resolution == 32 else self.resolution.bit_length() - 2
        _require(len(self.widths) == blocks, f"{self.resolution} px needs {blocks} widths, got {self.widths}")
        _require(self.pool in ("sum", "mean"), f'pool must be "sum" or "mean", got {self.pool!r}')
        _require(0 <= self.leaky_slope < 1, f"leaky_slope must be in [0, 1), got {self.leaky_slope}")

    @property
    def downsamples(self) -> tuple[bool, ...]:
        """Whether each block halves the side: all but the last, at 32 px only the first two."""
        if self.resolution == 32:
            return (True, True, False, False)
        return (True,) * (len(self.widths) - 1) + (False,)

    @property
    def class_rows(self) -> int:
        """Rows of the class table, the "no label" one included."""
        return self.num_classes + (1 if self.no_label and self.num_classes else 0)


@dataclass(frozen=True)
class TrainConfig:
    """Adversarial training; the defaults are what trained best on a few thousand photos."""

    steps: int = 4000
    """Generator updates; one update sees ``batch_size`` pictures."""
    batch_size: int = 64
    """Pictures per update."""
    loss: str = "logistic"
    """"logistic" (non-saturating, with R1) or "hinge" (as published)."""
    lr_generator: float = 3e-4
    """Adam learning rate of the generator."""
    lr_discriminator: float = 1.5e-4
    """Adam learning rate of the discriminator."""
    beta2: float = 0.99
    """Adam's second decay; the first is 0."""
    discriminator_steps: int = 1
    """Discriminator updates before each generator update."""
    r1_gamma: float = 0.5
    """Weight of the gradient penalty on real pictures; 0 switches it off."""
    r1_every: int = 8
    """Discriminator updates between penalties, each then weighted by this number."""
    neighbours: int = 20
    """Size of a neighbourhood: real pictures that count as relatives of an instance."""
    include_self: bool = False
    """Whether an instance counts as its own neighbour (nearer to copying, less variety)."""
    label_dropout: float = 0.25
    """Share of pairs that are shown without their label, on the real and on the fake side alike."""
    augment: tuple[str, ...] = ("translation",)
    """Differentiable augmentation of what the discriminator sees: "translation", "cutout", "color"."""
    ema_decay: float = 0.999
    """Decay of the averaged generator, reached after a warm-up."""
    seed: int = 0
    """Every random choice derives from it."""
    checkpoint_every: int = 250
    """Updates between checkpoints."""
    samples_every: int = 250
    """Updates between sample sheets (same instances, same noise)."""
    snapshot_every: int = 500
    """Updates between kept copies of the averaged generator, from which the best is chosen by figure; 0 for none."""

    def __post_init__(self) -> None:
        _require(self.steps >= 1, f"steps must be at least 1, got {self.steps}")
        _require(self.batch_size >= 2, f"batch_size must be at least 2, got {self.batch_size}")
        _require(self.loss in ("logistic", "hinge"), f'loss must be "logistic" or "hinge", got {self.loss!r}')
        _require(self.neighbours >= 1, f"neighbours must be at least 1, got {self.neighbours}")
        _require(0 <= self.label_dropout <= 1, f"label_dropout must be in [0, 1], got {self.label_dropout}")
        _require(self.lr_generator > 0 and self.lr_discriminator > 0, "learning rates must be positive")
        _require(self.r1_gamma >= 0 and self.r1_every >= 1, "r1_gamma must be >= 0 and r1_every >= 1")
        unknown = set(self.augment) - {"translation", "cutout", "color"}
        _require(not unknown, f"augment knows translation, cutout and color, got {sorted(unknown)}")
