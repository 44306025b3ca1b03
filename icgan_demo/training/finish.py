"""From an averaged generator to one that draws: batch-norm statistics that belong to the averaged weights."""

from collections.abc import Callable

import torch
from torch import Tensor

from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.training.common.randomness import generator_for

BATCH = 256


@torch.no_grad()
def refresh_statistics(
    generator: BigGanGenerator,
    features: Tensor,
    labels: Tensor,
    *,
    bf16: bool = False,
    batches: int = 40,
    tell: Callable[[], None] = lambda: None,
) -> None:
    """Replace the stored batch-norm statistics by those of the generator as it is now, in place.

    Averaging the statistics of past generators, as training does, is only close to that: the averaged weights see
    other feature maps than any of them. Half of the pictures are drawn with a label, as half may be asked for.

    Args:
        features: unit-length rows (N, D) of the training pictures.
        labels: their classes, int64 (N,), -1 for none.
        bf16: whether to draw in bfloat16, as in training.
        batches: of up to 256 pictures each; with momentum 0.1, forty leave 1.5 % of the old statistics.
        tell: called before each of them.
    """
    generator.train()
    device = next(generator.parameters()).device
    size = min(BATCH, max(32, 2 * len(features)))  # few instances need few pictures, and whoever waits less time
    for batch in range(batches):
        tell()
        source = generator_for(0, batch, "statistics")
        rows = torch.randint(len(features), (size,), generator=source)
        withheld = torch.rand(size, generator=source) < 0.5
        y = torch.where(withheld, -1, labels[rows]) if generator.config.no_label else labels[rows]
        z = torch.randn(size, generator.config.noise_dim, generator=source)
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            generator(z.to(device), generator.condition(features[rows].to(device), y.to(device)))
    generator.eval()
