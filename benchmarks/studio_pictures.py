"""Draws the README's pictures of the studio: a class-swap strip and a travelling film.

    python -m benchmarks.studio_pictures [--model produce64] [--out docs/images]

writes swap.jpg and travel.webp.
"""

import argparse
from pathlib import Path

from PIL import Image

from icgan_demo.service.film import FilmFormat, write_film
from icgan_demo.service.redraw import open_sampling
from icgan_demo.service.sampling import SamplingService
from icgan_demo.service.studio_outputs import labelled_sheet
from icgan_demo.service.studio_requests import Blend, BlendRequest, Stop, Swap, TravelRequest
from icgan_demo.ui.studio_state import spread

POSITIONS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
ROWS = 4
STOPS = 6
FRAMES_PER_LEG = 12
LIMIT_KB = 400


def swap_strip(sampling: SamplingService, model: str) -> Image.Image:
    """Return a row for each of four instances: the class slider from one end to the other, one seed."""
    entries = spread(sampling.bank(model), 2 * ROWS)
    rows, names = [], []
    for place in range(ROWS):
        entry, other = entries[place], entries[(place + ROWS) % len(entries)]
        feature = sampling.pick(model, entry.row).feature
        targets = ((other.label, 1.0),) if other.label else ()
        rows.append(
            [
                sampling.studio.draw(
                    BlendRequest(model, Blend((feature,), swap=Swap(entry.label, targets, position)), (0,))
                )[0]
                for position in POSITIONS
            ]
        )
        names.append(f"{entry.label} to {other.label}")
    named = {-1.0: "own class", 0.0: "no label", 1.0: "other class"}
    return labelled_sheet(rows, names, [named.get(position, "") for position in POSITIONS])


def film(sampling: SamplingService, model: str, path: Path) -> Path:
    """Write a seamless loop through instances of the bank with their own classes."""
    stops = [
        Stop(Blend((sampling.pick(model, entry.row).feature,), swap=Swap(entry.label, position=-1.0)), seed=place)
        for place, entry in enumerate(spread(sampling.bank(model), STOPS))
    ]
    request = TravelRequest(model, tuple(stops), FRAMES_PER_LEG)
    return write_film(list(sampling.studio.travel(request)), path, FilmFormat.WEBP, fps=12, scale=2)


def main() -> None:
    """Draw both and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="name from the model list; default: the first")
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    sampling = open_sampling()
    model = arguments.model or sampling.models()[0].name
    swap_strip(sampling, model).save(arguments.out / "swap.jpg", quality=88)
    path = film(sampling, model, arguments.out / "travel.webp")
    for file in (arguments.out / "swap.jpg", path):
        kilobytes = file.stat().st_size / 1000
        print(f"{file}: {kilobytes:.0f} kB")
        assert kilobytes < LIMIT_KB, file


if __name__ == "__main__":
    main()
