"""A small ResNet of basic blocks with a deep stem, as timm builds it, without timm.

Importing timm imports torchvision and torch's compiler, two seconds before the first picture of a fresh process.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class BasicResNet(nn.Module):
    """Images (N, 3, S, S) to pooled features (N, widths[-1]); names and first weights are timm's.

    Source: He et al. 2016, Deep residual learning; the stem of three 3x3 convolutions is He et al. 2019, Bag of tricks.
    """

    def __init__(self, widths: Sequence[int], layers: Sequence[int], stem_pool: bool) -> None:
        """Make it with random weights.

        Args:
            widths: channels of the stages.
            layers: blocks in each stage.
            stem_pool: whether a max pooling halves the maps before the first block.
        """
        super().__init__()
        stem, first = widths[0] // 2, widths[0] // 2 * 2
        self.conv1 = nn.Sequential(
            _conv3x3(3, stem, stride=2), nn.BatchNorm2d(stem), nn.ReLU(inplace=True),
            _conv3x3(stem, stem), nn.BatchNorm2d(stem), nn.ReLU(inplace=True),
            _conv3x3(stem, first),
        )  # fmt: skip
        self.bn1 = nn.BatchNorm2d(first)
        self.act1 = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1) if stem_pool else nn.Identity()
        for stage, ((before, width), count) in enumerate(zip(pairwise((first, *widths)), layers, strict=True)):
            blocks = [_Block(before, width, stride=1 if stage == 0 else 2)]
            blocks += [_Block(width, width, stride=1) for _ in range(count - 1)]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.stages = len(layers)
        self.fc: nn.Module = nn.Identity()
        """Applied to the pooled features."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for module in self.modules():
            if isinstance(module, _Block):
                nn.init.zeros_(module.bn2.weight)  # each block begins as its shortcut

    def forward(self, images: Tensor) -> Tensor:
        """Return the features of images."""
        x = self.maxpool(self.act1(self.bn1(self.conv1(images))))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)  # (N, widths[stage], s, s)
        features: Tensor = self.fc(x.mean((2, 3)))
        return features


class _Block(nn.Module):
    def __init__(self, before: int, width: int, stride: int) -> None:
        super().__init__()
        # Made before the convolutions and named after them: random numbers are drawn in the order of making.
        downsample = None
        if stride != 1 or before != width:
            shortcut = nn.Conv2d(before, width, 1, stride=stride, bias=False)
            downsample = nn.Sequential(shortcut, nn.BatchNorm2d(width))
        self.conv1 = _conv3x3(before, width, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.act1 = nn.ReLU(inplace=True)
        self.conv2 = _conv3x3(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.act2 = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(self.act1(self.bn1(self.conv1(x)))))
        y += x if self.downsample is None else self.downsample(x)
        result: Tensor = self.act2(y)
        return result


def _conv3x3(before: int, width: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, width, 3, stride=stride, padding=1, bias=False)
