"""The StyleGAN2 generator prepared for drawing: the same pictures as ``StyleGan2Generator``, the faster."""

import math
import threading
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from icgan_demo.inference.fast import winograd
from icgan_demo.inference.fast.feature_maps import bordered, strips
from icgan_demo.inference.fast.packed_convolutions import PackedDoubling
from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.inference.fast.winograd import TiledConv
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


class Modulated:
    """What all forms of a ``StyledConv`` share: how a style scales, and what comes after the products.

    The gain after the leaky ReLU is part of what comes before it, for which it makes no difference.
    """

    def __init__(self, layer: StyledConv, dtype: torch.dtype) -> None:
        self._squares = layer.weight.detach().square().sum(dim=(2, 3))  # (K, C)
        self._limit = layer.clamp
        noise = layer.noise_const * layer.noise_strength.detach() * GAIN
        self._noise = noise.to(dtype)[:, :, None] if noise.any() else None  # (R, R, 1)
        self._bias = (layer.bias.detach() * GAIN).to(dtype)

    def __call__(self, x: Tensor, style: Tensor, scratch: Scratch) -> Tensor:
        """Return a map (R, R, K) from ``x`` (R, R, C), or (R / 2, R / 2, C) if the layer doubles.

        Args:
            x: contiguous.
            style: float32 (C,).
            scratch: for maps; what is returned may be taken from it.
        """
        raise NotImplementedError

    def _scale(self, style: Tensor) -> Tensor:
        """Return what the results of the products with scaled inputs are multiplied with, float32 (K,)."""
        return GAIN * (self._squares @ style.square() + EPS).rsqrt()

    def _activate(self, x: Tensor, first: int = 0) -> Tensor:
        """Return rows of a map from ``first`` on with noise, leaky ReLU and limit, all in place."""
        if self._noise is not None:
            x += self._noise[first : first + len(x)]
        F.leaky_relu_(x, SLOPE)
        return x.clamp_(-self._limit, self._limit) if self._limit else x


class Doubling(Modulated):
    """A layer that doubles: the filter, one small plane for each channel, brings its results to their scale."""

    def __init__(self, layer: StyledConv, dtype: torch.dtype) -> None:
        super().__init__(layer, dtype)
        self._spread = PackedDoubling(layer.weight.detach().transpose(0, 1), dtype)
        taps = torch.tensor(FIR)
        self._filter = 4 * torch.outer(taps, taps)

    def __call__(self, x: Tensor, style: Tensor, scratch: Scratch) -> Tensor:
        with scratch.frame():
            scaled = torch.mul(x, style.to(x.dtype), out=scratch.take(*x.shape))
            spread = self._spread(_as_image(scaled))  # (1, K, R + 1, R + 1)
        kernel = (self._scale(style)[:, None, None, None] * self._filter).to(x.dtype)  # (K, 1, 4, 4)
        return self._activate(_as_map(F.conv2d(spread, kernel, self._bias, padding=1, groups=len(kernel))))


class FoldedConv(Modulated):
    """A layer with few weights and large maps: the style goes into the weights."""

    def __init__(self, layer: StyledConv, dtype: torch.dtype) -> None:
        super().__init__(layer, dtype)
        self._weight = layer.weight.detach()

    def __call__(self, x: Tensor, style: Tensor, scratch: Scratch) -> Tensor:
        weight = self._weight * style[:, None, None] * self._scale(style)[:, None, None, None]
        return self._activate(_as_map(F.conv2d(_as_image(x), weight.to(x.dtype), self._bias, padding=1)))


class TiledLayer(Modulated):
    """A layer with many weights, which stay as they are: the style scales its map."""

    def __init__(self, layer: StyledConv, dtype: torch.dtype) -> None:
        super().__init__(layer, dtype)
        self._conv = TiledConv(layer.weight.detach(), dtype)
        self._width = len(layer.weight)

    def __call__(self, x: Tensor, style: Tensor, scratch: Scratch) -> Tensor:
        side, _, channels = x.shape
        scale = self._scale(style).to(x.dtype)
        out = scratch.take(side, side, self._width)
        with scratch.frame():
            h = bordered(scratch, side, side, channels)
            torch.mul(x, style.to(x.dtype), out=h[1:-1, 1:-1])
            for rows in strips(side, side, 4 * winograd.PIXELS_AT_ONCE):
                part = out[rows]
                self._conv(h[rows.start : rows.stop + 2], None, part, scratch)
                torch.addcmul(self._bias, part, scale, out=part)
                self._activate(part, rows.start)
        return out


def prepared_layer(layer: StyledConv, dtype: torch.dtype) -> Modulated:
    """Return the fastest form of a layer."""
    if layer.doubles:
        return Doubling(layer, dtype)
    return (TiledLayer if min(layer.weight.shape[:2]) >= winograd.MIN_TILED_WIDTH else FoldedConv)(layer, dtype)


def _as_image(x: Tensor) -> Tensor:
    """Return a map (H, W, C) as (1, C, H, W) in the layout that the library calls channels-last."""
    return x[None].permute(0, 3, 1, 2)


def _as_map(image: Tensor) -> Tensor:
    """Return an image (1, C, H, W), channels-last, as a contiguous map (H, W, C)."""
    return image.permute(0, 2, 3, 1)[0].contiguous()


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
            ([prepared_layer(layer, dtype) for layer in block.convolutions], PreparedColours(block.torgb, dtype))
            for block in blocks
        ]
        self._modulation = Modulation(synthesis)
        self._scratch = Scratch(dtype)
        self._turn = threading.Lock()

    def condition(self, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return the condition (N, condition_dim); see ``StyleGan2Generator.condition``."""
        return StyleGan2Generator.condition(self, features, labels)  # type: ignore[arg-type]

    @torch.inference_mode()
    def mean_style(self, c: Tensor) -> Tensor:
        """Return the mean style (style_dim,) of a condition; see ``StyleGan2Generator.mean_style``."""
        return StyleGan2Generator.mean_style(self, c)  # type: ignore[arg-type]

    @torch.inference_mode()
    def __call__(
        self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0, towards: Tensor | None = None
    ) -> Tensor:
        """Return images (N, 3, R, R), float32 in [-1, 1]; see ``StyleGan2Generator.forward``."""
        images = torch.empty(len(z), 3, self.config.resolution, self.config.resolution)
        for row, image in enumerate(images):
            own = slice(row, row + 1)
            condition = c[own] if isinstance(c, Tensor) else [part[own] for part in c]
            styles = StyleGan2Generator.styles(
                self,  # type: ignore[arg-type]
                z[own].float(),
                condition,
                truncation,
                towards,
            )
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
