"""A generator, prepared once for drawing."""

from typing import Any, overload

import torch

from icgan_demo.config import Precision
from icgan_demo.errors import RequestError
from icgan_demo.inference.fast.biggan import PreparedGenerator
from icgan_demo.inference.fast.stylegan2 import PreparedStyleGan2
from icgan_demo.models.bfloat16 import has_bfloat16
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.generators import AnyGenerator
from icgan_demo.models.stylegan2_generator import StyleGan2Generator

DTYPES = {Precision.FLOAT32: torch.float32, Precision.BFLOAT16: torch.bfloat16}


PreparedForm = PreparedGenerator | PreparedStyleGan2
PREPARED: dict[type, Any] = {BigGanGenerator: PreparedGenerator, StyleGan2Generator: PreparedStyleGan2}
"""What each network is prepared as."""


@overload
def prepare(generator: BigGanGenerator, precision: Precision = Precision.AUTO) -> PreparedGenerator: ...
@overload
def prepare(generator: AnyGenerator, precision: Precision = Precision.AUTO) -> PreparedForm: ...


@torch.inference_mode()
def prepare(generator: AnyGenerator, precision: Precision = Precision.AUTO) -> PreparedForm:
    """Return a generator that draws the same pictures with a third of the multiplications; see ``PreparedGenerator``.

    Args:
        generator: evaluated, on the CPU; not changed, and not needed afterwards.
        precision: see ``choose_precision``.
    """
    prepared: PreparedForm = PREPARED[type(generator)](generator, DTYPES[choose_precision(precision)])
    config = prepared.config
    prepared(torch.zeros(1, config.noise_dim), torch.zeros(1, config.condition_dim))  # packs, sizes memory
    return prepared


def choose_precision(wanted: Precision | str = Precision.AUTO) -> Precision:
    """Return the precision that is meant: for AUTO what the processor's instructions say, and nothing else.

    A rule and no measurement: a measurement may end differently under load, and then a seed would draw another picture
    after a restart. Where the instructions exist, bfloat16 was faster for every shape that was measured
    (docs/benchmarks.md).

    Raises:
        RequestError: if ``wanted`` names no precision.
    """
    if wanted not in list(Precision):
        raise RequestError(f"The precision must be one of {', '.join(Precision)}, got {str(wanted)[:100]!r}.")
    if wanted != Precision.AUTO:
        return Precision(wanted)
    return Precision.BFLOAT16 if has_bfloat16() else Precision.FLOAT32
