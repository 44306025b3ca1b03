"""Settings as frozen dataclasses, checked on construction; sliders, command-line defaults and tests read these."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from icgan_demo.setting import check_settings, setting

RESOLUTIONS = (32, 64, 128, 256)
MIN_TRUNCATION, MAX_TRUNCATION = 0.05, 1.0
"""All pictures alike .. the widest variety."""
TRUNCATION = 0.8
"""Unless another one is asked for."""
MAX_SEED = 2**31 - 1


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


def _require_clusters(clusters: int, feature_dim: int) -> None:
    _require(clusters >= 0, f"clusters must not be negative, got {clusters}")
    _require(not clusters or feature_dim > 0, "clusters need features that fall into them")


class Precision(StrEnum):
    """How exactly pictures are drawn; the same seed gives the same picture only under the same precision."""

    AUTO = "auto"
    """bfloat16 where this processor multiplies in it, else float32."""
    FLOAT32 = "float32"
    """Within 1e-4 of the plain generator, values in [-1, 1]."""
    BFLOAT16 = "bfloat16"
    """About a level of 255 from the plain generator in the mean, and up to three times as fast."""


class Engine(StrEnum):
    """Where a page has pictures encoded, drawn and searched."""

    LOCAL = "local"
    """In its own process, one request at a time."""
    RAY = "ray"
    """On the workers of a Ray cluster."""


class TrainOn(StrEnum):
    """Where a page has models trained."""

    LOCAL = "local"
    """In a process of its own beside the page."""
    RAY = "ray"
    """On a processor of a Ray cluster."""
    RAY_GPU = "ray-gpu"
    """On a GPU of one."""


@dataclass(frozen=True)
class EncoderConfig:
    """The bundled encoder: a ResNet of basic blocks with a deep 3x3 stem."""

    input_side: int = setting(112, least=32)
    """Side of the images the network sees, px; larger than the crops it learns from, because objects then appear as
    large as they did in training (Touvron et al. 2019)."""
    detail_side: int = setting(0, least=0)
    """Side to which larger pictures are reduced before that, px; 0 for none. A model grown to twice its side keeps the
    features it was trained with, which sharper pictures would change."""
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
        check_settings(self)
        _require(len(self.widths) == len(self.layers) == 4, "widths and layers must each name four stages")


@dataclass(frozen=True)
class Lite0Config:
    """The encoder of the bundled models: EfficientNet-Lite0, trained on ImageNet's labels, and a linear projection."""

    detail_side: int = setting(64, least=32)
    """Side to which pictures are reduced first, px: a photo then has the same feature for models of every size."""
    input_side: int = setting(224, least=32)
    """Side to which they are enlarged for the network, px; smaller ones are faster and tell things apart less well."""
    feature_dim: int = setting(256, within="[1, 1280]")
    """Length of a feature: principal directions of the pooled values that are kept."""
    whitening_power: float = setting(0.5, within="[0, 1]")
    """How far the variances of these directions are evened out: 0 not at all, 1 fully."""

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True)
class EncoderTrainConfig:
    """Self-supervised training of the bundled encoder (SimCLR)."""

    epochs: int = setting(100, "Passes over the images.", least=1)
    """Each shows two views of every picture."""
    batch_size: int = setting(256, "Images per update.", least=2)
    """Each is compared with all the others of its batch."""
    view_side: int = setting(64, "Side of the training views, px.")
    lr: float = setting(2e-3, "Peak learning rate.", above=0)
    """Of AdamW, after a warm-up of a twentieth of the steps, then a half cosine down to 0."""
    seed: int = setting(0, "Seed of every random choice.")
    checkpoint_every: int = setting(10, "Epochs between checkpoints.")
    whitening_power: float = 0.75
    """How far the variances are evened out afterwards: 0 not at all, 1 fully."""
    weight_decay: float = 1e-4
    """Decoupled weight decay."""
    temperature: float = setting(0.2, above=0)
    """Divides the cosines: small values push hard on the nearest others."""
    projection_dim: int = 128
    """Length of the projected vectors that the loss compares; the projection is thrown away afterwards."""
    min_area: float = 0.2
    """Smallest part of a picture's area that a view shows."""

    def __post_init__(self) -> None:
        check_settings(self)


class Conditioning(StrEnum):
    """What a model is told of the photo that it generates neighbours of."""

    NONE = "none"
    """Nothing."""
    CLASS = "class"
    """Its class."""
    PARTITION = "partition"
    """Which cluster of a partition its feature falls into: a class that nobody had to name."""
    INSTANCE = "instance"
    """Its feature."""
    INSTANCE_AND_CLASS = "instance-and-class"
    """Its feature, and its class where there is one."""

    @property
    def uses_class(self) -> bool:
        """Whether the class is told."""
        return self in (Conditioning.CLASS, Conditioning.INSTANCE_AND_CLASS)

    def clusters(self, of_partition: int) -> int:
        """Return the clusters that take the place of instances, 0 for none; one cluster of everything says nothing."""
        if self in (Conditioning.INSTANCE, Conditioning.INSTANCE_AND_CLASS):
            return 0
        return of_partition if self is Conditioning.PARTITION else 1


class _Conditioned:
    """What networks with a table of classes and an embedding of instances share."""

    num_classes: int
    no_label: bool
    clusters: int

    @property
    def conditioning(self) -> Conditioning:
        """What the network is told."""
        if self.clusters > 1:
            return Conditioning.PARTITION
        if self.clusters:
            return Conditioning.CLASS if self.num_classes else Conditioning.NONE
        return Conditioning.INSTANCE_AND_CLASS if self.num_classes else Conditioning.INSTANCE

    @property
    def class_rows(self) -> int:
        """Rows of the class table, the "no label" one included."""
        return self.num_classes + (1 if self.no_label and self.num_classes else 0)


@dataclass(frozen=True)
class GeneratorConfig(_Conditioned):
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
    clusters: int = 0
    """Clusters of features, each embedded as a whole; 0 embeds the feature itself, and 1 says nothing of it."""
    truncates_noise: ClassVar[bool] = True
    """Whether truncation is a matter of the noise; this generator has no other."""
    is_trainable: ClassVar[bool] = True
    """Whether this program can train it."""

    def __post_init__(self) -> None:
        _require(self.resolution in RESOLUTIONS, f"resolution must be one of {RESOLUTIONS}, got {self.resolution}")
        blocks = self.resolution.bit_length() - 3
        _require(len(self.widths) == blocks + 1, f"{self.resolution} px needs {blocks + 1} widths, got {self.widths}")
        _require(min(self.widths) >= 1, f"widths must be positive, got {self.widths}")
        _require(self.noise_chunk >= 1, f"noise_chunk must be at least 1, got {self.noise_chunk}")
        _require(self.feature_dim >= 0 and self.num_classes >= 0, "feature_dim and num_classes must not be negative")
        _require_clusters(self.clusters, self.feature_dim)
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
    def condition_dim(self) -> int:
        """Length of the condition vector: class embedding, then instance embedding."""
        return (self.class_embed_dim if self.num_classes else 0) + (self.feature_embed_dim if self.feature_dim else 0)


@dataclass(frozen=True)
class StyleGan2Config:
    """The StyleGAN2 generator of IC-GAN: no classes, a style in place of a condition, truncation of the style."""

    resolution: int
    """Side of the pictures, px: a power of two from 8 to 1024."""
    widths: tuple[int, ...]
    """Channels at 4 px and after each doubling."""
    style_dim: int = setting(512, least=1)
    """Length of the style w, which modulates every layer."""
    noise_dim: int = setting(512, least=1)
    """Length of the noise vector."""
    feature_dim: int = setting(2048, least=1)
    """Length of the instance feature."""
    feature_embed_dim: int = setting(512, least=1)
    """Length of the embedded instance feature."""
    mapping_layers: int = setting(2, least=1, most=32)
    """Layers that make the style of noise and instance."""
    clamp: float = 256.0
    """Largest size of a value in the maps; 0 for no limit."""
    backbone: Literal["stylegan2"] = "stylegan2"
    """Tells these settings from a BigGAN's in a card."""
    num_classes: ClassVar[int] = 0
    """It knows no classes."""
    no_label: ClassVar[bool] = False
    """Without classes there is no label to leave out."""
    class_embed_dim: ClassVar[int] = 0
    """Without classes there is no embedding of them."""
    truncates_noise: ClassVar[bool] = False
    """Whether truncation is a matter of the noise: no, it pulls the style to the mean of all styles."""
    is_trainable: ClassVar[bool] = False
    """Whether this program can train it: no, it draws with the published ones."""

    def __post_init__(self) -> None:
        is_side = 8 <= self.resolution <= 1024 and self.resolution.bit_count() == 1
        _require(is_side, f"resolution must be a power of two from 8 to 1024, got {self.resolution}")
        count = self.resolution.bit_length() - 2
        _require(len(self.widths) == count, f"{self.resolution} px needs {count} widths, got {self.widths}")
        _require(min(self.widths) >= 1, f"widths must be positive, got {self.widths}")
        check_settings(self)
        _require(0 <= self.clamp < 1e6, f"clamp must be 0 or a positive number, got {self.clamp}")

    @property
    def blocks(self) -> int:
        """Number of doublings, each with a condition of its own."""
        return len(self.widths) - 1

    @property
    def condition_dim(self) -> int:
        """Length of the condition vector: the instance embedding."""
        return self.feature_embed_dim


NOT_TRAINABLE = "{title} cannot be trained on: only BigGAN networks are. Choose another one."
"""What is said of a generator that is not ``is_trainable``."""
AnyGeneratorConfig = GeneratorConfig | StyleGan2Config
"""What a model card describes; every use but building the network goes by what both have."""


@dataclass(frozen=True)
class DiscriminatorConfig(_Conditioned):
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
    clusters: int = 0
    """Clusters of features, see ``GeneratorConfig``."""

    def __post_init__(self) -> None:
        _require(self.resolution in RESOLUTIONS, f"resolution must be one of {RESOLUTIONS}, got {self.resolution}")
        blocks = 4 if self.resolution == 32 else self.resolution.bit_length() - 2
        _require(len(self.widths) == blocks, f"{self.resolution} px needs {blocks} widths, got {self.widths}")
        _require(self.pool in ("sum", "mean"), f'pool must be "sum" or "mean", got {self.pool!r}')
        _require(0 <= self.leaky_slope < 1, f"leaky_slope must be in [0, 1), got {self.leaky_slope}")
        _require_clusters(self.clusters, self.feature_dim)

    @property
    def downsamples(self) -> tuple[bool, ...]:
        """Whether each block halves the side: all but the last, at 32 px only the first two."""
        if self.resolution == 32:
            return (True, True, False, False)
        return (True,) * (len(self.widths) - 1) + (False,)


@dataclass(frozen=True)
class ProjectedConfig(_Conditioned):
    """The projected discriminator: small heads that look through a trained network, which stays as it is."""

    feature_dim: int = 0
    """Length of the instance feature; 0 for none."""
    num_classes: int = 0
    """Number of class labels; 0 for none."""
    no_label: bool = False
    """Whether one more embedding means "no label"; it is the last row of the class table."""
    input_side: int = 128
    """Side to which pictures are brought for the trained network, px."""
    widths: tuple[int, int, int, int] = (32, 64, 128, 256)
    """Channels of the four mixed maps, from 1/4 to 1/32 of the input's side."""
    largest_width: int = 256
    """Channels of a head at most; each halving of the side doubles them up to here."""
    outputs: int = 64
    """Numbers that a head gives for a picture, before they meet the condition."""
    seed: int = 0
    """Of the fixed random weights that mix the maps."""
    clusters: int = 0
    """Clusters of features, see ``GeneratorConfig``."""

    def __post_init__(self) -> None:
        _require(self.feature_dim >= 0 and self.num_classes >= 0, "feature_dim and num_classes must not be negative")
        _require(self.feature_dim > 0 or self.num_classes > 0, "a projected discriminator needs instances or classes")
        _require(
            self.input_side % 32 == 0 and self.input_side >= 64, f"input_side must be 64, 96, …: {self.input_side}"
        )
        _require(len(self.widths) == 4 and min(self.widths) >= 1, f"four widths are needed, got {self.widths}")
        _require(self.largest_width >= 1 and self.outputs >= 1, "largest_width and outputs must be positive")
        _require_clusters(self.clusters, self.feature_dim)


class Discriminators(StrEnum):
    """Which networks judge in a run."""

    PIXEL = "pixel"
    """One that sees pixels and learns everything itself."""
    PROJECTED = "projected"
    """Heads on a network trained on ImageNet (Sauer et al. 2021)."""
    BOTH = "both"
    """Both, side by side (Kumari et al. 2022)."""


class Losses(StrEnum):
    """What a pixel discriminator and the generator beside it are trained by."""

    LOGISTIC = "logistic"
    """Non-saturating, with R1."""
    HINGE = "hinge"
    """As published."""


class Decay(StrEnum):
    """How both learning rates fall towards the last update."""

    NONE = "none"
    LINEAR = "linear"
    COSINE = "cosine"


@dataclass(frozen=True)
class TrainConfig:
    """Adversarial training; the defaults are what trained best on a few thousand photos, from scratch.

    The options of ``icgan-demo train`` are those fields that have a help.
    """

    steps: int = setting(4000, "Generator updates.", least=1, most=10_000_000)
    """One update sees ``batch_size`` pictures."""
    minutes: float = setting(0.0, "Time limit in minutes.", least=0, most=1_000_000)
    """The run then ends as if its steps were reached; 0 for no limit."""
    batch_size: int = setting(64, "Images per update, over all processes.", least=2)
    accumulate: int = setting(1, "Parts of an update, to save memory.", least=1)
    checkpoint_every: int = setting(250, "Updates between checkpoints.", least=1)
    sheet_every: int = setting(250, "Updates between sample sheets.", least=1)
    metrics_every: int = setting(500, "Updates between evaluations; 0 for none.", least=0)
    seed: int = setting(0, "Seed of every random choice.")
    held_out: float = setting(0.1, "Share of images held out to see overfitting; 0 for none.", within="[0, 0.3]")
    """Of every class; none where that would be fewer than eight pictures."""
    conditioning: Conditioning = setting(
        Conditioning.INSTANCE_AND_CLASS,
        "none, class, partition, instance or instance-and-class; default: the base's.",
    )
    """What the networks are told; without classes, the last one is the instance alone."""
    clusters: int = setting(50, "Clusters of a partition; default: by the number of images.", least=2, most=10_000)
    neighbours: int = setting(20, "Size of a neighbourhood; default: by the number of images.", least=1)
    """Real pictures that count as relatives of an instance."""
    include_self: bool = setting(False, "Count an instance as its own neighbour.")
    freeze: int = setting(0, "Lower discriminator blocks to freeze.", least=0)
    """FreezeD, Mo et al. 2020."""
    augment: tuple[str, ...] = setting(("translation",), "Comma-separated: translation, cutout, color, light; or none.")
    """Differentiable augmentation of what the discriminator sees."""
    discriminator: Discriminators = setting(Discriminators.PIXEL, "pixel, projected or both; default: the base's.")
    projected_weight: float = setting(0.25, "Weight of the projected discriminator beside pixel.", within="(0, 100]")
    """Of the projected heads' sum in the generator's loss, beside the pixel discriminator; alone it is 1."""
    loss: Losses = setting(Losses.LOGISTIC, "logistic (with R1), or hinge (as published).")
    lr_generator: float = setting(3e-4, "Learning rate of the generator.")
    lr_discriminator: float = setting(1.5e-4, "Learning rate of the discriminator.")
    warmup: int = setting(0, "Updates over which the learning rates rise.", least=0)
    decay: Decay = setting(Decay.NONE, "Decay of the learning rates: none, linear or cosine.")
    clip_norm: float = setting(0.0, "Maximum gradient norm of a network; 0 for no limit.", least=0)
    r1_gamma: float = setting(0.5, "Weight of the gradient penalty; 0 for none.", least=0)
    r1_gamma_end: float | None = setting(None, "Weight of the gradient penalty at the last update.")
    """Reached linearly; None keeps it constant."""
    r1_every: int = setting(8, least=1)
    """Discriminator updates between penalties, each then weighted by this number."""
    mismatch: float = setting(0.0, "Weight of real images with the condition of another instance.", within="[0, 10]")
    """The discriminator then learns to refuse real pictures beside another instance's condition: what is drawn comes
    nearer to its instance and varies less (Reed et al. 2016). 0 leaves them out."""
    grid_weight: float = setting(0.0, "Weight of the penalty on a fine grid; 0 for none.", within="[0, 10]")
    """In the generator's loss: what is drawn is to have the power of photos at the periods of upsampling."""
    discriminator_first: int = setting(0, "Updates of the discriminator alone at the start.", least=0)
    """At the start: for a fresh one beside a trained generator."""
    discriminator_steps: int = setting(1, least=1)
    """Discriminator updates before each generator update."""
    frozen_statistics: bool = setting(False, "Normalise with the stored batch-norm statistics.")
    pictures_per_instance: int = setting(4, "Images of one instance in a batch.", least=1)
    """They stand together. The discriminator's minibatch deviation then compares how much neighbours of one instance
    differ with how much what is drawn for one does, and a generator that ignores its noise is found out."""
    label_dropout: float = setting(0.25, "Share of labels withheld, 0 to 1.", within="[0, 1]")
    ema_decay: float = setting(0.999, "Decay of the averaged generator.", within="[0, 1)")
    """Reached after a warm-up."""
    beta2: float = 0.99
    """Adam's second decay; the first is 0."""
    precision: Precision = setting(Precision.AUTO, "auto, float32 or bfloat16.")
    """"auto": the faster one on this machine, timed when the run starts."""

    def __post_init__(self) -> None:
        check_settings(self)
        _require(self.batch_size % self.accumulate == 0, "batch_size must be a multiple of accumulate")
        _require(0 < self.lr_generator < 1 and 0 < self.lr_discriminator < 1, "learning rates must be between 0 and 1")
        _require(
            self.mismatch == 0 or self.batch_size >= 2 * self.pictures_per_instance,
            f"mismatch needs a batch of at least two instances with {self.pictures_per_instance} images each",
        )
        unknown = set(self.augment) - {"translation", "cutout", "color", "light"}
        _require(not unknown, f"augment knows translation, cutout, color and light, got {sorted(unknown)}")


MEGABYTE = 1_000_000
VISITOR = "visitor"
"""Where a request's scope holds the address that it came from."""


@dataclass(frozen=True)
class Limits:
    """What visitors may draw at once, train with, and on what; the page, its messages and the tests read it here.

    The defaults are for a page whose visitors are trusted, see ``PUBLIC_LIMITS`` for one that strangers reach.
    """

    is_public: bool = False
    """Whether strangers reach the page: they see nothing of each other, and runs are gone after a restart."""
    drawn_at_once: int = 1_000
    """Pictures that one request may draw, ranked candidates and frames of a film included; no request needs more."""
    asked_at_once: int = 1_000
    """Requests that one visitor may have in the queue and at work."""
    asked_from_one_address: int = 1_000
    """The same for all visitors, and programs, of one address."""
    upload_bytes: int = 200 * MEGABYTE
    """One upload, all of its files together; each of them may be that large."""
    project_bytes: int = 200 * MEGABYTE
    """A training project, all of its files together; one upload may hold that much, but on a public page."""
    uploads_of_one_address: int = 2_000 * MEGABYTE
    """All uploads of one address within an hour, which is how long they are kept; the space for all is 2 GB."""
    archive_members: int = 2_000
    """Entries of a zip."""
    archive_bytes: int = 200 * MEGABYTE
    """What a zip may expand to, counted while it is read."""
    min_pictures: int = 10
    """Different pictures that a training needs."""
    pictures: int = 2_000
    """Pictures of a training set."""
    set_bytes: int = 2_000 * MEGABYTE
    """A training set on the disk, after its pictures were shrunk."""
    reading_s: float = 300.0
    """Time that reading one upload may take."""
    bank_pictures: int = 10_000
    """Pictures of a bank."""
    bank_bytes: int = 200 * MEGABYTE
    """A bank's file."""
    bank_s: float = 3_600.0
    """Time that building one bank may take."""
    kept_banks: int = 500
    """Banks that are kept; beyond it the oldest go."""
    larger_images: int = 5_000
    """New images of a set that is made larger."""
    larger_s: float = 1_800.0
    """Time that making one larger may take; what there is by then is the set. Files of a page go after an hour."""
    steps: int = 20_000
    """Generator updates of one run."""
    minutes: float = 24 * 60.0
    """Length of one run."""
    waiting_runs: int = 20
    """Runs that may wait for the running one."""
    kept_runs: int = 1_000
    """Ended runs that are kept; beyond it the oldest go."""
    free_disk_bytes: int = 2_000 * MEGABYTE
    """Space that must be left for a run to start."""
    free_memory_bytes: int = 1_500 * MEGABYTE
    """Memory that must be left for a run to start."""
    silence_s: float = 60.0
    """A run that gives no sign of life for so long is ended; it can be resumed."""

    def __post_init__(self) -> None:
        for name, value in self.__dict__.items():
            _require(name == "is_public" or value >= 0, f"{name} must not be negative, got {value}")
        _require(self.drawn_at_once >= 1, f"drawn_at_once must be at least 1, got {self.drawn_at_once}")
        _require(self.min_pictures >= 2, f"min_pictures must be at least 2, got {self.min_pictures}")

    @property
    def largest_upload(self) -> int:
        """Bytes that one upload may have, whatever is in it."""
        return self.upload_bytes if self.is_public else max(self.upload_bytes, self.project_bytes)


PUBLIC_LIMITS = Limits(
    is_public=True,
    drawn_at_once=240,
    asked_at_once=6,
    asked_from_one_address=8,
    upload_bytes=25 * MEGABYTE,
    uploads_of_one_address=1_000 * MEGABYTE,
    set_bytes=500 * MEGABYTE,
    reading_s=120.0,
    bank_bytes=25 * MEGABYTE,
    bank_s=600.0,
    kept_banks=40,
    larger_images=400,
    larger_s=600.0,
    steps=2_000,
    minutes=20.0,
    waiting_runs=4,
    kept_runs=20,
)


@dataclass(frozen=True)
class EmbedPlan:
    """How a bank's folder is filled."""

    name: str = ""
    """Of the bank; empty for that of the first source."""
    shard_pictures: int = setting(4_096, least=1)
    """Images in one file, the most that an interruption costs; those that cannot be used included."""
    has_thumbnails: bool = False
    """Whether a small picture of each is kept, about a kilobyte."""

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True)
class LargerSetPlan:
    """How a set of images is made larger by new neighbours of each."""

    per_picture: int = setting(4, "New images of each given one.", least=1, most=64)
    truncation: float = setting(
        TRUNCATION, "0.05 (all alike) to 1 (widest variety).", within=f"[{MIN_TRUNCATION}, {MAX_TRUNCATION}]"
    )
    seed: int = setting(0, "Seed of the first image; the others follow.", least=0, most=MAX_SEED)
    without_classes: bool = setting(
        False, "Leave the class to each given image, even where the model knows that of its folder."
    )

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True)
class IndexPlan:
    """When an index is approximate, how it is built, and what it must find."""

    exact_up_to: int = setting(200_000, least=0)
    """Rows among which every one is compared."""
    aim: float = setting(0.99, within="[0, 1]")
    """Share of the true neighbours that a search should find: so many cells are looked into."""
    least: float = setting(0.95, within="[0, 1]")
    """Share below which an index is refused."""
    most_probes: int = setting(512, least=1)
    """Cells that a search may look into at most: each costs time."""
    judged: int = setting(10, least=1)
    """Neighbours of a query that are counted when this is measured."""
    queries: int = setting(500, least=1)
    """Rows that are looked for when this is measured."""
    cells_per_root: float = setting(3.0, above=0)
    """Cells, as a multiple of the square root of the number of rows."""
    learned_from: int = setting(40, least=1)
    """Rows for each cell from which the cells' centres are learned."""
    iterations: int = setting(10, least=1)
    """Of k-means."""
    segment_rows: int = setting(1_000_000, least=1)
    """Rows in one file; bounds the memory that building takes."""

    def __post_init__(self) -> None:
        check_settings(self)

    def cells(self, count: int) -> int:
        """Return the number of cells for so many rows."""
        return max(1, min(count, round(self.cells_per_root * math.sqrt(count))))


EMBED_PLAN, INDEX_PLAN = EmbedPlan(), IndexPlan()
