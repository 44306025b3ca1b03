"""Conditionings compared on tiny networks: by the command, in normal runs, with figures, a table and plots."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from test_training_run import run, small_finish, train  # noqa: F401  (small_finish is a fixture that acts by itself)
from tiny_training import write_pictures

from icgan_demo.config import Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.training import comparison as comparison_module
from icgan_demo.training.common.log_lines import read_lines
from icgan_demo.training.comparison import Comparison, mean_and_spread, read_comparison, untrained
from icgan_demo.training.comparison_plots import as_markdown, write_plots
from icgan_demo.weights.cards import inspect_model

WORDS = ["--batch-size", "4", "--resolution", "32", "--precision", "float32", "--threads", "1", "--samples", "8"]


def compare(pictures: Path, out: Path, *words: object) -> int:
    return run("compare", pictures, "--out", out, *WORDS, *words)


def test_conditionings_are_trained_continued_measured_and_plotted(tmp_path, models_folder, monkeypatch, capsys):
    monkeypatch.setattr(comparison_module, "STORED", (4,))
    pictures, out = write_pictures(tmp_path / "in"), tmp_path / "out"
    words = ["--conditions", "none,instance", "--neighbour-series", "2", "--metrics-every", "1"]
    assert compare(pictures, out, *words, "--budget", "4") == 0
    assert compare(pictures, out, *words, "--budget", "8") == 0
    for name, conditioning in (("none-0", "none"), ("instance-0", "instance"), ("neighbours-2", "instance")):
        assert inspect_model(out / name / "model").usable().generator.conditioning == conditioning
        assert [line["step"] for line in read_lines(out / name / "log.jsonl")] == [1, 2]
    content = json.loads((out / "compare.json").read_text())
    assert [(one["series"], one["value"], one["seed"]) for one in content["runs"]] == [
        ("conditioning", "none", 0),
        ("conditioning", "instance", 0),
        ("neighbours", "2", 0),
    ]
    assert [point["images"] for point in content["runs"][0]["curve"]] == [0, 4, 8]
    assert {entry["stored"] for entry in content["stored"]} == {4, 12}
    assert content["runs"][1]["figures"]["classes_covered"] is not None
    assert content["protocol"]["data"] == "in"
    table = (out / "compare.md").read_text()
    assert table in capsys.readouterr().out
    assert "| neighbours 2 | " in table
    drawn = {path.name for path in out.glob("*.svg")}
    assert {"curves_second_kd.svg", "neighbours_coverage.svg", "stored_spread.svg"} <= drawn
    for path in out.glob("*.svg"):
        ET.parse(path)


def test_a_comparison_that_is_stopped_says_what_is_left(tmp_path, models_folder, monkeypatch, capsys):
    pictures, out = write_pictures(tmp_path / "in"), tmp_path / "out"

    def stop_at_once(self):
        self.is_stopping = True

    monkeypatch.setattr(comparison_module.Reporter, "listen", stop_at_once)
    assert compare(pictures, out, "--conditions", "none,class", "--budget", "4") == 0
    assert "2 runs are left" in capsys.readouterr().out
    assert read_comparison(out) is None


def test_every_conditioning_comes_once_before_the_second_seed():
    compared = Comparison(Path("in"), 100, seeds=2, neighbours=(1, 5), encoders=("lite0",), given={"batch_size": 10})
    members = compared.members()
    assert [member.name for member in members[:6]] == [*(f"{word}-0" for word in Conditioning), "none-1"]
    assert [member.name for member in members[-3:]] == ["neighbours-1", "neighbours-5", "encoder-lite0"]
    assert len({member.name for member in members}) == len(members) == 13
    assert {member.given["steps"] for member in members} == {10}
    assert members[-1].encoder == "lite0"
    assert untrained(compared, Path("nowhere")) == members


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"seeds": 0}, "seeds must be"),
        ({"budget": 3}, "at least one batch of 64"),
        ({"encoders": ("clip",)}, "An encoder is lite0 or bundled"),
        ({"conditionings": ("none", "none")}, "Name each conditioning once"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(values, sentence):
    with pytest.raises(RequestError, match=sentence):
        Comparison(Path("in"), **{"budget": 100} | values)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--conditions", "words"], "A conditioning is one of none, class"),
        (["--neighbour-series", "1,many"], "The size of a neighbourhood"),
        (["--resolution", "33"], "The resolution must be"),
        (["--device", "abacus"], "The device must be cpu or cuda"),
    ],
)
def test_wrong_words_of_a_comparison_are_one_line(tmp_path, capsys, words, sentence):
    pictures = write_pictures(tmp_path / "in")
    assert compare(pictures, tmp_path / "out", "--budget", "8", *words) == 2
    assert sentence in capsys.readouterr().err


def test_means_over_seeds_come_with_half_their_range_and_missing_figures_are_a_dash(tmp_path):
    assert mean_and_spread([1.0, None, 2.0]) == (1.5, 0.5)
    assert mean_and_spread([None]) is None
    runs = [
        {"series": "conditioning", "value": "class", "seed": seed, "images": 64, "figures": {"fd": value}, "curve": []}
        for seed, value in enumerate((1.0, 2.0))
    ]
    content = {"protocol": {}, "runs": runs, "stored": []}
    assert "| class | 64 | - | 1.500 ± 0.500 |" in as_markdown(content)
    assert write_plots(content, tmp_path) == []
