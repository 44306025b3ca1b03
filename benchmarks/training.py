"""How fast the training loop is beside a plain float32 loop of the same networks, and what data loading costs.

``python -m benchmarks.training [--model produce64] [--batch-size 64] [--updates 6]``

The plain loop: float32, channels first, upsample then convolution, convolution then pooling, unfused Adam, drawn and
real pictures through the discriminator one after the other. Both loops start from the same weights and penalise every
8th discriminator update; they take turns, and each one's rate is the median over its updates.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks import reference
from icgan_demo.config import Discriminators, TrainConfig
from icgan_demo.inference.loading import find_model
from icgan_demo.models import biggan_discriminator
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.training.common import losses
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.pairs import Neighbourhoods
from icgan_demo.training.start.networks import Networks, networks_of
from icgan_demo.training.trainer import Trainer

PICTURES = 500


def random_data(side: int, feature_dim: int, class_names: tuple[str, ...]) -> Neighbourhoods:
    """Return pictures of noise with random features and neighbours: speed does not depend on what they show."""
    source = np.random.default_rng(0)
    pixels = source.integers(0, 256, (PICTURES, side, side, 3), dtype=np.uint8)
    labels = np.arange(PICTURES, dtype=np.int64) % max(1, len(class_names))
    images = ImageSet(pixels, labels, class_names, tuple(map(str, range(PICTURES))))
    features = F.normalize(torch.randn(PICTURES, feature_dim), dim=1)
    return Neighbourhoods(images, features, torch.randint(0, PICTURES, (PICTURES, 20)))


def pooled(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """Return the convolution of ``x`` and then its average over 2 x 2."""
    return F.avg_pool2d(layer(x), 2)


def batch_normalised(norm: reference.Norm, x: Tensor) -> Tensor:
    """Return ``x`` normalised by the statistics of the batch, as in training."""
    return F.batch_norm(x, norm.stored_mean, norm.stored_var, training=True)


class PlainLoop:
    """The same two updates as anyone would first write them."""

    def __init__(self, data: Neighbourhoods, nets: Networks, config: TrainConfig) -> None:
        self.source = Trainer(data, nets.generator, nets.discriminator, config)  # for the same conditions and pictures
        self.config = config
        assert nets.discriminator is not None
        self.generator = reference.ReferenceGenerator(nets.generator.config)
        self.generator.load_state_dict(nets.generator.state_dict())
        self.discriminator = BigGanDiscriminator(nets.discriminator.config)
        self.discriminator.load_state_dict(nets.discriminator.state_dict())
        betas = (0.0, config.beta2)
        self.adam_g = torch.optim.Adam(self.generator.parameters(), config.lr_generator, betas)
        self.adam_d = torch.optim.Adam(self.discriminator.parameters(), config.lr_discriminator, betas)
        self.step = 0

    def update(self) -> None:
        """Do one update of each network."""
        with (
            patch.object(biggan_discriminator, "conv_pooled", pooled),
            patch.object(reference.Norm, "normalise", batch_normalised),
        ):
            self._update_discriminator()
            self._update_generator()
        self.step += 1

    def _draw(self, purpose: str) -> tuple[Tensor, Tensor, Tensor]:
        pairs = self.source.pairs
        fake = pairs.fake(self.step, purpose)
        z = pairs.noise(self.step, purpose, self.source.generator.config.noise_dim)
        net = self.generator
        rows = torch.where(fake.labels < 0, net.config.num_classes, fake.labels)
        parts = [net.shared(rows)] if net.config.num_classes else []
        condition = torch.cat([*parts, net.shared_feat(fake.features)], dim=1)
        return self.generator(z, condition), fake.features, fake.labels

    def _update_discriminator(self) -> None:
        real = self.source.pairs.real(self.step)
        pictures = self.source.pairs.pictures(real, torch.device("cpu")).contiguous()
        with torch.no_grad():
            drawn, features, labels = self._draw("fake of D")
        fake_scores = self.discriminator(drawn, features, labels)
        pictures.requires_grad_(self.step % self.config.r1_every == 0)
        real_scores = self.discriminator(pictures, real.features, real.labels)
        loss = losses.discriminator_logistic(real_scores, fake_scores)
        if pictures.requires_grad:
            loss = loss + losses.r1_penalty(real_scores, pictures) * self.config.r1_gamma * self.config.r1_every
        self._learn(self.adam_d, loss)

    def _update_generator(self) -> None:
        drawn, features, labels = self._draw("fake of G")
        self._learn(self.adam_g, losses.generator_logistic(self.discriminator(drawn, features, labels)))

    @staticmethod
    def _learn(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def seconds(call: Callable[[], object]) -> float:
    """Return how long ``call`` takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main() -> None:
    """Print the rates as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="produce64")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--updates", type=int, default=8)
    options = parser.parse_args()
    found = find_model(options.model)
    assert found.card is not None
    data = random_data(found.card.generator.resolution, found.card.generator.feature_dim, found.card.class_names)
    config = TrainConfig(batch_size=options.batch_size, augment=(), discriminator=Discriminators.PIXEL)

    def networks() -> Networks:
        return networks_of(found, found.card.class_names if found.card else (), data.classes, config)

    plain, ours = PlainLoop(data, networks(), config), networks()
    trainer = Trainer(data, ours.generator, ours.discriminator, config)
    for loop in (plain, trainer):
        loop.update()  # the first update also pays for set-up
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    for _ in range(options.updates):
        times["plain"].append(seconds(plain.update))
        times["ours"].append(seconds(trainer.update))

    def load() -> None:
        pairs = trainer.pairs
        for real in (pairs.real(7), pairs.fake(7, "fake of D"), pairs.fake(7, "fake of G")):
            pairs.pictures(real, trainer.device)

    load()
    rate = {name: options.batch_size / statistics.median(values) for name, values in times.items()}
    loading = statistics.median(seconds(load) for _ in range(20))
    result = {
        "threads": torch.get_num_threads(),
        "bf16": trainer.bf16,
        "plain_images_per_s": round(rate["plain"], 1),
        "images_per_s": round(rate["ours"], 1),
        "ratio": round(rate["ours"] / rate["plain"], 2),
        "loading_ms_per_update": round(1000 * loading, 2),
        "loading_share": round(loading / statistics.median(times["ours"]), 4),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
