"""Draws what the Generate page shows before there is a photo: instances, each with fifteen new neighbours.

``python -m benchmarks.welcome_pictures`` writes icgan_demo/ui/generate/welcome.webp: a column for each instance, which
is on top, and below it its neighbours.
"""

import argparse
from pathlib import Path

from PIL import Image

from benchmarks.readme_pictures import MODEL
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.redraw import open_sampling
from icgan_demo.ui.generate.welcome import CELLS, INSTANCES, WELCOME

SHOWN = ("Lemon", "Red Bell Pepper", "Royal Gala", "Satsumas")
SIDE = 96


def main() -> None:
    """Draw and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WELCOME)
    out = parser.parse_args().out
    sampling = open_sampling()
    entries = {entry.label: entry for entry in reversed(sampling.bank(MODEL))}
    sheet = Image.new("RGB", (SIDE * INSTANCES, SIDE * CELLS))
    assert len(SHOWN) == INSTANCES, SHOWN
    for column, label in enumerate(SHOWN):
        [entry] = sampling.drawn(MODEL, [entries[label]])
        assert entry.thumbnail is not None
        request = DrawRequest.neighbours(MODEL, sampling.pick(MODEL, entry.row).feature, CELLS - 1, label=label)
        drawn = [entry.thumbnail, *(one.picture for one in sampling.drawing.draw(request))]
        for row, picture in enumerate(drawn):
            small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
            sheet.paste(small, (SIDE * column, SIDE * row))
    sheet.save(out, "WEBP", quality=70, method=6)
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
