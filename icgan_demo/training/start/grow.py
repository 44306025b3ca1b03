"""Networks of twice the resolution that start about as good as the ones they were grown from.

Source: the idea of growing is that of Karras et al. 2018 (progressive growing) and Chen et al. 2016 (Net2Net).
"""

from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator, DiscriminatorBlock
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.training.common.randomness import generator_for

SMALLEST = 64
"""Side from which networks can grow, px: below it the discriminator's blocks halve at other places."""
COLOURS = 3
LEAST_WIDTH = 8
FIT_STEPS, FIT_BATCH, FIT_RATE = 200, 16, 2e-3


def grown_generator(
    generator: BigGanGenerator,
    features: Tensor,
    labels: Tensor,
    *,
    steps: int = FIT_STEPS,
    tell: Callable[[], None] = lambda: None,
) -> BigGanGenerator:
    """Return a generator of twice the side whose pictures are, at first, those of ``generator`` enlarged.

    The new last block is half as wide as the one before it and takes one more chunk of noise. It and the output layer
    learn to enlarge, by the mean squared error, while the rest is held fixed.

    Args:
        generator: trained, of 64 or 128 px and without spectral norm.
        features: unit-length rows (N, D) of the training pictures.
        labels: their classes, int64 (N,), -1 for none.
        steps: of this fit, with 16 pictures each.
        tell: called before each of them.
    Raises:
        RequestError: if the generator is spectrally normalised or of another size.
    """
    _check(generator)
    config = generator.config
    wider = (*config.widths, max(LEAST_WIDTH, config.widths[-1] // 2))
    grown = BigGanGenerator(replace(config, resolution=2 * config.resolution, widths=wider))
    old = {name: value for name, value in generator.state_dict().items() if not name.startswith("output_layer")}
    grown.load_state_dict(grown.state_dict() | old)
    new = nn.ModuleList([grown.blocks[-1], grown.output_layer])
    grown.eval().requires_grad_(False)
    new.train().requires_grad_(True)
    generator.eval()
    optimizer = torch.optim.Adam(new.parameters(), FIT_RATE, (0.9, 0.99))
    for step in range(steps):
        tell()
        source = generator_for(0, step, "grow")
        rows = torch.randint(len(features), (FIT_BATCH,), generator=source)
        z = torch.randn(FIT_BATCH, grown.config.noise_dim, generator=source)
        withheld = torch.rand(FIT_BATCH, generator=source) < (0.5 if config.no_label else 0)
        with torch.no_grad():
            c = generator.condition(features[rows], torch.where(withheld, -1, labels[rows]))
            enlarged = F.interpolate(generator(z, c), scale_factor=2, mode="bilinear", align_corners=False)
        loss = F.mse_loss(grown(z, c), enlarged)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return grown.requires_grad_(True)


@torch.no_grad()
def grown_discriminator(discriminator: BigGanDiscriminator) -> BigGanDiscriminator:
    """Return a discriminator of twice the side that scores a picture as ``discriminator`` scores its 2x2 average.

    The new first block passes the averaged colours x on as x and -x beside features of its own. The block after it,
    which took colours before, finds them again in what its leaky activation f leaves: f(x) - f(-x) = (1 + slope) x. It
    starts without looking at the new features.

    Raises:
        RequestError: if the discriminator is spectrally normalised or of another size than 64 or 128 px.
    """
    _check(discriminator)
    config = discriminator.config
    width = max(LEAST_WIDTH, config.widths[0] // 2)
    grown = BigGanDiscriminator(replace(config, resolution=2 * config.resolution, widths=(width, *config.widths)))
    tensors = {_one_later(name): value for name, value in discriminator.state_dict().items()}
    second = "blocks.1.0."
    tensors[f"{second}conv1.weight"] = _both_signs(tensors[f"{second}conv1.weight"], width) / (1 + config.leaky_slope)
    shortcut = tensors[f"{second}conv_sc.weight"]
    unknown = shortcut.new_zeros(len(shortcut), width - COLOURS, 1, 1)
    tensors[f"{second}conv_sc.weight"] = torch.cat([shortcut, unknown], dim=1)
    grown.load_state_dict(grown.state_dict() | tensors)
    first = grown.get_submodule("blocks.0.0")
    assert isinstance(first, DiscriminatorBlock)
    colours = torch.eye(COLOURS)[:, :, None, None] / first.gain
    for sign, rows in ((1, slice(0, COLOURS)), (-1, slice(COLOURS, 2 * COLOURS))):
        first.get_parameter("conv_sc.weight")[rows] = sign * colours
        first.get_parameter("conv2.weight")[rows] = 0
    return grown


def _check(network: BigGanGenerator | BigGanDiscriminator) -> None:
    config = network.config
    if config.spectral_norm:
        raise RequestError("Networks with spectral norm cannot be grown; leave the resolution out.")
    if config.resolution not in (SMALLEST, 2 * SMALLEST):
        raise RequestError(f"Networks of {config.resolution} px cannot be grown; leave the resolution out.")


def _one_later(name: str) -> str:
    """Return a parameter's name with its block's number raised by one."""
    kind, _, rest = name.partition(".")
    if kind != "blocks":
        return name
    number, _, rest = rest.partition(".")
    return f"blocks.{int(number) + 1}.{rest}"


def _both_signs(weight: Tensor, width: int) -> Tensor:
    """Return weights (O, 3, 3, 3) as (O, width, 3, 3) for inputs that hold x, then -x, then what they do not know."""
    unknown = weight.new_zeros(len(weight), width - 2 * COLOURS, *weight.shape[2:])
    return torch.cat([weight, -weight, unknown], dim=1)
