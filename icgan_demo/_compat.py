"""Let torchvision import when its own operator library was built for another torch.

The registry's torchvision wheel is built for CUDA. Beside a CPU torch its ``_C.so`` cannot load, and two
unconditional registrations (``nms`` and ``qnms``) then stop ``import torchvision``, and with it timm and open_clip.
Declaring the two operator schemas is enough; no kernel is faked, so calling them still fails clearly.
"""

import importlib.util
import logging
from pathlib import Path

import torch

logger = logging.getLogger(__name__)

_schemas: torch.library.Library | None = None  # kept for the life of the process: collected, the schemas vanish


def allow_torchvision_import() -> bool:
    """Declare the two missing schemas if torchvision's own library cannot load; True if they are declared."""
    global _schemas
    spec = importlib.util.find_spec("torchvision")  # looks, does not import
    if spec is None or spec.origin is None or _schemas is not None:
        return _schemas is not None
    for library in Path(spec.origin).parent.glob("_C*.so"):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            continue
        return False  # healthy build
    schemas = torch.library.Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        schemas.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _schemas = schemas
    logger.debug("torchvision's operator library cannot load here; declared the schemas it needs to import")
    return True
