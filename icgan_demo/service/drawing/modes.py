"""Multi-modal truncation: towards the nearest of many centres of the condition, which keeps the mode.

Source: Sauer et al. 2022, StyleGAN-XL; here the centres are those of instances, since the instance says which mode of
the distribution an image belongs to.
"""

from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from icgan_demo.errors import RequestError
from icgan_demo.inference.conditions import slerp
from icgan_demo.inference.instance_model import InstanceModel

CENTRES = 64
"""At most; a small bank has one for every ``MEMBERS`` of its instances."""
MEMBERS = 4


class Centres:
    """Finds the centres of a model once, as long as it is loaded."""

    def __init__(self) -> None:
        self._found: WeakKeyDictionary[InstanceModel, Tensor] = WeakKeyDictionary()

    def nearest(self, model: InstanceModel, feature: Tensor) -> Tensor:
        """Return the centre (D,) nearest to a feature (D,), both of unit length; the same each time.

        Raises:
            RequestError: if the model has no stored instances.
        """
        centres = self._of(model)
        return centres[int((centres @ feature).argmax())]

    def _of(self, model: InstanceModel) -> Tensor:
        if model.bank is None or not len(model.bank.features):
            raise RequestError(f"{model.card.title} has no stored instances, so it has no centres to truncate towards.")
        if model not in self._found:
            from icgan_demo.training.instance_bank import cluster_centres

            features = model.bank.features
            self._found[model] = cluster_centres(features, min(CENTRES, max(1, len(features) // MEMBERS)))
        return self._found[model]


@torch.inference_mode()
def truncated(
    model: InstanceModel, feature: Tensor, truncation: float, centre: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """Return the instance that is drawn (D,), and the style that truncation pulls to, None for the mean of all.

    A generator that truncates styles pulls them to the mean style of the centre. One that truncates noise takes, beside
    that, the instance along the great circle to the centre: ``truncation`` is the share of the way that is left.

    Args:
        model: that draws.
        feature: the instance, unit length (D,).
        truncation: 0.05 .. 1; 1 changes nothing.
        centre: nearest to the instance, unit length (D,); None for truncation that knows no centres.
    """
    if centre is None:
        return feature, None
    if model.generator.config.truncates_noise:
        return slerp(centre, feature, truncation), None
    return feature, model.generator.mean_style(model.generator.condition(centre[None]))
