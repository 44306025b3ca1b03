"""The generator prepared for drawing: the same pictures as ``BigGanGenerator``, at a fraction of the arithmetic."""

import threading
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from icgan_demo.inference.fast import upsample, winograd
from icgan_demo.inference.fast.attention import PreparedAttention
from icgan_demo.inference.fast.feature_maps import bordered, norm_relu, strips
from icgan_demo.inference.fast.fold import ConditionalNorms, folded_instances, folded_weight
from icgan_demo.inference.fast.output_layer import OutputLayer
from icgan_demo.inference.fast.packed_convolutions import PackedConv
from icgan_demo.inference.fast.scratch_memory import Scratch
from icgan_demo.inference.fast.upsample import UpsampledConv
from icgan_demo.inference.fast.winograd import shortcut_conv
from icgan_demo.models.biggan_generator import BigGanGenerator, GeneratorBlock


class PreparedBlock:
    """``conv2(relu(norm2(conv1(upsample(relu(norm1(x))))))) + upsample(shortcut(x))``."""

    def __init__(self, block: GeneratorBlock, dtype: torch.dtype) -> None:
        self._conv1 = UpsampledConv(folded_weight(block.conv1), dtype)  # its bias went into the second norm
        self._conv2 = shortcut_conv(folded_weight(block.conv2), dtype)
        # A 1x1 convolution and a nearest upsample commute, so the shortcut is made at the low resolution.
        self._shortcut = PackedConv(folded_weight(block.conv_sc), dtype)
        assert block.conv_sc.bias is not None
        assert block.conv2.bias is not None
        self._bias = (block.conv_sc.bias + block.conv2.bias).detach().to(dtype)

    def __call__(self, x: Tensor, norms: Sequence[Tensor], scratch: Scratch) -> Tensor:
        """Return a map (2 H, 2 W, K), taken from ``scratch``, from ``x`` (H, W, C).

        Args:
            norms: scale and shift of the first norm (C,), of the second norm (K,).
        """
        height, width, channels = x.shape
        k = self._shortcut.width
        scale1, shift1, scale2, shift2 = norms
        out = scratch.take(2 * height, 2 * width, k)
        with scratch.frame():
            h = bordered(scratch, height, width, channels)
            norm_relu(x, scale1, shift1, out=h[1:-1, 1:-1])
            g = bordered(scratch, 2 * height, 2 * width, k)
            for rows in strips(height, width, upsample.PIXELS_AT_ONCE):
                part = g[1 + 2 * rows.start : 1 + 2 * rows.stop, 1:-1]
                self._conv1(h[rows.start : rows.stop + 2], part, scratch)
                norm_relu(part, scale2, shift2, out=part)
            for rows in strips(height, width, winograd.PIXELS_AT_ONCE):
                part = g[2 * rows.start : 2 * rows.stop + 2]
                shortcut = self._shortcut(x[rows], self._bias)
                self._conv2(part, shortcut, out[2 * rows.start : 2 * rows.stop], scratch)
        return out


class PreparedGenerator:
    """Draws what the ``BigGanGenerator`` it was made of draws; for evaluation on a CPU, without gradients.

    Every picture is drawn alone, with all of the processor: the same arithmetic whatever the batch, hence the same
    picture to the last bit, in memory that stays in the cache. Callers in several threads take turns by picture.
    """

    def __init__(self, generator: BigGanGenerator, dtype: torch.dtype) -> None:
        self.config = config = generator.config
        self.dtype = dtype
        if config.num_classes:
            self._shared = generator.shared.weight.detach()
        if config.feature_dim:
            self._embed_features = folded_instances(generator.shared_feat)
        self._first_weight = _pixels_first(folded_weight(generator.linear), config.widths[0])
        self._first_bias = _pixels_first(generator.linear.bias.detach(), config.widths[0])
        self._norms = ConditionalNorms(generator)
        self._blocks = [
            (PreparedBlock(block, dtype), [PreparedAttention(part, dtype) for part in attention])
            for block, *attention in (cast(Any, parts) for parts in generator.blocks)
        ]
        self._output = OutputLayer(generator.output_layer, dtype)
        self._scratch = Scratch(dtype)
        self._turn = threading.Lock()

    def embed_labels(self, labels: Tensor) -> Tensor:
        """Return class embeddings (N, class_embed_dim) of int64 labels (N,); -1 means "no label"."""
        return self._shared[torch.where(labels < 0, self.config.num_classes, labels)]

    def embed_features(self, features: Tensor) -> Tensor:
        """Return instance embeddings (N, feature_embed_dim) of unit features (N, feature_dim)."""
        return self._embed_features(features)

    def condition(self, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return the condition (N, condition_dim); see ``BigGanGenerator.condition``."""
        return BigGanGenerator.condition(self, features, labels)  # type: ignore[arg-type]

    def mean_style(self, c: Tensor) -> None:
        """Return nothing: there are no styles."""

    @torch.inference_mode()
    def __call__(
        self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0, towards: Tensor | None = None
    ) -> Tensor:
        """Return images (N, 3, R, R), float32 in [-1, 1].

        Args:
            z: noise (N, >= noise_dim); surplus columns are ignored.
            c: condition (N, condition_dim), or one such tensor for each block.
            truncation: changes nothing here; see ``BigGanGenerator.forward``.
            towards: likewise.
        """
        images = torch.empty(len(z), 3, self.config.resolution, self.config.resolution)
        previous: list[Tensor] = []
        for row, image in enumerate(images):
            condition = [c[row]] if isinstance(c, Tensor) else [part[row] for part in c]
            if not (previous and all(map(torch.equal, condition, previous))):
                of_condition = self._norms.of_condition(condition[0] if isinstance(c, Tensor) else condition)
                previous = condition
            with self._turn, self._scratch.frame():
                self._draw(z[row, : self.config.noise_dim].float(), of_condition, image)
        return images

    def _draw(self, z: Tensor, of_condition: Tensor, image: Tensor) -> None:
        norms = self._norms(of_condition, z, self.dtype)
        x = torch.addmv(self._first_bias, self._first_weight, z[: self.config.noise_chunk])
        x = x.to(self.dtype).view(4, 4, self.config.widths[0])
        for index, (block, attention) in enumerate(self._blocks):
            x = block(x, norms[4 * index : 4 * index + 4], self._scratch)
            for part in attention:
                part(x, self._scratch)
        self._output(x, image, self._scratch)


def _pixels_first(x: Tensor, width: int) -> Tensor:
    """Return rows ordered by channel, then pixel (width * 16, ...) as pixel, then channel."""
    return x.unflatten(0, (width, 16)).transpose(0, 1).flatten(0, 1).contiguous()
