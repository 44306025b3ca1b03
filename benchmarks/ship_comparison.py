"""Put the models of a comparison among the bundled ones: the generators in float16, and what was measured of them.

``python -m benchmarks.ship_comparison COMPARED ABOUT.json [OUT]``: COMPARED is what ``compare`` wrote; ABOUT holds
``title`` (with ``{}`` for the conditioning), ``description``, ``data`` and ``licence`` of all; OUT is by default where
the page looks for the comparison that comes with the program. Of each conditioning the run with the seed 0 is taken.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.ship import ship
from icgan_demo.config import Conditioning
from icgan_demo.training.comparison import COMPARISON
from icgan_demo.weights.folders import MODEL, compared_folder


def ship_comparison(compared: Path, about: dict[str, Any], out: Path) -> list[Path]:
    """Write the models of ``compared``, and its figures, into ``out``, in place of what was there; returns them."""
    shutil.rmtree(out, ignore_errors=True)
    shipped = []
    for word in Conditioning:
        name = f"{word}-0"
        if (compared / name / MODEL).is_dir():
            described = about | {"name": name, "title": about["title"].format(word)}
            ship(compared / name, described, out / name / MODEL, is_trainable=False)
            shipped.append(out / name / MODEL)
    shutil.copyfile(compared / COMPARISON, out / COMPARISON)
    return shipped


if __name__ == "__main__":
    target = Path(sys.argv[3]) if len(sys.argv) > 3 else compared_folder()
    models = ship_comparison(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()), target)
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    print(f"{len(models)} models, {size / 1e6:.1f} MB")
