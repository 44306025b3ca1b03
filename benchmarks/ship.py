"""Put the model of a training run among the bundled ones: its networks in float16, with a card that says what it is.

``python -m benchmarks.ship RUN ABOUT.json [OUT]``: ABOUT holds ``name``, ``title``, ``description``, ``data``,
``licence`` and, if there are any, ``figures`` and a ``note`` on how it was trained; OUT is by default the folder of the
bundled models. How well it knows a photo it says by its training photos until ``python -m benchmarks.calibrate``.
"""

import json
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from icgan_demo.inference.loading import find_model
from icgan_demo.training.plan import Order, resolve
from icgan_demo.training.start.networks import generator_of, networks_of
from icgan_demo.weights.cards import INSTANCES, Card, FoundModel, Licence
from icgan_demo.weights.folders import bundled_models_folder
from icgan_demo.weights.learning import LEARNING
from icgan_demo.weights.model_folder import write_model


def ship(run: Path, about: dict[str, Any], folder: Path, *, is_trainable: bool = True) -> Card:
    """Write the model of ``run`` into ``folder`` and return its card; without discriminators unless it is trainable."""
    found = find_model(str(run))
    card = found.usable()
    learners = _discriminators(found, run) if is_trainable else {}
    bank = load_file(found.folder / INSTANCES)
    note = {"note": about["note"]} if about.get("note") else {}
    return write_model(
        folder,
        name=about["name"],
        title=about["title"],
        description=about["description"],
        data=about["data"],
        licence=Licence(**about["licence"]),
        generator=generator_of(found),
        **learners,
        encoder_config=card.encoder,
        features=bank["features"],
        labels=bank["labels"],
        class_names=card.class_names,
        settings=card.settings | note,
        figures=about.get("figures", card.figures),
        calibration=card.calibration,
        learning=(card.learning, (found.folder / LEARNING).read_bytes()) if card.learning else None,
        half=True,
    )


def _discriminators(found: FoundModel, run: Path) -> dict[str, Any]:
    card = found.usable()
    train = resolve({}, Order(run, found), len(card.class_names) or 1)
    nets = networks_of(found, card.class_names, torch.empty(0, dtype=torch.int64), train)
    return {"discriminator": nets.discriminator, "projected": nets.projected}


if __name__ == "__main__":
    target = Path(sys.argv[3]) if len(sys.argv) > 3 else bundled_models_folder()
    described = json.loads(Path(sys.argv[2]).read_text())
    shipped = ship(Path(sys.argv[1]), described, target / described["name"])
    print(f"{shipped.name}: {shipped.size_mb:.1f} MB")
