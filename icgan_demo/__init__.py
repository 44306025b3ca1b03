"""Instance-conditioned image generation: a photo in, new neighbours of it out."""

from typing import TYPE_CHECKING

from icgan_demo._compat import prepare_torchvision_import
from icgan_demo.config import Precision

if TYPE_CHECKING:
    from icgan_demo.inference.instance_model import InstanceModel

__version__ = "0.1.0"

# The single effect of importing this package: see _compat.py. It must precede the first import of torchvision,
# also in worker processes, which import the package afresh.
prepare_torchvision_import()


def load_model(name: str, precision: Precision = Precision.AUTO) -> "InstanceModel":
    """Return a model that encodes photos and generates their neighbours; see ``inference.loading.load_model``."""
    from icgan_demo.inference import loading  # imported here so that importing the package stays cheap

    return loading.load_model(name, precision=precision)
