"""Convolutions whose weights are arranged once as the processor's kernels want them."""

import functools
import logging

import torch
import torch.nn.functional as F
from torch import Tensor

logger = logging.getLogger(__name__)

SETTINGS = ([0, 0], [1, 1], [1, 1])
"""Padding, stride and dilation."""
STRIDE_2 = [2, 2]


class PackedConv:
    """Convolution without padding, for maps of one size, its weight packed when it meets the first of them.

    ``F.conv2d`` arranges the weight on every call, which for small maps takes longer than the convolution. The packed
    form goes through operators that torch keeps for its own compiler; where they are missing, ``F.conv2d`` serves.
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Prepare for a weight (K, C, h, w)."""
        self.width = len(weight)
        self._weight = weight.to(dtype).contiguous()
        self._packed_for: torch.Size | None = None

    def __call__(self, x: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the convolution (H', W', K) of a contiguous map (H, W, C), with a bias (K,)."""
        image = x[None].permute(0, 3, 1, 2)  # the layout that the library calls channels-last
        if can_pack(x.dtype):
            if self._packed_for is None:  # kernels, and the layouts they want, differ by the size of the map
                self._weight = _pack(self._weight, image.shape)
                self._packed_for = image.shape
            assert image.shape == self._packed_for, f"packed for {self._packed_for}, got {image.shape}"
            result = _packed_conv(image, self._weight, bias)
        else:
            result = F.conv2d(image, self._weight, bias)
        return result.permute(0, 2, 3, 1)[0]


class PackedDoubling:
    """Transposed convolution with stride 2 and without padding, for maps of one size; packed like ``PackedConv``."""

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        """Prepare for a weight (C, K, h, w)."""
        self._weight = weight.to(dtype).contiguous()
        self._packed_for: torch.Size | None = None

    def __call__(self, image: Tensor) -> Tensor:
        """Return maps (1, K, 2 H + h - 2, 2 W + w - 2) of ``image`` (1, C, H, W), both channels-last."""
        if not can_pack(image.dtype):
            return F.conv_transpose2d(image, self._weight, stride=2)
        if self._packed_for is None:
            self._weight = torch.ops.mkldnn._reorder_convolution_transpose_weight(
                self._weight, [0, 0], [0, 0], STRIDE_2, [1, 1], 1, list(image.shape)
            )
            self._packed_for = image.shape
        assert image.shape == self._packed_for, f"packed for {self._packed_for}, got {image.shape}"
        return torch.ops.mkldnn._convolution_transpose_pointwise(
            image, self._weight, None, [0, 0], [0, 0], STRIDE_2, [1, 1], 1, "none", [], ""
        )


def _pack(weight: Tensor, size: torch.Size) -> Tensor:
    return torch.ops.mkldnn._reorder_convolution_weight(weight, *SETTINGS, 1, list(size))


def _packed_conv(image: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._convolution_pointwise(image, weight, bias, *SETTINGS, 1, "none", [], "")


@functools.cache
def can_pack(dtype: torch.dtype) -> bool:
    """Return whether this version of torch has the operators for packed weights and they work on this machine."""
    image = torch.rand(1, 8, 4, 4).contiguous(memory_format=torch.channels_last).to(dtype)
    weight = torch.rand(8, 8, 1, 1).to(dtype)
    try:
        result = _packed_conv(image, _pack(weight, image.shape), None)
    except (AttributeError, RuntimeError) as error:
        logger.info("weights are not packed: %s", str(error).partition("\n")[0])
        return False
    return torch.allclose(result, F.conv2d(image, weight), atol=1e-5, rtol=torch.finfo(dtype).eps)
