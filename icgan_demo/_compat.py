"""Let torchvision import when its own operator library was built for another torch.

The registry's torchvision wheel is built for CUDA. Beside a CPU torch its ``_C.so`` cannot load, and two
unconditional registrations (``nms`` and ``qnms``) then stop ``import torchvision``, and with it timm and open_clip.
Declaring the two operator schemas is enough; no kernel is faked, so calling them still fails clearly.

That needs torch, whose import takes seconds, so it happens only when torchvision is about to be imported: until then
the command line prints its help and the page opens without either.
"""

import importlib.util
import logging
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

logger = logging.getLogger(__name__)

_schemas: Any = None  # a torch.library.Library, kept for the life of the process: collected, the schemas vanish


class _BeforeTorchvision(MetaPathFinder):
    """Finds nothing, but is asked first when torchvision is imported."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        """Declare the schemas at the first question about torchvision; leave every import to the other finders."""
        if name == "torchvision" and self in sys.meta_path:
            sys.meta_path.remove(self)
            allow_torchvision_import()


def prepare_torchvision_import() -> None:
    """Arrange that ``allow_torchvision_import`` runs before the first import of torchvision."""
    if "torchvision" not in sys.modules and not any(isinstance(finder, _BeforeTorchvision) for finder in sys.meta_path):
        sys.meta_path.insert(0, _BeforeTorchvision())


def allow_torchvision_import() -> bool:
    """Declare the two missing schemas if torchvision's own library cannot load; True if they are declared."""
    global _schemas
    spec = importlib.util.find_spec("torchvision")  # looks, does not import
    if spec is None or spec.origin is None or _schemas is not None:
        return _schemas is not None
    import torch

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
