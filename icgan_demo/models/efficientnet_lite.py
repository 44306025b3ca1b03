"""EfficientNet-Lite0: the trained eyes of the encoder and of the projected discriminator."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH_NORM_EPS = 1e-3
STEM_WIDTH, POOLED_WIDTH, CLASSES = 32, 1280, 1000
MAP_WIDTHS = (24, 40, 112, 320)
"""Channels of the four inner maps, at 1/4, 1/8, 1/16 and 1/32 of the input's side."""


@dataclass(frozen=True)
class Stage:
    """Blocks of one width."""

    width: int
    repeats: int
    kernel: int
    stride: int
    """Of the first block."""
    expansion: int
    has_map: bool = False
    """Whether its output is one of the inner maps."""


STAGES = (
    Stage(16, 1, 3, 1, 1),
    Stage(24, 2, 3, 2, 6, has_map=True),
    Stage(40, 2, 5, 2, 6, has_map=True),
    Stage(80, 3, 3, 2, 6),
    Stage(112, 3, 5, 1, 6, has_map=True),
    Stage(192, 4, 5, 2, 6),
    Stage(320, 1, 3, 1, 6, has_map=True),
)


class SameConv(nn.Conv2d):
    """Convolution with TensorFlow's "same" padding: where the padding is odd, the larger part is right and below."""

    def __init__(self, in_width: int, out_width: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(in_width, out_width, kernel, stride, padding, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, O, ceil(H / stride), ceil(W / stride)) of ``x`` (N, C, H, W)."""
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        if stride == 1:
            return super().forward(x)
        missing = [max(0, (-(-side // stride) - 1) * stride + kernel - side) for side in (x.shape[3], x.shape[2])]
        if self.groups == 1:
            x = F.pad(x, [part for total in missing for part in (total // 2, total - total // 2)])
            return super().forward(x)
        # Filtering everywhere and keeping every other position costs no more than padding, and the gradient of a
        # strided depthwise convolution in bfloat16 takes six times as long.
        across, down = (kernel // 2 - total // 2 for total in missing)
        everywhere = F.conv2d(x, self.weight, self.bias, padding=kernel // 2, groups=self.groups)
        return everywhere[:, :, down::stride, across::stride]


class InvertedResidual(nn.Module):
    """Expand by a 1x1 convolution, filter each channel by itself, reduce by a 1x1 convolution; no squeeze, ReLU6."""

    def __init__(self, in_width: int, out_width: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = in_width * expansion
        self.is_residual = stride == 1 and in_width == out_width
        self.expand = SameConv(in_width, inner, 1) if expansion > 1 else None
        self.depthwise = SameConv(inner, inner, kernel, stride, groups=inner)
        self.reduce = SameConv(inner, out_width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, out_width, H', W') of ``x`` (N, in_width, H, W)."""
        h = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        h = self.reduce(F.relu6(self.depthwise(h), inplace=True))
        return h + x if self.is_residual else h


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 with its batch norms folded into the convolutions; it draws conclusions and never learns.

    Source: Tan and Le 2019 (EfficientNet) in Google's "Lite" form: no squeeze-and-excitation, ReLU6 for SiLU.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_WIDTH, 3, 2)
        self.stages = nn.ModuleList()
        width = STEM_WIDTH
        for stage in STAGES:
            blocks = nn.Sequential()
            for index in range(stage.repeats):
                stride = stage.stride if index == 0 else 1
                blocks.append(InvertedResidual(width, stage.width, stage.kernel, stride, stage.expansion))
                width = stage.width
            self.stages.append(blocks)
        self.head = SameConv(width, POOLED_WIDTH, 1)
        self.classifier = nn.Linear(POOLED_WIDTH, CLASSES)

    def maps(self, images: Tensor) -> list[Tensor]:
        """Return the four inner maps of ``images`` (N, 3, S, S), float in [-1, 1]: (N, MAP_WIDTHS[i], S / 4, ...)."""
        x, found = F.relu6(self.stem(images), inplace=True), []
        for stage, blocks in zip(STAGES, self.stages, strict=True):
            x = blocks(x)
            if stage.has_map:
                found.append(x)
        return found

    def forward(self, images: Tensor) -> Tensor:
        """Return pooled features (N, 1280), non-negative, of ``images`` (N, 3, S, S), float in [-1, 1]."""
        return F.relu6(self.head(self.maps(images)[-1]), inplace=True).mean(dim=(2, 3))


def folded(tensors: Mapping[str, Tensor]) -> EfficientNetLite0:
    """Return the network with the weights of a trained one, frozen and evaluated.

    Args:
        tensors: in the order of timm's ``tf_efficientnet_lite0``: each convolution's weight (its name is not looked
            at), then gain, bias, mean, variance and count of its batch norm; at the end the classifier.
    Raises:
        ValueError: if number or shapes are others.
    """
    network = EfficientNetLite0()
    convolutions = [module for module in network.modules() if isinstance(module, SameConv)]
    values = list(tensors.values())
    if len(values) != 6 * len(convolutions) + 2:
        raise ValueError(f"{6 * len(convolutions) + 2} tensors are needed, got {len(values)}")
    for index, layer in enumerate(convolutions):
        weight, gain, bias, mean, variance = values[6 * index : 6 * index + 5]
        _check(weight, layer.weight)
        for value in (gain, bias, mean, variance):
            _check(value, layer.bias)
        factor = gain / (variance + BATCH_NORM_EPS).sqrt()
        layer.weight.data = weight * factor[:, None, None, None]
        layer.bias.data = bias - mean * factor  # type: ignore[union-attr]
    for value, parameter in zip(values[-2:], network.classifier.parameters(), strict=True):
        _check(value, parameter)
        parameter.data = value.clone()
    return network.eval().requires_grad_(False)


def _check(value: Tensor, place: Tensor | None) -> None:
    assert place is not None
    if value.shape != place.shape or not torch.isfinite(value).all():
        raise ValueError(f"a finite tensor of shape {tuple(place.shape)} is needed, got {tuple(value.shape)}")
