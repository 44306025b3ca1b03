"""Layers shared by generator and discriminator, named as in the published checkpoints."""

from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Layer = TypeVar("Layer", bound=nn.Module)

SPECTRAL_EPS = 1e-6
MOMENTUM = 0.1
"""With which batch norm takes up the statistics of one more batch."""


class SpectralWeight(nn.Module):
    """Mixin that divides ``weight`` by an estimate of its largest singular value.

    One power iteration runs on every forward, also in eval mode; its vector ``u0`` is written back in training only,
    so an evaluated network is deterministic. ``sv0`` keeps the last estimate for the log.
    Source: Miyato et al. 2018 as in BigGAN (Brock et al. 2019) with the published eps of 1e-6.
    """

    weight: Tensor
    u0: Tensor
    sv0: Tensor

    def add_power_iteration(self) -> None:
        """Register the iteration's buffers; ``weight`` must exist already."""
        self.register_buffer("u0", torch.randn(1, self.weight.shape[0]))
        self.register_buffer("sv0", torch.ones(1))

    def normalised_weight(self) -> Tensor:
        """Return ``weight`` over its estimated largest singular value, shaped like ``weight``."""
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            v = F.normalize(self.u0 @ matrix, eps=SPECTRAL_EPS)
            u = F.normalize(v @ matrix.T, eps=SPECTRAL_EPS)
            if self.training:
                self.u0.copy_(u)
        sigma = (v @ matrix.T @ u.T).squeeze()
        if self.training:
            self.sv0.fill_(sigma.detach())
        return self.weight / sigma


class SpectralConv2d(SpectralWeight, nn.Conv2d):
    """Convolution with a spectrally normalised weight."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of ``x`` (N, C, H, W)."""
        return F.conv2d(x, self.normalised_weight(), self.bias, self.stride, self.padding)


class SpectralLinear(SpectralWeight, nn.Linear):
    """Linear layer with a spectrally normalised weight."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the product with ``x`` (N, in_features)."""
        return F.linear(x, self.normalised_weight(), self.bias)


class SpectralEmbedding(SpectralWeight, nn.Embedding):
    """Embedding table with a spectrally normalised weight."""

    def forward(self, x: Tensor) -> Tensor:
        """Return rows for the int64 indexes ``x`` (N,)."""
        return F.embedding(x, self.normalised_weight())


def conv(in_width: int, out_width: int, kernel: int, *, spectral: bool, bias: bool = True) -> nn.Conv2d:
    """Return a convolution that keeps the side: kernel 1 or 3, padded to match."""
    kind = SpectralConv2d if spectral else nn.Conv2d
    return _prepared(kind(in_width, out_width, kernel, padding=kernel // 2, bias=bias))


def linear(in_width: int, out_width: int, *, spectral: bool, bias: bool = True) -> nn.Linear:
    """Return a linear layer."""
    kind = SpectralLinear if spectral else nn.Linear
    return _prepared(kind(in_width, out_width, bias=bias))


def embedding(rows: int, width: int, *, spectral: bool) -> nn.Embedding:
    """Return an embedding table."""
    kind = SpectralEmbedding if spectral else nn.Embedding
    return _prepared(kind(rows, width))


class ClusterEmbedding(nn.Module):
    """A row for each cluster of features, in place of a linear layer: an instance counts by its cluster alone."""

    centroids: Tensor

    def __init__(self, feature_dim: int, clusters: int, width: int, *, spectral: bool) -> None:
        super().__init__()
        self.table = embedding(clusters, width, spectral=spectral)
        self.register_buffer("centroids", torch.zeros(clusters, feature_dim))

    @property
    def weight(self) -> Tensor:
        """The rows (clusters, width)."""
        return self.table.weight

    def forward(self, features: Tensor) -> Tensor:
        """Return the rows (N, width) of the clusters that unit features (N, feature_dim) fall into."""
        return self.table(self.cluster_of(features))

    def cluster_of(self, features: Tensor) -> Tensor:
        """Return the cluster of each feature (N, feature_dim), the one of the nearest centroid, int64 (N,)."""
        return nearest_centroid(features, self.centroids)


def nearest_centroid(features: Tensor, centroids: Tensor) -> Tensor:
    """Return which of unit ``centroids`` (K, D) is nearest to each unit feature (N, D), int64 (N,)."""
    with torch.autocast(features.device.type, enabled=False):  # rounded, a feature would change its cluster
        return (features.float() @ centroids.float().T).argmax(dim=1)


def instance_layer(feature_dim: int, width: int, clusters: int, *, spectral: bool) -> nn.Linear | ClusterEmbedding:
    """Return what embeds instance features: a linear layer, or a table of clusters if there are some."""
    if clusters:
        return ClusterEmbedding(feature_dim, clusters, width, spectral=spectral)
    return linear(feature_dim, width, spectral=spectral)


def embedded_labels(table: nn.Embedding, labels: Tensor | None, count: int, num_classes: int) -> Tensor:
    """Return the rows (count, D) of a class table for int64 labels (count,).

    Args:
        labels: -1 means "no label", the table's last row; None means -1 for every row.
    """
    if labels is None:
        labels = torch.full((count,), -1, device=table.weight.device)
    return table(torch.where(labels < 0, num_classes, labels))


def condition_parts(network: Any, count: int, features: Tensor | None, labels: Tensor | None) -> list[Tensor]:
    """Return what a condition asks a projection discriminator for, rows (M, D): of the class, then of the instance.

    Args:
        network: with its ``config``, the class table ``embed`` and the layer ``linear_feat``, as far as it has them.
        count: M.
        features: unit-length rows (M, feature_dim), for a network that sees features.
        labels: see ``embedded_labels``.
    """
    parts = []
    if network.config.num_classes:
        parts.append(embedded_labels(network.embed, labels, count, network.config.num_classes))
    if network.config.feature_dim:
        assert features is not None
        parts.append(network.linear_feat(features))
    return parts


def _prepared(layer: Layer) -> Layer:
    if isinstance(layer, SpectralWeight):
        layer.add_power_iteration()
    return layer


def init_orthogonal(module: nn.Module) -> None:
    """Fill the weight of a convolution, linear layer or embedding with a random orthogonal matrix (for ``apply``)."""
    if isinstance(module, nn.Conv2d | nn.Linear | nn.Embedding):
        nn.init.orthogonal_(module.weight)


def channels_last(module: Layer, device: str = "cpu") -> Layer:
    """Return ``module`` on ``device`` with channels-last weights, which processors and GPUs convolve faster."""
    module.to(device)
    return module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def weight_of(layer: nn.Conv2d) -> Tensor:
    """Return the weight a convolution uses: normalised if it is spectral."""
    return layer.normalised_weight() if isinstance(layer, SpectralConv2d) else layer.weight


def upsampled_conv(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """Return ``layer`` (3x3, padding 1) applied to the nearest x2 upsample of ``x`` (N, C, H, W), shape (N, O, 2H, 2W).

    Every input value meets each output through the sum of the taps that fall on it, so upsample and convolution
    together are one transposed convolution with a 4x4 kernel and stride 2: 16 multiplications where there were 36.
    """
    kernel = merged_kernel(weight_of(layer).flip(2, 3)).transpose(0, 1)
    return F.conv_transpose2d(x, kernel, layer.bias, stride=2, padding=1)


def conv_pooled(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """Return the 2x2 average of ``layer`` (3x3, padding 1) applied to ``x`` (N, C, 2H, 2W), shape (N, O, H, W).

    The average of four neighbouring results is one convolution with a 4x4 kernel and stride 2, at 16 multiplications
    where there were 36.
    """
    return F.conv2d(x, merged_kernel(weight_of(layer)) / 4, layer.bias, stride=2, padding=1)


def merged_kernel(weight: Tensor) -> Tensor:
    """Return the sum of a 3x3 kernel (O, I, 3, 3) at its four positions in a 4x4 window, shape (O, I, 4, 4)."""
    return sum((F.pad(weight, (x, 1 - x, y, 1 - y)) for y in (0, 1) for x in (0, 1)), start=weight.new_zeros(()))


class ConditionalBatchNorm(nn.Module):
    """Batch norm whose gain and bias are linear in the condition: ``norm(x) * (1 + gain(c)) + bias(c)``."""

    stored_mean: Tensor
    stored_var: Tensor
    momentum = MOMENTUM

    def __init__(self, width: int, condition_dim: int, *, spectral: bool) -> None:
        super().__init__()
        self.gain = linear(condition_dim, width, spectral=spectral, bias=False)
        self.bias = linear(condition_dim, width, spectral=spectral, bias=False)
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        """Return ``x`` (N, C, H, W) normalised, scaled and shifted by ``condition`` (N, condition_dim)."""
        normalised = F.batch_norm(
            x, self.stored_mean, self.stored_var, training=self.training, momentum=self.momentum, eps=1e-5
        )
        gain = 1 + self.gain(condition)[:, :, None, None]
        return torch.addcmul(self.bias(condition)[:, :, None, None], normalised, gain)


class AffineBatchNorm(nn.Module):
    """Batch norm with a learned gain and bias, its statistics named ``stored_*``."""

    stored_mean: Tensor
    stored_var: Tensor
    momentum = MOMENTUM

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("stored_mean", torch.zeros(width))
        self.register_buffer("stored_var", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` (N, C, H, W) normalised, scaled and shifted."""
        statistics = (self.stored_mean, self.stored_var)
        return F.batch_norm(
            x, *statistics, self.gain, self.bias, training=self.training, momentum=self.momentum, eps=1e-5
        )


class SelfAttention(nn.Module):
    """Self-attention over positions with pooled keys, added through a learned gate that starts at 0.

    Source: SAGAN (Zhang et al. 2019) as in BigGAN: no 1/sqrt(d), keys and values max-pooled 2 x 2.
    """

    def __init__(self, width: int, *, spectral: bool) -> None:
        super().__init__()
        self.theta = conv(width, width // 8, 1, spectral=spectral, bias=False)
        self.phi = conv(width, width // 8, 1, spectral=spectral, bias=False)
        self.g = conv(width, width // 2, 1, spectral=spectral, bias=False)
        self.o = conv(width // 2, width, 1, spectral=spectral, bias=False)
        self.gamma = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x`` (N, C, H, W) plus the gated attention, same shape."""
        queries = self.theta(x).flatten(2)  # (N, C/8, HW)
        keys = F.max_pool2d(self.phi(x), 2).flatten(2)  # (N, C/8, HW/4)
        values = F.max_pool2d(self.g(x), 2).flatten(2)  # (N, C/2, HW/4)
        weights = (queries.transpose(1, 2) @ keys).softmax(dim=-1)  # (N, HW, HW/4)
        mixed = (values @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])  # (N, C/2, H, W)
        return self.gamma * self.o(mixed) + x
