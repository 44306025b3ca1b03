"""Random views of pictures for self-supervised learning, made in one batch on the tensor's device."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def random_views(images: Tensor, side: int, source: torch.Generator, min_area: float = 0.2) -> Tensor:
    """Return one random view of every image: resized crop, flip, colour jitter, sometimes grey.

    Hue moves little, because colour is much of what tells one kind of produce from another.

    Args:
        images: shape (N, 3, S, S), float in [-1, 1].
        side: side of the views in px.
        source: CPU generator; the views depend on it alone.
        min_area: smallest part of the picture's area that a crop keeps.
    Returns:
        Views of shape (N, 3, side, side), float, about [-1, 1].
    Source: SimCLR, Chen et al. 2020, appendix A (crop, flip, colour; blur left out at this size).
    """
    return _jitter(_crop(images, side, source, min_area), source)


def _uniform(count: int, low: float, high: float, source: torch.Generator) -> Tensor:
    return torch.empty(count).uniform_(low, high, generator=source)


def _crop(images: Tensor, side: int, source: torch.Generator, min_area: float) -> Tensor:
    count = len(images)
    area = _uniform(count, min_area, 1.0, source)
    aspect = torch.exp(_uniform(count, math.log(3 / 4), math.log(4 / 3), source))
    width = (area * aspect).sqrt().clamp(max=1)  # of the picture's side
    height = (area / aspect).sqrt().clamp(max=1)
    x = _uniform(count, -1, 1, source) * (1 - width)
    y = _uniform(count, -1, 1, source) * (1 - height)
    flip = torch.where(_uniform(count, 0, 1, source) < 0.5, -1.0, 1.0)
    zero = torch.zeros(count)
    theta = torch.stack([torch.stack([width * flip, zero, x], 1), torch.stack([zero, height, y], 1)], 1)
    grid = F.affine_grid(theta.to(images), [count, 3, side, side], align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _jitter(images: Tensor, source: torch.Generator) -> Tensor:
    count = len(images)

    def factor(spread: float) -> Tensor:
        return _uniform(count, 1 - spread, 1 + spread, source).to(images)[:, None, None, None]

    unit = images * 0.5 + 0.5
    unit = unit * factor(0.4)
    grey = _grey(unit)
    unit = (unit - grey.mean(dim=(2, 3), keepdim=True)) * factor(0.4) + grey.mean(dim=(2, 3), keepdim=True)
    unit = (unit - _grey(unit)) * factor(0.4) + _grey(unit)
    angle = _uniform(count, -0.05, 0.05, source) * 2 * math.pi
    unit = torch.einsum("nij,njhw->nihw", _hue_rotation(angle).to(images), unit)
    is_grey = (_uniform(count, 0, 1, source) < 0.1).to(images.device)[:, None, None, None]
    return torch.where(is_grey, _grey(unit).expand_as(unit), unit).clamp(0, 1) * 2 - 1


def _grey(unit: Tensor) -> Tensor:
    weights = unit.new_tensor([0.299, 0.587, 0.114])[None, :, None, None]
    return (unit * weights).sum(dim=1, keepdim=True)


def _hue_rotation(angle: Tensor) -> Tensor:
    """Matrices of shape (N, 3, 3) that turn RGB about the grey axis in YIQ by ``angle`` radians."""
    to_yiq = torch.tensor([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    turn = torch.zeros(len(angle), 3, 3)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    return to_yiq.inverse() @ turn @ to_yiq
