"""Instance-conditioned image generation: a photo in, new neighbours of it out."""

from icgan_demo._compat import allow_torchvision_import

__version__ = "0.1.0"

# The single effect of importing this package: see _compat.py. It must precede the first import of torchvision,
# also in worker processes, which import the package afresh.
allow_torchvision_import()
