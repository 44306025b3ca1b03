"""The StyleGAN2 generator prepared for drawing: the same pictures as ``StyleGan2Generator``, the faster."""

import math
import threading
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.inference import filtered, tiles
from icgan_demo.inference.filtered import FilteredConv
from icgan_demo.inference.maps import bordered, strips
from icgan_demo.inference.scratch import Scratch
from icgan_demo.inference.tiles import shortcut_conv
from icgan_demo.models.stylegan2_generator import (
    EPS,
    FIR,
    GAIN,
    SLOPE,
    Dense,
    StyledConv,
    StyleGan2Generator,
    Synthesis,
    ToColours,
)


class PreparedConv:
    """A ``StyledConv`` with constant weights: the style scales its input, the normalisation its results.

    The gain after the leaky ReLU is part of what comes before it, for which it makes no difference.
    """

    def __init__(self, layer: StyledConv, dtype: torch.dtype) -> None:
        weight = layer.weight.detach()
        self.doubles = layer.doubles
        self.limit = layer.clamp
        self.width = len(weight)
        self._squares = weight.square().sum(dim=(2, 3))
        self._doubling = FilteredConv(weight, dtype) if layer.doubles else None
        self._conv = None if layer.doubles else shortcut_conv(weight, dtype)
        noise = layer.noise_const * layer.noise_strength.detach() * GAIN
        self._noise = noise.to(dtype)[:, :, None] if noise.any() else None
        self._bias = (layer.bias.detach() * GAIN).to(dtype)

    def __call__(self, x: Tensor, style: Tensor, scratch: Scratch) -> Tensor:
        """Return a map (R, R, K), taken from ``scratch``, from ``x`` (R, R, C), half of that if the layer doubles.

        Args:
            x: is scaled by the style in place.
            style: float32 (C,).
        """
        scale = GAIN * (self._squares @ style.square() + EPS).rsqrt()  # (K,)
        scale = scale.to(x.dtype)
        side, _, channels = x.shape
        factor = 2 if self.doubles else 1
        out = scratch.take(factor * side, factor * side, self.width)
        with scratch.frame():
            h = bordered(scratch, side, side, channels)
            torch.mul(x, style.to(x.dtype), out=h[1:-1, 1:-1])
            at_once = filtered.PIXELS_AT_ONCE if self.doubles else 4 * tiles.PIXELS_AT_ONCE
            for rows in strips(side, side, at_once):
                part = out[factor * rows.start : factor * rows.stop]
                if self._doubling is not None:
                    self._doubling(h[rows.start : rows.stop + 2], part, scratch)
                if self._conv is not None:
                    self._conv(h[rows.start : rows.stop + 2], None, part, scratch)
                self._activate(part, scale, slice(factor * rows.start, factor * rows.stop))
        return out

    def _activate(self, part: Tensor, scale: Tensor, rows: slice) -> None:
        torch.addcmul(self._bias, part, scale, out=part)
        if self._noise is not None:
            part += self._noise[rows]
        F.leaky_relu_(part, SLOPE)
        if self.limit:
            part.clamp_(-self.limit, self.limit)


class PreparedColours:
    """A ``ToColours`` whose style is part of its few weights."""

    def __init__(self, layer: ToColours, dtype: torch.dtype) -> None:
        weight = layer.weight.detach().flatten(1)  # (3, C)
        self._weight = weight / math.sqrt(weight.shape[1])
        self._bias = layer.bias.detach()[:, None, None]
        self._limit = layer.clamp
        self._dtype = dtype

    def __call__(self, x: Tensor, style: Tensor) -> Tensor:
        """Return colours (3, R, R), float32, of a map ``x`` (R, R, C) and a style (C,)."""
        weight = (self._weight * style).to(self._dtype)
        colours = (weight @ x.flatten(0, 1).t()).float().view(3, *x.shape[:2]) + self._bias
        return colours.clamp_(-self._limit, self._limit) if self._limit else colours


class Modulation:
    """What the styles scale in all layers: one matrix product."""

    def __init__(self, synthesis: Synthesis) -> None:
        blocks = [synthesis.block(side) for side in synthesis.sides]
        layers: list[tuple[int, Dense]] = []  # the side whose style counts, and what makes scales of it
        for row, block in enumerate(blocks):
            layers += [(row, convolution.affine) for convolution in block.convolutions]
            layers.append((min(row + 1, len(blocks) - 1), block.torgb.affine))
        self._rows = [row for row, _ in layers]
        self._widths = [len(affine.bias) for _, affine in layers]
        # Stored by columns: the library multiplies such a matrix with one vector three times as fast.
        self._weight = torch.cat([affine.folded_weight().detach() for _, affine in layers]).t().contiguous()
        self._bias = torch.cat([affine.bias.detach() for _, affine in layers])

    def __call__(self, styles: Sequence[Tensor]) -> Iterator[Tensor]:
        """Yield the scales (C,) of every layer in its order, from one style (D,) for each side."""
        if all(style is styles[0] for style in styles):
            yield from torch.addmv(self._bias, self._weight.t(), styles[0]).split(self._widths)
            return
        weights, biases = self._weight.split(self._widths, dim=1), self._bias.split(self._widths)
        for row, weight, bias in zip(self._rows, weights, biases, strict=True):
            yield torch.addmv(bias, weight.t(), styles[row])


class PreparedStyleGan2:
    """Draws what the ``StyleGan2Generator`` it was made of draws; for evaluation on a CPU, without gradients.

    Every picture is drawn alone, with all of the processor, as by ``PreparedGenerator``.
    """

    def __init__(self, generator: StyleGan2Generator, dtype: torch.dtype) -> None:
        self.config = generator.config
        self.dtype = dtype
        self.mapping = generator.mapping  # small, exact, and no slower in any other form
        synthesis = generator.synthesis
        blocks = [synthesis.block(side) for side in synthesis.sides]
        self._const = blocks[0].const.detach().permute(1, 2, 0).to(dtype).contiguous()  # (4, 4, C)
        self._layers = [
            ([PreparedConv(conv, dtype) for conv in block.convolutions], PreparedColours(block.torgb, dtype))
            for block in blocks
        ]
        self._modulation = Modulation(synthesis)
        self._scratch = Scratch(dtype)
        self._turn = threading.Lock()

    def condition(self, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return the condition (N, condition_dim); see ``StyleGan2Generator.condition``."""
        return StyleGan2Generator.condition(self, features, labels)  # type: ignore[arg-type]

    @torch.inference_mode()
    def __call__(self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0) -> Tensor:
        """Return images (N, 3, R, R), float32 in [-1, 1]; see ``StyleGan2Generator.forward``."""
        images = torch.empty(len(z), 3, self.config.resolution, self.config.resolution)
        for row, image in enumerate(images):
            own = slice(row, row + 1)
            condition = c[own] if isinstance(c, Tensor) else [part[own] for part in c]
            styles = StyleGan2Generator.styles(self, z[own].float(), condition, truncation)  # type: ignore[arg-type]
            with self._turn, self._scratch.frame():
                torch.clamp(self._draw(_of_one(styles)), -1, 1, out=image)
        return images

    def _draw(self, styles: Sequence[Tensor]) -> Tensor:
        scales = self._modulation(styles)
        x, image = self._const, None
        for convolutions, to_colours in self._layers:
            for convolution in convolutions:
                x = convolution(x, next(scales), self._scratch)
            colours = to_colours(x, next(scales))
            image = colours if image is None else colours + doubled(image)
        assert image is not None
        return image


def doubled(image: Tensor) -> Tensor:
    """Return ``upsample_filtered`` of a picture (3, H, W), (3, 2 H, 2 W): along each axis a value has two sources."""
    near, far = 2 * FIR[1], 2 * FIR[0]
    for dim in (1, 2):
        padded = F.pad(image, (0, 0, 1, 1) if dim == 1 else (1, 1))
        size = image.shape[dim]
        before, after = padded.narrow(dim, 0, size), padded.narrow(dim, 2, size)
        image = torch.stack([near * image + far * before, near * image + far * after], dim + 1).flatten(dim, dim + 1)
    return image


def _of_one(styles: Sequence[Tensor]) -> list[Tensor]:
    """Return the only row of each style; the same one for styles that are the same."""
    rows = {id(style): style[0] for style in styles}
    return [rows[id(style)] for style in styles]
