"""The pairs a run learns from: an instance with one of its neighbours, or with noise.

Every draw is made for the whole batch and depends on (seed, step, purpose) alone; whoever works on a part of the batch,
one process of several or one part after the other, takes its share of the same draw.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from icgan_demo.pixels import to_images
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.common.randomness import ShuffledPasses, generator_for


@dataclass(frozen=True)
class Neighbourhoods:
    """What the pairs are drawn from."""

    images: ImageSet
    features: Tensor
    """Unit-length float32 rows, shape (N, D)."""
    neighbours: Tensor
    """Row numbers of each instance's neighbours, shape (N, k)."""
    mirrored: Tensor | None = None
    """Features of the mirrored pictures, shape (N, D); None where an encoder does not tell left from right."""
    labels: Tensor | None = None
    """Classes by the model's numbering, int64 (N,), -1 for none; None takes those of ``images``."""
    clusters: Tensor | None = None
    """Cluster of each picture, int64 (N,), where it is all that is known of an instance: its members then stand in the
    place of the neighbours, the picture itself among them."""

    def __post_init__(self) -> None:
        assert len(self.images) == len(self.features) == len(self.neighbours)

    @property
    def classes(self) -> Tensor:
        """Classes of the pictures, int64 (N,), -1 for none."""
        return self.labels if self.labels is not None else torch.from_numpy(np.array(self.images.labels))


@dataclass(frozen=True)
class Conditions:
    """One batch of conditions and the rows of the pictures that go with them."""

    features: Tensor
    labels: Tensor
    rows: Tensor
    flips: Tensor
    """Whether each pair is mirrored, picture and feature together."""
    instances: Tensor
    """Where the features are from, int64 (N,): rows of pictures, or clusters where these are all that is known."""

    def share(self, part: int, parts: int) -> "Conditions":
        """Return the ``part``-th of ``parts`` equal shares."""
        return Conditions(*(value.chunk(parts)[part] for value in vars(self).values()))

    def of_others(self, distance: int) -> "Conditions":
        """Return the same pictures with the conditions of the pairs ``distance`` places earlier."""
        features, labels, instances = (each.roll(distance, 0) for each in (self.features, self.labels, self.instances))
        return Conditions(features, labels, self.rows, self.flips, instances)

    def to(self, device: torch.device) -> "Conditions":
        """Return them with the tensors that networks see on ``device``."""
        return replace(self, features=self.features.to(device), labels=self.labels.to(device))


class PairSampler:
    """Draws the conditions of both sides; the law of (instance, label) is the same on both."""

    def __init__(
        self, data: Neighbourhoods, batch_size: int, label_dropout: float, seed: int, pictures_per_instance: int = 1
    ) -> None:
        self.data, self.batch_size, self.label_dropout, self.seed = data, batch_size, label_dropout, seed
        self._per_instance, self._instances = pictures_per_instance, math.ceil(batch_size / pictures_per_instance)
        self._classes = data.classes
        self._members = _Members(data.clusters) if data.clusters is not None else None
        self._passes = ShuffledPasses(len(data.images), seed)

    def real(self, update: int) -> Conditions:
        """Return instances in a shuffled pass over the data, each with some of its neighbours."""
        rows = self._passes.rows(update * self._instances, self._instances)
        return self._paired(rows, generator_for(self.seed, update, "real"))

    def fake(self, step: int, purpose: str) -> Conditions:
        """Return instances drawn independently of the real side."""
        source = generator_for(self.seed, step, purpose)
        return self._paired(torch.randint(len(self.data.images), (self._instances,), generator=source), source)

    def noise(self, step: int, purpose: str, dim: int) -> Tensor:
        """Return noise (batch, dim)."""
        return torch.randn(self.batch_size, dim, generator=generator_for(self.seed, step, purpose))

    def pictures(self, conditions: Conditions, device: torch.device) -> Tensor:
        """Return the pictures of a batch, (N, 3, R, R), float in [-1, 1], mirrored where the pairs are."""
        pixels = torch.from_numpy(np.asarray(self.data.images.pixels[conditions.rows.numpy()]))
        images = to_images(pixels.to(device).permute(0, 3, 1, 2))
        return torch.where(conditions.flips.to(device)[:, None, None, None], images.flip(-1), images)

    def fits(self, real: Conditions, others: Conditions) -> Tensor:
        """Return which pictures of ``real`` are as real beside the conditions of ``others``, bool (N,).

        These say the same of the instance, and nothing of the class but what the picture shows.
        """
        is_class = (others.labels < 0) | (others.labels == self._classes[real.rows])
        return (real.instances == others.instances) & is_class

    def _paired(self, instances: Tensor, source: torch.Generator) -> Conditions:
        """Give each instance some neighbours and their labels, which are sometimes withheld."""
        instances = instances.repeat_interleave(self._per_instance)[: self.batch_size]
        rows = self._relatives(instances, source)
        withheld = torch.rand(len(rows), generator=source) < self.label_dropout
        labels = torch.where(withheld, -1, self._classes[rows])
        flips = torch.rand(len(rows), generator=source) < 0.5
        features = self.data.features[instances]
        if self.data.mirrored is not None:
            features = torch.where(flips[:, None], self.data.mirrored[instances], features)
        known = instances if self.data.clusters is None else self.data.clusters[instances]
        return Conditions(features, labels, rows, flips, known)

    def _relatives(self, instances: Tensor, source: torch.Generator) -> Tensor:
        """Return a picture for each instance: one of its neighbours, or of its cluster."""
        if self._members is not None:
            return self._members.drawn(instances, source)
        neighbours = self.data.neighbours[instances]
        picked = torch.randint(neighbours.shape[1], (len(instances), 1), generator=source)
        return neighbours.gather(1, picked).squeeze(1)


class _Members:
    """The pictures of each cluster, to draw from."""

    def __init__(self, clusters: Tensor) -> None:
        self._clusters = clusters
        self._rows = clusters.argsort(stable=True)  # cluster after cluster
        self._sizes = clusters.bincount()
        self._starts = self._sizes.cumsum(0) - self._sizes

    def drawn(self, instances: Tensor, source: torch.Generator) -> Tensor:
        """Return for each row of a picture that of a member of its cluster, all members being as likely."""
        own = self._clusters[instances]
        place = torch.rand(len(own), generator=source, dtype=torch.float64) * self._sizes[own]
        return self._rows[self._starts[own] + place.long()]
