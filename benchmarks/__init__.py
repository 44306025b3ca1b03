"""Measurements behind the project's figures; nothing of the product imports this."""

import icgan_demo  # noqa: F401  # its import must precede that of torchvision, which timm brings along
