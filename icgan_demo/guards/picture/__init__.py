"""Pictures from strangers; see ``reader`` for the steps, and one module for each format's structure."""

from icgan_demo.guards.picture.limits import DEFAULT_LIMITS, PictureLimits
from icgan_demo.guards.picture.reader import GuardedPicture, clean_picture, read_picture, stored_png

__all__ = ["DEFAULT_LIMITS", "GuardedPicture", "PictureLimits", "clean_picture", "read_picture", "stored_png"]
