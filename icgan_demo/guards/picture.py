"""placeholder"""

from dataclasses import dataclass

from PIL import Image, ImageOps

from icgan_demo.errors import ImageError


@dataclass(frozen=True)
class GuardedPicture:
    picture: Image.Image
    notes: tuple[str, ...] = ()


def read_picture(path):
    try:
        with Image.open(path) as im:
            return GuardedPicture(ImageOps.exif_transpose(im).convert("RGB"))
    except Exception as e:
        raise ImageError("bad") from e
