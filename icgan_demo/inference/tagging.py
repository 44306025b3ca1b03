"""From an image feature to tags: samples, votes, winners."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from icgan_demo.models.cgan.word_vectors import SAMPLES, TAGS, name_rows, rank_words
from icgan_demo.models.noise import draw_noise
from icgan_demo.weights.tag_files import TagModel

AT_ONCE = 64
"""Pictures tagged in one pass: their samples compared with all words take tens of megabytes."""
NOISE_LIMIT = 1.0
"""The noise is normal, cut at +-2."""


@dataclass(frozen=True)
class Votes:
    """What the samples of some pictures say."""

    order: Tensor
    """Rows of the words from most to fewest votes, int64 (P, W)."""
    votes: Tensor
    """How many samples have each word among their nearest, int64 (P, W)."""
    samples: Tensor
    """The word vectors drawn, float32 (P, S, D), at unit variance."""


class Tagger:
    """A tag model with the noise it votes with; read-only after construction."""

    def __init__(self, model: TagModel) -> None:
        """Draw the noise of ``SAMPLES`` seeds once: every picture is asked with the same."""
        self.model = model
        self._noise = draw_noise(range(SAMPLES), model.card.networks.noise_dim, NOISE_LIMIT)

    @torch.inference_mode()
    def tag(self, features: Tensor) -> Votes:
        """Return the votes for pictures.

        Args:
            features: unit-length features (P, D) of the encoder that the model's card names, float32.
        """
        parts = [self._part(rows) for rows in features.split(AT_ONCE)]
        order, votes, samples = (torch.cat(values) for values in zip(*parts, strict=True))
        return Votes(order, votes, samples)

    def _part(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        count = len(self._noise)
        noise = self._noise.repeat(len(features), 1)  # (P * S, noise_dim)
        drawn = self.model.generator(noise, features.repeat_interleave(count, dim=0))
        samples = drawn.view(len(features), count, -1)
        return *rank_words(samples, self.model.words), samples

    def named_classes(self, tagged: Sequence[int], class_names: Sequence[str]) -> list[str]:
        """Return the classes whose every word is among the tags, the best placed first.

        Args:
            tagged: rows of the tags, best first.
            class_names: for example those of the generator that is to draw them.
        """
        place = {row: position for position, row in enumerate(tagged[:TAGS])}
        found = []
        for name in class_names:
            rows = name_rows(name, self.model.words)
            if rows and all(row in place for row in rows):
                found.append((min(place[row] for row in rows), -len(rows), name))
        return [name for *_, name in sorted(found)]
