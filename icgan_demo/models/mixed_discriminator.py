"""The discriminators of a run as one: a pixel discriminator, a projected one, or both.

Source: ensembles of discriminators with trained and untrained eyes, Kumari et al. 2022 (vision-aided GAN).
"""

import torch
from torch import Tensor, nn

from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.projected_discriminator import ProjectedDiscriminator


class MixedDiscriminator(nn.Module):
    """Shows the same pictures and conditions to each discriminator there is."""

    def __init__(self, pixel: BigGanDiscriminator | None, projected: ProjectedDiscriminator | None) -> None:
        super().__init__()
        assert pixel is not None or projected is not None
        self.pixel, self.projected = pixel, projected

    @property
    def parts(self) -> dict[str, BigGanDiscriminator | ProjectedDiscriminator]:
        """The discriminators there are, by the names under which checkpoints hold them."""
        named: dict[str, BigGanDiscriminator | ProjectedDiscriminator] = {}
        if self.pixel is not None:
            named["discriminator"] = self.pixel
        if self.projected is not None:
            named["projected"] = self.projected
        return named

    def forward(self, images: Tensor, features: Tensor, labels: Tensor, groups: int = 1) -> Tensor:
        """Return scores (V, M), high for real pairs: one row of the pixel discriminator, then one of each head.

        Args:
            images: (N, 3, R, R), float in [-1, 1].
            features: unit-length rows (M, feature_dim); M is N, or a multiple of it where the pictures meet several
                conditions, all pictures in turn.
            labels: int64 (M,), -1 for "no label".
            groups: equal parts of the pictures, drawn and real for instance, that batch norm keeps apart.
        """
        rows = []
        if self.pixel is not None:
            rows.append(self.pixel(images, features, labels)[None].float())
        if self.projected is not None:
            rows.append(self.projected(images, features, labels, groups))
        return torch.cat(rows)
