"""A loaded model: photos to features, features and seeds to pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor

from icgan_demo.config import MAX_SEED, MAX_TRUNCATION, MIN_TRUNCATION, TRUNCATION, AnyGeneratorConfig
from icgan_demo.encoders.encoder import Encoder, encode_pictures
from icgan_demo.errors import RequestError
from icgan_demo.guards.picture import clean_picture, read_picture
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_pictures
from icgan_demo.weights.cards import Card

ENCODED_AT_ONCE = 16
PIXELS_AT_ONCE = 16 * 64 * 64
"""Pixels drawn in one pass, but at least four pictures: larger passes cost memory and bring no speed on a CPU."""


class Generator(Protocol):
    """What drawing needs from a generator, plain or prepared."""

    @property
    def config(self) -> AnyGeneratorConfig:
        """Return its settings."""

    def condition(self, features: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Return the condition (N, condition_dim)."""

    def mean_style(self, c: Tensor) -> Tensor | None:
        """Return the mean style (style_dim,) of a condition (1, condition_dim); None of a generator without styles."""

    def __call__(
        self, z: Tensor, c: Tensor | Sequence[Tensor], truncation: float = 1.0, towards: Tensor | None = None
    ) -> Tensor:
        """Return images (N, 3, R, R), float in [-1, 1].

        Args:
            z: noise.
            c: one condition, or one for each block.
            truncation: of styles.
            towards: the style that it pulls to; None for the mean of all.
        """


@dataclass(frozen=True)
class Bank:
    """Stored instances that stand in for photos."""

    features: Tensor
    """Unit-length rows (K, D), float32."""
    labels: Tensor
    """int64 (K,), -1 for none."""


class InstanceModel:
    """One model, ready to draw; read-only after construction, so any number of callers may share it."""

    def __init__(self, card: Card, encoder: Encoder, generator: Generator, bank: Bank | None = None) -> None:
        self.card = card
        self.encoder = encoder
        self.generator = generator
        self.bank = bank
        self.resolution = card.generator.resolution
        self._rows = {name: row for row, name in enumerate(card.class_names)}

    @property
    def feature_identity(self) -> str:
        """Names what made a feature: the encoder and the resolution at which it saw the picture."""
        return f"{self.encoder.identity}@{self.resolution}"

    def encode(self, pictures: Sequence[Image.Image | Path]) -> Tensor:
        """Return the instance features of photos, unit-length float32, shape (len(pictures), D).

        Args:
            pictures: of any size and kind; the centre square is what counts. Files go through the checks of uploads,
                and a picture has the feature of its file.
        Raises:
            ImageError: if a file is no usable picture.
        """
        opened = [
            read_picture(picture).picture if isinstance(picture, Path) else clean_picture(picture)
            for picture in pictures
        ]
        parts = [
            encode_pictures(self.encoder, opened[start : start + ENCODED_AT_ONCE], self.resolution)
            for start in range(0, len(opened), ENCODED_AT_ONCE)
        ]
        return torch.cat(parts) if parts else torch.empty(0, self.encoder.feature_dim)

    def sample(
        self,
        feature: Tensor,
        seeds: Sequence[int],
        truncation: float = TRUNCATION,
        label: str | None = None,
        towards: Tensor | None = None,
    ) -> list[Image.Image]:
        """Return one image for each seed: new neighbours of one instance.

        A seed gives the same image whatever the other seeds are.

        Args:
            feature: the instance, shape (D,), from ``encode``.
            seeds: whole numbers, 0 .. 2^31 - 1.
            truncation: 0.05 (all images alike) .. 1 (the widest variety).
            label: class name, or None to leave the class to the instance.
            towards: for generators that truncate styles: the one that they pull to; None for the mean of all.
        Returns:
            RGB images at the model's resolution.
        Raises:
            RequestError: if an argument is out of range or the model does not know the label.
        """
        if not MIN_TRUNCATION <= truncation <= MAX_TRUNCATION:
            raise RequestError(
                f"Truncation must be between {MIN_TRUNCATION:g} and {MAX_TRUNCATION:g}, got {truncation}."
            )
        if not all(0 <= seed <= MAX_SEED for seed in seeds):
            raise RequestError(f"Seeds must be between 0 and {MAX_SEED}.")
        z = self.noise(seeds, truncation)
        labels = torch.full((len(z),), self.label_row(label))
        return to_pictures(self.draw(z, feature.reshape(1, -1).expand(len(z), -1), labels, truncation, towards))

    def noise(self, seeds: Sequence[int], truncation: float) -> Tensor:
        """Return the noise (len(seeds), noise_dim) of seeds at a truncation; see ``draw_noise``."""
        config = self.generator.config
        return draw_noise(seeds, config.noise_dim, truncation, redraw=config.truncates_noise)

    @torch.inference_mode()
    def draw(
        self, z: Tensor, h: Tensor, y: Tensor | None = None, truncation: float = 1.0, towards: Tensor | None = None
    ) -> Tensor:
        """Return images of given noise, instances and classes, float32 (N, 3, R, R) in [-1, 1].

        Args:
            z: noise (N, >= noise_dim), float32; surplus columns are ignored.
            h: unit-length features (N, D), float32.
            y: int64 class rows (N,), -1 for "no label"; None means -1 for every row.
            truncation: for generators that truncate something else than the noise.
            towards: the style that they pull to; None for the mean of all.
        Raises:
            RequestError: if the shapes do not fit each other or the model.
        """
        y = self._checked_labels(z, h, y)
        at_once = max(4, PIXELS_AT_ONCE // self.resolution**2)
        images = torch.empty(len(z), 3, self.resolution, self.resolution)
        for start in range(0, len(z), at_once):
            rows = slice(start, start + at_once)
            images[rows] = self.generator(z[rows], self.generator.condition(h[rows], y[rows]), truncation, towards)
        return images

    def label_row(self, label: str | None) -> int:
        """Return the class row of a name, -1 for None; raises RequestError if this model cannot take it."""
        if label is None:
            if self._rows and not self.card.generator.no_label:
                raise RequestError(f"{self.card.title} needs a class. Choose one of its {len(self._rows)}.")
            return -1
        if not self._rows:
            raise RequestError(f"{self.card.title} has no classes. Leave the class empty.")
        if label not in self._rows:
            alike = get_close_matches(label[:100], self._rows, n=1)
            hint = f" Did you mean {alike[0]!r}?" if alike else ""
            raise RequestError(f"{self.card.title} does not know the class {label[:100]!r}.{hint}")
        return self._rows[label]

    def _checked_labels(self, z: Tensor, h: Tensor, y: Tensor | None) -> Tensor:
        config = self.generator.config
        if y is None:
            y = torch.full((len(z),), -1)
        if z.ndim != 2 or z.shape[1] < config.noise_dim:
            raise RequestError(f"The noise must have shape (N, {config.noise_dim}) or wider, got {tuple(z.shape)}.")
        if h.shape != (len(z), config.feature_dim):
            raise RequestError(f"The features must have shape ({len(z)}, {config.feature_dim}), got {tuple(h.shape)}.")
        if y.shape != (len(z),) or not ((y >= -1) & (y < max(config.num_classes, 1))).all():
            raise RequestError(f"The labels must be {len(z)} rows between -1 and {config.num_classes - 1}.")
        if config.num_classes and not config.no_label and (y < 0).any():
            raise RequestError("This model needs a class for every image.")
        return y
