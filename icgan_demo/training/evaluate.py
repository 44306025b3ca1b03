"""How near a generator's pictures come to real ones, in the eyes of two encoders.

Instances are the real pictures themselves, so every figure here is small-sample and of the training set unless other
pictures are given: it compares steps of one run, or models on the same pictures, and nothing else.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from icgan_demo.encoders.encoder import Encoder
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.pixels import to_images
from icgan_demo.training.common.drawing import draw
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.common.metrics import (
    class_agreement,
    classes_covered,
    coverage_of,
    frechet_distance,
    kernel_distance,
)
from icgan_demo.training.held_out import HeldOut
from icgan_demo.training.sample_sheets import WorstSamples, sheet_rows

BATCH = 64
SEEDS = 8
"""Pictures of one instance over which the spread is taken."""
HELD_OUT_SAMPLES = 128
"""Images drawn for the pictures that are held out, unless there are more of these."""
SAMPLES = 256
"""Pictures drawn for an evaluation while training, unless there are more real ones."""
MAX_SAMPLES = 1000
MAX_REAL = 5000
"""Real pictures that the figures compare with, spread evenly over more."""
SMALL = 10_000
"""Below this many samples, a Fréchet distance is biased upwards and only compares like with like."""


@dataclass(frozen=True)
class Judge:
    """An encoder with its view of the real pictures."""

    name: str
    encoder: Encoder
    features: Tensor
    """Unit rows (N, D) of the real pictures."""


@dataclass(frozen=True)
class Evaluator:
    """Real pictures, and the two encoders that compare drawn ones with them."""

    judges: tuple[Judge, ...]
    """The model's own encoder first."""
    conditions: Tensor
    """Features of the instances in the model's own encoder, one for each real picture."""
    classes: Tensor
    """Classes of the real pictures, int64 (N,), -1 for none."""
    neighbours: Tensor
    """Rows of each real picture's neighbours (N, k)."""
    samples: int
    truncation: float = 1.0
    told: Tensor | None = None
    """Classes by the model's numbering, which it is asked for; None if ``classes`` has that."""
    instances: Tensor | None = None
    """Rows of the real pictures that are instances; None for all."""
    held: HeldOut | None = None
    """Pictures that were held out of a training, if any were."""

    def evaluate(
        self,
        generator: AnyGenerator,
        *,
        bf16: bool = False,
        tell: Callable[[], None] = lambda: None,
        worst: WorstSamples | None = None,
    ) -> dict[str, Any]:
        """Return the figures of ``generator`` as flat JSON values; the second encoder's carry the prefix "second_".

        Args:
            generator: in eval mode while it draws; put back afterwards.
            tell: called often, so that whoever waits need not wait long.
            worst: takes up what is drawn, as the model's own encoder sees it.
        """
        rows = self._instances()
        features: list[list[Tensor]] = [[] for _ in self.judges]
        for images, part in self._samples(generator, bf16):
            for own, judge in zip(features, self.judges, strict=True):
                tell()
                own.append(judge.encoder.encode(images).float())
            if worst is not None:
                worst.add(images, part, (features[0][-1] @ self.judges[0].features.T).amax(1))
        figures: dict[str, Any] = {}
        for index, (judge, parts) in enumerate(zip(self.judges, features, strict=True)):
            prefix = "second_" if index else ""
            tell()
            found = self._compare(judge, torch.cat(parts), rows)
            figures |= {f"{prefix}{name}": value for name, value in found.items()}
        if self.held is not None:
            figures |= self._held_out(self.held, generator, bf16, tell)
        return figures | {
            "spread": self._spread(generator, bf16),
            "samples": self.samples,
            "real": len(self.conditions),
        }

    def sample_features(self, generator: AnyGenerator) -> Tensor:
        """Return the features of the samples in the model's own encoder, float32 (samples, D)."""
        encode = self.judges[0].encoder.encode
        return torch.cat([encode(images).float() for images, _ in self._samples(generator)])

    def _samples(self, generator: AnyGenerator, bf16: bool = False) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the samples in batches, with the rows of their instances."""
        rows, asked = self._instances(), self._asked
        for first in range(0, self.samples, BATCH):
            part = rows[first : first + BATCH]
            seeds = range(first, first + len(part))
            yield draw(generator, self.conditions[part], asked[part], seeds, self.truncation, bf16=bf16), part

    def _held_out(
        self, held: HeldOut, generator: AnyGenerator, bf16: bool, tell: Callable[[], None]
    ) -> dict[str, float]:
        """Return how what is drawn for pictures held out compares with these, in the model's own encoder."""
        parts = []
        count = max(HELD_OUT_SAMPLES, min(len(held.images), MAX_SAMPLES))
        for first in range(0, count, BATCH):
            tell()
            size = min(BATCH, count - first)
            rows = torch.arange(first, first + size) % len(held.images)
            images = draw(
                generator, held.features[rows], held.told[rows], range(first, first + size), self.truncation, bf16=bf16
            )
            parts.append((self.judges[0].encoder.encode(images).float(), held.features[rows]))
        drawn, real = (torch.cat(each) for each in zip(*parts, strict=True))
        return {
            "held_out_kd": kernel_distance(drawn, held.features),
            "held_out_similarity": (drawn * real).sum(1).mean().item(),
            "held_out": len(held.images),
        }

    @property
    def _asked(self) -> Tensor:
        return self.classes if self.told is None else self.told

    def _instances(self) -> Tensor:
        """Rows of the instances, in turn where there are fewer than samples, else spread evenly."""
        rows = torch.arange(len(self.conditions)) if self.instances is None else self.instances
        count, turn = len(rows), torch.arange(self.samples)
        return rows[turn % count if self.samples >= count else turn * count // self.samples]

    def _spread(self, generator: AnyGenerator, bf16: bool) -> float:
        """Mean deviation of a pixel over the pictures of one instance.

        Near 0 the generator has collapsed: it draws one picture whatever the noise.
        """
        rows = sheet_rows(len(self.conditions)).repeat_interleave(SEEDS)
        images = draw(generator, self.conditions[rows], self._asked[rows], range(len(rows)), self.truncation, bf16=bf16)
        return images.unflatten(0, (-1, SEEDS)).std(dim=1).mean().item()

    def _compare(self, judge: Judge, drawn: Tensor, rows: Tensor) -> dict[str, Any]:
        count = len(judge.features)
        some = torch.arange(min(count, MAX_REAL)) * count // min(count, MAX_REAL)
        real, classes = judge.features[some], self.classes[some]
        near = (real[:, None] * judge.features[self.neighbours[some]]).sum(-1).mean().item()
        return {
            "fd": frechet_distance(drawn, real),
            "kd": kernel_distance(drawn, real),
            **asdict(coverage_of(real, drawn)),
            "similarity": (drawn * judge.features[rows]).sum(1).mean().item(),
            "real_similarity": near,
            "agreement": class_agreement(drawn, self.classes[rows], real, classes),
            "classes_covered": classes_covered(drawn, real, classes),
            "encoder": judge.name,
        }


@torch.no_grad()
def embed(
    encoder: Encoder,
    images: ImageSet,
    batch_size: int = 128,
    *,
    mirrored: bool = False,
    tell: Callable[[], None] = lambda: None,
) -> Tensor:
    """Return the unit-length features of all pictures (or of their mirror images), float32 (N, D)."""
    rows = []
    for first in range(0, len(images), batch_size):
        tell()
        batch = to_images(torch.from_numpy(np.array(images.pixels[first : first + batch_size])).permute(0, 3, 1, 2))
        rows.append(encoder.encode(batch.flip(-1) if mirrored else batch))
    return torch.cat(rows).clone()  # a normal tensor: inference-mode ones cannot take part in training
