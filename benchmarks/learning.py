"""Show how a model learned: put moments of its training run beside it, for the About page.

``python -m benchmarks.learning MODEL RUN`` writes ``learning.webp`` into the folder of a finished model (a name or a
folder) and its steps into the card, from the sheets in the folder RUN. Sheets hold generated images only.
"""

import sys
from dataclasses import replace
from pathlib import Path

from icgan_demo.inference.loading import find_model
from icgan_demo.training.common.run_folder import SHEETS, steps_in
from icgan_demo.training.sample_sheets import learning_of
from icgan_demo.weights.cards import Card, write_card
from icgan_demo.weights.learning import LEARNING
from icgan_demo.weights.tensor_files import write_file


def show_learning(model: str, run: Path) -> Card:
    """Write how a model learned beside it; returns its new card."""
    found = find_model(model)
    card = found.usable()
    step, batch_size = card.settings.get("steps_trained"), card.settings.get("batch_size")
    assert isinstance(step, int), "the card does not say how long the model was trained"
    assert isinstance(batch_size, int), "the card does not say how many images an update saw"
    learned = learning_of(steps_in(run / SHEETS, ".png"), step, batch_size)
    assert learned is not None, f"{run} has no sheets of two moments"
    learning, picture = learned
    files = {**card.files, LEARNING: write_file(picture, found.folder / LEARNING)}
    changed = replace(card, files=files, learning=learning)
    write_card(changed, found.folder)
    return changed


if __name__ == "__main__":
    shown = show_learning(sys.argv[1], Path(sys.argv[2]))
    print(f"{shown.name}: {shown.files[LEARNING].size / 1000:.0f} kB")
