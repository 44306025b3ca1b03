"""How near photos that a model has not seen can be redrawn, by three ways.

``python -m benchmarks.inversion MODEL PHOTOS [COUNT] [SHEET.png]`` prints a table of medians over COUNT photos of the
folder PHOTOS, spread evenly, and the percentiles by which the page words a distance. SHEET.png, for the eye alone, has
a row for each photo: itself, the best of the seeds, the search towards its feature, and what Edit finds.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from benchmarks.calibrate import spread
from icgan_demo.inference.likeness import COLOUR_SIDE, Likeness
from icgan_demo.pixels import from_pictures, to_images
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.inversion_requests import InversionRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.drawing.search_requests import SearchRequest, Target
from icgan_demo.service.model_store import ModelStore
from icgan_demo.training.common.image_set import pictures_under
from icgan_demo.weights.folders import model_folders
from icgan_demo.weights.lite0_files import read_lite0

PHOTOS = 24
PERCENTILES = (10, 50, 90)


@dataclass(frozen=True)
class Figures:
    """How near one picture is to a photo."""

    distance: float
    """See ``Likeness.distance``."""
    rmse: float
    """Root of the mean squared difference of the colours at ``COLOUR_SIDE`` px, 0..1."""
    cosine: float
    """Between the features of both."""
    seconds: float
    """Of this process's processor time."""


def ways(service: SamplingService, model: str, file: Path) -> Iterator[tuple[str, Image.Image, Image.Image, Figures]]:
    """Yield, for each way to redraw a photo: its name, the photo's crop, the picture, and its figures."""
    photo = service.encode(model, file)
    blend = Blend((photo.feature,))
    inversion = InversionRequest(model, blend, photo.crop)
    search = SearchRequest(model, blend, Target(photo.feature))
    start = time.process_time()
    steps = service.search.invert(inversion)
    first = next(steps)
    middle = time.process_time()
    *_, last = steps
    end = time.process_time()
    *_, found = service.search.run(search)
    searched = time.process_time()
    requests = {
        "best of 16 seeds": (inversion.drawing(first), middle - start),
        "search towards the photo's feature": (search.drawing(found.noise), searched - end),
        "Edit": (inversion.drawing(last), end - start),
    }
    likeness = Likeness(read_lite0(), _image(photo.crop)[0])
    for name, (request, seconds) in requests.items():
        (drawn,) = service.drawing.draw(request)
        (sample,) = service.drawing.measure(DrawRequest(model, blend, (0,)), [drawn])
        image = _image(drawn.picture)
        assert sample.cosine is not None
        figures = Figures(_distance(likeness, image), rmse(_image(photo.crop), image), sample.cosine, seconds)
        yield name, photo.crop, drawn.picture, figures


def rmse(photo: Tensor, image: Tensor) -> float:
    """Return the root of the mean squared difference of two images (1, 3, R, R) in [-1, 1], as a share of the range."""
    few = [torch.nn.functional.interpolate(each, (COLOUR_SIDE, COLOUR_SIDE), mode="area") for each in (photo, image)]
    return float((few[0] - few[1]).div(2).square().mean().sqrt())


def _image(picture: Image.Image) -> Tensor:
    return to_images(from_pictures([picture]))


@torch.inference_mode()
def _distance(likeness: Likeness, image: Tensor) -> float:
    return float(likeness.distance(image)[0])


def main(model: str, photos: Path, count: int = PHOTOS, sheet: Path | None = None) -> None:
    """Print the table."""
    service = SamplingService(ModelStore(model_folders()))
    figures: dict[str, list[Figures]] = {}
    rows: list[np.ndarray] = []
    for file in spread(pictures_under(photos), count):
        row: list[np.ndarray] = []
        for name, crop, picture, measured in ways(service, model, file):
            figures.setdefault(name, []).append(measured)
            row = row or [np.asarray(crop)]
            row.append(np.asarray(picture))
        rows.append(np.concatenate(row, axis=1))
        print(*(f"{each[-1].distance:.3f}" for each in figures.values()), file=sys.stderr, flush=True)
    print(f"{model}, {count} photos, medians:\n")
    print(f"| way | distance | colours at {COLOUR_SIDE} px, RMSE | cosine of the encoder | processor time, s |")
    print("|---|---|---|---|---|")
    for name, several in figures.items():
        medians = [
            float(np.median([getattr(each, field) for each in several]))
            for field in ("distance", "rmse", "cosine", "seconds")
        ]
        print("| {} | {:.3f} | {:.3f} | {:.3f} | {:.1f} |".format(name, *medians))
    found = np.percentile([each.distance for each in figures["Edit"]], PERCENTILES)
    print(f"\nEdit's distance, {PERCENTILES} %: " + ", ".join(f"{value:.3f}" for value in found))
    if sheet is not None:
        Image.fromarray(np.concatenate(rows)).save(sheet)


if __name__ == "__main__":
    more = sys.argv[3:]
    main(sys.argv[1], Path(sys.argv[2]), int(more[0]) if more else PHOTOS, Path(more[1]) if len(more) > 1 else None)
