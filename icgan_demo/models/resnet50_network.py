"""The ResNet-50 that published IC-GAN models take their features from."""

from torch import nn


def build_resnet50() -> nn.Module:
    """Return torchvision's ResNet-50 without its classifier: images (N, 3, S, S) to average-pooled (N, 2048)."""
    from torchvision.models import resnet50  # takes two seconds to import, which only those who use it should wait

    network = resnet50(weights=None)
    network.fc = nn.Identity()
    return network
