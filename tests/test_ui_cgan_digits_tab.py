"""The Digits page's handlers around a painted service."""

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from digit_fakes import FIGURES, PaintedDigits
from PIL import Image

from icgan_demo.errors import WeightsError
from icgan_demo.ui.cgan.digits_tab import DigitsTab, figures_html
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.generate_state import ask_to_stop

ENGLISH = SimpleNamespace(headers={"accept-language": "en"})
KOREAN = SimpleNamespace(headers={"accept-language": "ko"})


@pytest.fixture
def digits():
    return PaintedDigits()


@pytest.fixture
def tab(digits, tmp_path):
    with LeanBlocks():
        return DigitsTab(Services(None, tmp_path / "thumbnails", tmp_path / "out", digits=digits))


def grey(path):
    return Image.open(path).getpixel((0, 0))[0]


def test_opening_the_tab_fills_every_sheet(tab):
    updates = tab.draw_all(ENGLISH, "modern", 7, 3, 8, 0.5)
    assert grey(updates[tab.grid]) == 7
    assert grey(updates[tab.blended]) == 128
    assert Path(updates[tab.way]).exists()
    assert "seeds 7 to 16" in updates[tab.status]
    assert updates[tab.seed] == 7


def test_sheets_are_files_below_the_output_folder(tab, tmp_path):
    updates = tab.draw_all(ENGLISH, "paper", 0, 3, 8, 0.5)
    for sheet in (tab.grid, tab.blended, tab.way):
        assert Path(updates[sheet]).is_relative_to(tmp_path / "out" / "drawn")


def test_an_empty_seed_is_a_random_one_and_is_shown(tab, digits):
    updates = tab.draw_all(ENGLISH, "modern", None, 3, 8, 0.5)
    assert updates[tab.seed] == digits.grids[0].seed
    assert digits.blends[0].seeds[0] == digits.grids[0].seed


def test_the_blend_moves_only_the_condition(tab, digits):
    tab.blend(ENGLISH, "paper", 5, 3, 8, 0.25)
    [blend] = digits.blends
    assert (blend.network, blend.first, blend.second) == ("paper", 3, 8)
    assert set(blend.amounts) == {0.25}
    assert blend.seeds == tuple(range(5, 14))


def test_the_way_keeps_three_seeds_and_goes_from_end_to_end(tab, digits):
    tab.walk("modern", 5, 3, 8)
    [way] = digits.blends
    assert way.seeds == (5,) * 9 + (6,) * 9 + (7,) * 9
    assert (way.amounts[0], way.amounts[8]) == (0, 1)


def test_a_training_shows_its_looks_and_says_what_it_learns_from(tab):
    updates = list(tab.learn(ENGLISH))
    assert updates[0][tab.stop_button]["visible"] is True
    sheets = [update[tab.learning] for update in updates if tab.learning in update]
    assert [grey(sheet) for sheet in sheets] == [0, 1, 2, 3, 4]
    assert "no MNIST files" in updates[1][tab.learn_data]
    assert "40% recognised as the requested digit" in updates[-2][tab.learn_status]
    assert "Finished" in updates[-1][tab.learn_status]
    assert updates[-1][tab.stop_button]["visible"] == "hidden"


def test_closing_a_training_ends_the_service_s(tab, digits):
    running = tab.learn(ENGLISH)
    next(running)
    next(running)
    assert not digits.learning_ended.is_set()
    running.close()
    assert digits.learning_ended.is_set()


def test_stop_ends_the_service_s_training_and_has_the_last_word(tab, digits):
    """Gradio's own cancelling let a late look take the place of "Stopped"."""
    digits.hurry.clear()
    running = tab.learn(ENGLISH)
    signal = next(running)[tab.signal]
    next(running)
    ask_to_stop(signal)
    *_, last = running
    assert "Stopped" in last[tab.learn_status]
    assert last[tab.stop_button]["visible"] == "hidden"
    assert digits.learning_ended.is_set()


def test_a_training_that_fails_takes_its_stop_button_away(tab, digits, monkeypatch):
    def fail(*_):
        raise WeightsError("No model of digits was found.")
        yield

    monkeypatch.setattr(digits, "learn", fail)
    running = tab.learn(ENGLISH)
    next(running)
    assert next(running)[tab.stop_button]["visible"] == "hidden"
    with pytest.raises(gr.Error, match="No model of digits"):
        next(running)


@pytest.mark.parametrize("wrong", [("dcgan", 0, 3, 8, 0.5), ("modern", -1, 3, 8, 0.5), ("modern", 0, 3, 8, 2.0)])
def test_nonsense_is_one_sentence(tab, wrong):
    with pytest.raises(gr.Error, match="must be"):
        tab.draw_all(ENGLISH, *wrong)


def test_figures_stand_beside_what_they_do_not_say():
    page = figures_html({"modern": FIGURES, "paper": {}}, "en")
    assert "250.5 ± 1.9 nats" in page
    assert "σ 0.167 · 10,000 · 10,000" in page
    assert "132 ± 1.8" in page
    assert "says little about looks" in page
    assert page.count("<td>–</td>") == 6  # no agreement or distance was given, and nothing of the other network


def test_figures_speak_korean_and_escape_what_a_card_says():
    page = figures_html({"modern": {"parzen_nats": "<script>"}}, "ko")
    assert "로그 가능도" in page
    assert "<script>" not in page
