"""Which network draws for which settings: the one place where a card's generator turns into a network."""

from collections.abc import Mapping
from typing import Any

from icgan_demo.config import AnyGeneratorConfig, GeneratorConfig, StyleGan2Config
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.models.stylegan2_generator import StyleGan2Generator
from icgan_demo.models.uninitialised import uninitialised

AnyGenerator = BigGanGenerator | StyleGan2Generator
"""They are used alike: ``condition``, ``live_noise`` and drawing itself."""

NETWORKS: Mapping[type, Any] = {GeneratorConfig: BigGanGenerator, StyleGan2Config: StyleGan2Generator}


def unfilled_generator(config: AnyGeneratorConfig) -> AnyGenerator:
    """Return the network of ``config`` on the device "meta": with names and shapes, but without numbers."""
    with uninitialised():
        return NETWORKS[type(config)](config)
