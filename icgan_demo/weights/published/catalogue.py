"""The published IC-GAN models of both backbones and their encoders: what exists, from where, on what terms."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from icgan_demo.config import AnyGeneratorConfig, DiscriminatorConfig, GeneratorConfig, StyleGan2Config
from icgan_demo.weights.cards import Licence

GENERATOR_WIDTHS = {
    32: (4, 4, 4, 4),
    64: (16, 16, 8, 4, 2),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
}
"""Channels at 4 px and after each block, in units of the width multiplier.  Source: BigGAN as in IC-GAN."""
DISCRIMINATOR_WIDTHS = {
    32: (4, 4, 4, 4),
    64: (1, 2, 4, 8, 16),
    128: (1, 2, 4, 8, 16, 16),
    256: (1, 2, 4, 8, 8, 16, 16),
}
"""Channels after each block, in units of the width multiplier."""
STYLE_CHANNELS = 16384
"""Channels of the StyleGAN2 networks times the side of their maps, but at most 512 channels."""
FEATURE_DIM = 2048
"""Length of the ResNet-50 features that every published model is conditioned on."""
NOISE_DIM = 120
"""Noise length of every published model, before rounding down to whole chunks."""

MIRROR = "facebook/ic_gan"
MIRROR_REVISION = "b858b00cf9c5ce8a90d0a8c326f8068c77807e72"
ORIGIN = "https://dl.fbaipublicfiles.com"
STORED_INSTANCES = "stored_instances"


CC_BY_NC = Licence(
    "CC BY-NC 4.0",
    "https://creativecommons.org/licenses/by-nc/4.0/",
    "IC-GAN weights by Casanova et al. (Meta AI), CC BY-NC 4.0: not for commercial use; trained on {data}.",
)


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be fetched by name."""

    name: str
    """File name, also on this machine."""
    url: str
    """Original address below the origin, or a full address."""
    mirror_path: str = ""
    """Path in the Hub mirror at the pinned revision; empty where the mirror does not have it."""
    sha256_prefix: str = ""
    """First hex digits of the published SHA-256, where one is published."""
    megabytes: int | None = None
    """Approximate size, for display before the download."""
    first_bytes: tuple[bytes, ...] = (b"\x1f\x8b",)
    """What the file may start with; a web page in its place is recognised by this."""


@dataclass(frozen=True)
class EncoderWeights:
    """Published weights of a ResNet-50 encoder."""

    kind: str
    title: str
    remote: RemoteFile
    licence: Licence


TORCH_FILE = (b"PK\x03\x04", b"\x80\x02")
"""A torch file starts as a zip, one written before 2020 as a pickle of protocol 2."""

ENCODER_WEIGHTS = {
    weights.kind: weights
    for weights in (
        EncoderWeights(
            "resnet50-swav",
            "ResNet-50, self-supervised with SwAV, 800 epochs",
            RemoteFile(
                "swav_800ep_pretrain.pth.tar",
                "deepcluster/swav_800ep_pretrain.pth.tar",
                megabytes=108,
                first_bytes=TORCH_FILE,
            ),
            Licence(
                "CC BY-NC 4.0",
                "https://github.com/facebookresearch/swav/blob/main/LICENSE",
                "SwAV weights by Caron et al. 2020: not for commercial use.",
            ),
        ),
        EncoderWeights(
            "resnet50-supervised",
            "ResNet-50, supervised on ImageNet (torchvision, first version)",
            RemoteFile(
                "resnet50-19c8e357.pth",
                "https://download.pytorch.org/models/resnet50-19c8e357.pth",
                sha256_prefix="19c8e357",
                megabytes=98,
                first_bytes=TORCH_FILE,
            ),
            Licence(
                "BSD-3-Clause",
                "https://github.com/pytorch/vision/blob/main/LICENSE",
                "torchvision weights, BSD-3-Clause; trained on ImageNet, whose images are for research use only.",
            ),
        ),
        EncoderWeights(
            "resnet50-imagenet-lt",
            "ResNet-50, supervised on ImageNet-LT",
            RemoteFile(
                "resnet50_uniform_e90.pth",
                "classifier-balancing/ImageNet_LT/models/resnet50_uniform_e90.pth",
                megabytes=98,
                first_bytes=TORCH_FILE,
            ),
            Licence(
                "BSD-3-Clause",
                "https://github.com/facebookresearch/classifier-balancing/blob/main/LICENSE",
                "Weights by Kang et al. 2020, BSD; trained on ImageNet-LT, whose images are for research use only.",
            ),
        ),
    )
}


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A published model of either backbone."""

    name: str
    """Name of its archive and of its folder in the model list."""
    title: str
    data: str
    resolution: int
    class_conditional: bool
    encoder: str
    """Kind of the encoder whose features it is conditioned on."""
    neighbours: int
    """k of its training neighbourhoods."""
    megabytes: int
    """Size of its archive: in the Hub mirror as listed, elsewhere estimated from the parameters."""
    in_mirror: bool = False
    """Whether the Hub mirror has it, and not only the authors' own server."""

    @property
    def remote(self) -> RemoteFile:
        """Where its archive is."""
        file = f"{self.name}.tar.gz"
        in_mirror = f"pretrained_models_path/{file}" if self.in_mirror else ""
        return RemoteFile(file, f"ic_gan/{file}", in_mirror, megabytes=self.megabytes)

    @property
    def licence(self) -> Licence:
        """Its terms, with the data named."""
        return Licence(CC_BY_NC.name, CC_BY_NC.url, CC_BY_NC.note.format(data=self.data))

    @property
    def generator(self) -> AnyGeneratorConfig:
        """Settings of its generator."""
        raise NotImplementedError

    @property
    def stored_instances(self) -> str | None:
        """Name of the file with its 1,000 stored instances; None where the authors stored none."""
        feature = {"resnet50-swav": "selfsupervised", "resnet50-supervised": "classification"}.get(self.encoder)
        data = "coco" if "coco" in self.name else "imagenet"
        return feature and f"{data}_res{self.resolution}_rn50_{feature}_kmeans_k1000_instance_features.npy"


@dataclass(frozen=True, kw_only=True)
class PublishedBigGan(PublishedModel):
    """One of the thirteen BigGAN configurations of the paper."""

    width: int
    """The width multiplier that all channel numbers are a multiple of."""
    attention: int
    """Side of the feature map that is followed by self-attention."""

    @property
    def generator(self) -> GeneratorConfig:
        """Settings of its generator."""
        widths = tuple(self.width * unit for unit in GENERATOR_WIDTHS[self.resolution])
        return GeneratorConfig(
            resolution=self.resolution,
            widths=widths,
            noise_chunk=NOISE_DIM // len(widths),
            feature_dim=FEATURE_DIM,
            num_classes=1000 if self.class_conditional else 0,
            attention=(self.attention,),
        )

    @property
    def discriminator(self) -> DiscriminatorConfig:
        """Settings of the discriminator it was trained with, which was not published."""
        return DiscriminatorConfig(
            resolution=self.resolution,
            widths=tuple(self.width * unit for unit in DISCRIMINATOR_WIDTHS[self.resolution]),
            feature_dim=FEATURE_DIM,
            num_classes=1000 if self.class_conditional else 0,
            attention=(self.attention,),
        )


@dataclass(frozen=True, kw_only=True)
class PublishedStyleGan2(PublishedModel):
    """One of the two StyleGAN2 configurations of the paper."""

    @property
    def generator(self) -> StyleGan2Config:
        """Settings of its generator: channels halve with every doubling from 64 px on."""
        sides = (4 << index for index in range(self.resolution.bit_length() - 2))
        return StyleGan2Config(self.resolution, tuple(min(512, STYLE_CHANNELS // side) for side in sides))


def _imagenet(resolution: int, width: int, sizes: tuple[int, int], half: bool = False) -> list[PublishedBigGan]:
    suffix, extra = ("_halfcap", ", half width") if half else ("", "")
    attention = 32 if resolution == 64 else 64
    return [
        PublishedBigGan(
            name=f"{prefix}icgan_biggan_imagenet_res{resolution}{suffix}",
            title=f"IC-GAN ImageNet {resolution}{extra}" + (", with classes" if prefix else ""),
            data="ImageNet",
            resolution=resolution,
            width=width,
            attention=attention,
            class_conditional=bool(prefix),
            encoder=encoder,
            neighbours=50,
            megabytes=size,
            in_mirror=True,
        )
        for prefix, encoder, size in zip(("", "cc_"), ("resnet50-swav", "resnet50-supervised"), sizes, strict=True)
    ]


BIGGAN = {
    model.name: model
    for model in (
        *_imagenet(64, 64, (136, 141)),
        *_imagenet(128, 96, (287, 294)),
        *_imagenet(256, 96, (335, 343)),
        *_imagenet(256, 64, (159, 165), half=True),
        *(
            PublishedBigGan(
                name=f"cc_icgan_biggan_imagenetlt_res{resolution}",
                title=f"IC-GAN ImageNet-LT {resolution}, with classes",
                data="ImageNet-LT",
                resolution=resolution,
                width=64,
                attention=32 if resolution == 64 else 64,
                class_conditional=True,
                encoder="resnet50-imagenet-lt",
                neighbours=5,
                megabytes=size,
            )
            for resolution, size in ((64, 141), (128, 142), (256, 165))
        ),
        *(
            PublishedBigGan(
                name=f"icgan_biggan_coco_res{resolution}",
                title=f"IC-GAN COCO-Stuff {resolution}",
                data="COCO-Stuff",
                resolution=resolution,
                width=48,
                attention=64,
                class_conditional=False,
                encoder="resnet50-swav",
                neighbours=5,
                megabytes=size,
            )
            for resolution, size in ((128, 83), (256, 96))
        ),
    )
}
"""The published BigGAN models by name."""
STYLEGAN2 = {
    model.name: model
    for model in (
        PublishedStyleGan2(
            name=f"icgan_stylegan2_coco_res{resolution}",
            title=f"IC-GAN COCO-Stuff {resolution}, StyleGAN2",
            data="COCO-Stuff",
            resolution=resolution,
            class_conditional=False,
            encoder="resnet50-swav",
            neighbours=5,
            megabytes=size,
        )
        for resolution, size in ((128, 270), (256, 275))
    )
}
"""The published StyleGAN2 models by name; an archive holds two generators and a discriminator."""
PUBLISHED: dict[str, PublishedModel] = {**BIGGAN, **STYLEGAN2}
"""Every published model by name, in the order in which the page lists them."""

STORED_INSTANCES_FILE = RemoteFile(f"{STORED_INSTANCES}.tar.gz", f"ic_gan/{STORED_INSTANCES}.tar.gz")


@cache
def imagenet_class_names() -> tuple[str, ...]:
    """Return the 1,000 ImageNet class names, unique, in the order of the sorted WordNet ids."""
    path = Path(__file__).parents[2] / "data" / "imagenet_classes.json"
    return tuple(json.loads(path.read_text(encoding="utf-8"))["names"])
