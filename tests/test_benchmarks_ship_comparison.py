"""What ships of a comparison: generators alone, which the Compare page draws with, and the figures."""

import json

import torch
from comparison_models import KINDS, write_comparison
from safetensors.torch import load_file

from benchmarks.ship_comparison import ship_comparison
from icgan_demo.config import Conditioning
from icgan_demo.service.comparison.compared_models import ComparedModels
from icgan_demo.weights.cards import inspect_model
from icgan_demo.weights.folders import holds_comparison

ABOUT = {
    "title": "Told {}",
    "description": "A test.",
    "data": "Nothing.",
    "licence": {"name": "MIT", "url": "", "note": "Free."},
}


def test_generators_and_figures_are_shipped_and_replace_what_was_there(tmp_path):
    compared, out = write_comparison(tmp_path / "compared"), tmp_path / "out"
    for word in KINDS:
        (compared / f"{word}-0" / f"{word}-0").rename(compared / f"{word}-0" / "model")
    figures = {"protocol": {}, "runs": [], "stored": []}
    (compared / "compare.json").write_text(json.dumps(figures))
    (out / "old-0" / "model").mkdir(parents=True)
    shipped = ship_comparison(compared, ABOUT, out)
    assert [folder.parent.name for folder in shipped] == [f"{word}-0" for word in Conditioning]
    assert not (out / "old-0").exists()
    assert holds_comparison(out)
    card = inspect_model(shipped[0]).usable()
    assert (card.title, card.discriminator, card.projected) == ("Told none", None, None)
    tensors = load_file(shipped[0] / "generator.safetensors")
    assert torch.float16 in {tensor.dtype for tensor in tensors.values()}
    assert ComparedModels(out).conditionings == list(Conditioning)
    assert json.loads((out / "compare.json").read_text()) == figures
