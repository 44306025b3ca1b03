"""Networks that were conditioned on one encoder's features, made ready for those of another one."""

from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor, nn

from icgan_demo.errors import RequestError
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator

Network = TypeVar("Network", BigGanGenerator, BigGanDiscriminator)
RIDGE = 1e-3
"""Weight of the penalty on the new weights, relative to the mean variance of the features."""


@torch.no_grad()
def refitted(network: Network, old: Tensor, new: Tensor) -> Network:
    """Return ``network`` with an instance embedding for ``new`` features that comes nearest to the one of ``old``.

    The embedding is linear, so the new one is a ridge regression over the pictures of the run; everything that the
    network knows about drawing or judging stays.

    Args:
        old: features (N, D) of the pictures by the encoder that the network was trained with.
        new: features (N, E) of the same pictures by the other encoder, in the same order.
    Raises:
        RequestError: if the network is spectrally normalised, or knows no instances or only clusters of them.
    """
    config = network.config
    if config.spectral_norm or not config.feature_dim or config.clusters:
        raise RequestError("This base cannot take another encoder; leave --encoder out.")
    name = "shared_feat" if isinstance(network, BigGanGenerator) else "linear_feat"
    layer = network.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    wanted = layer(old)
    centre, target = new.mean(dim=0), wanted.mean(dim=0)
    inputs = new - centre
    penalty = RIDGE * len(new) * inputs.var(dim=0).mean() * torch.eye(new.shape[1])
    weight = torch.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ (wanted - target)).T
    tensors = network.state_dict()
    tensors |= {f"{name}.weight": weight.contiguous(), f"{name}.bias": target - weight @ centre}
    with torch.device("meta"):
        changed = type(network)(replace(config, feature_dim=new.shape[1]))
    changed.load_state_dict(tensors, assign=True)
    return changed
