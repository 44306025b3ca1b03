"""Short videos for the tests of training sets."""

from pathlib import Path

from PIL import Image
from training_sets import noise

from icgan_demo.service.recipes.film import FilmFormat, write_film


def scenes(count: int, held: int) -> list[Image.Image]:
    """Return the frames of ``count`` scenes that look different, each standing still for ``held`` frames."""
    return [noise(number, 5).resize((160, 160)) for number in range(count) for _ in range(held)]


def write_video(path: Path, count: int = 3, held: int = 10, fps: float = 10) -> Path:
    """Write these scenes as the kind of film that the name says; returns ``path``."""
    return write_film(scenes(count, held), path, FilmFormat(path.suffix[1:]), fps)
