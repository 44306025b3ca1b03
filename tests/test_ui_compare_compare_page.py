"""The Compare page's handlers: whose instance is drawn with, what each row says, what was measured."""

from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from comparison_fakes import FIGURES, SVG, PaintedComparison
from fakes import CLASS_NAMES, PaintedSampling

from icgan_demo.config import Conditioning
from icgan_demo.service.comparison.comparing import ComparedRow
from icgan_demo.ui.common.instances import choose_photo
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.compare.compare_page import ComparePage
from icgan_demo.ui.compare.compare_view import figures_html, rows_html
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en"}, session_hash="a")
HOSTILE = "<img src=x onerror=alert(1)>"


class Page:
    def __init__(self, folder, **changes):
        self.compared, self.visits = PaintedComparison(**changes), Visits()
        self.services = Services(PaintedSampling(), folder / "thumbnails", folder / "uploads")
        with LeanBlocks():
            self.page = ComparePage(self.services, self.compared, self.visits)

    def open(self):
        """Return everything that the opened page shows."""
        shown = {}
        for updates in self.page.open(ENGLISH, None, 3, 0.7):
            shown |= updates
        return shown


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


def test_the_opened_page_draws_a_stored_instance_with_all_models_from_the_same_seeds(page):
    shown, p = page.open(), page.page
    assert shown[p.slot].row is not None
    assert shown[p.rows].count("<section>") == len(Conditioning)
    assert shown[p.rows].count('class="photo"') == len(Conditioning)
    assert shown[p.rows].count("<img") == 5 * 9 + 3
    assert page.compared.asked[0][1:] == (8, 3, 0.7)
    assert "synthetic" in shown[p.licence]
    assert shown[p.status] == ""


def test_each_row_says_what_its_model_was_told(page):
    rows = page.open()[page.page.rows]
    for said in (
        "is told nothing",
        f"is told “{CLASS_NAMES[0]}”",
        "lies in cluster 7",
        "the photo&#x27;s feature. It learned",
        f"feature and “{CLASS_NAMES[0]}”",
    ):
        assert said in rows


def test_a_model_that_found_no_class_says_so(tmp_path):
    page = Page(tmp_path, label=None)
    assert page.open()[page.page.rows].count("“no label”") == 2


def test_a_photo_of_the_generate_page_is_embedded_again_by_the_compared_models(page, photo_path):
    chosen = choose_photo(page.services, "painted", photo_path, "en")
    page.visits.of(ENGLISH).chosen = chosen
    shown = page.open()
    assert shown[page.page.slot].photo == photo_path
    assert np.array_equal(page.compared.asked[0][0], shown[page.page.slot].feature)


def test_another_seed_draws_the_same_instance_again(page):
    slot = page.open()[page.page.slot]
    list(page.page.draw(ENGLISH, slot, 9, 0.5))
    feature, _, seed, truncation = page.compared.asked[-1]
    assert (seed, truncation) == (9, 0.5)
    assert np.array_equal(feature, slot.feature)
    with pytest.raises(gr.Error, match="Choose a photo first"):
        list(page.page.draw(ENGLISH, None, 9, 0.5))


def test_a_drawing_that_fails_leaves_no_progress_behind(page, monkeypatch):
    def fail(*_, **__):
        yield from list(PaintedComparison().rows(np.zeros(2)))[:1]
        raise RuntimeError

    slot = page.open()[page.page.slot]
    monkeypatch.setattr(page.compared, "rows", fail)
    seen = []
    with pytest.raises(gr.Error):
        seen.extend(page.page.draw(ENGLISH, slot, 0, 1.0))
    assert seen[-1] == {page.page.status: ""}


def test_figures_are_a_table_and_plots_with_a_sentence(page, tmp_path):
    html = page.page.show_figures(ENGLISH)
    assert html.count("<tr>") == 1 + len(Conditioning)
    assert "0.100 ± 0.010" in html
    assert html.count("data:image/svg+xml;base64,") == 2 + 6  # two plots, and six maps
    assert "400,000 photos" in html
    assert Page(tmp_path, figures=None).page.show_figures(ENGLISH) == "Nothing was measured yet."


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_text_from_outside_becomes_markup(language):
    photo = PaintedSampling().pick("painted", 0).crop
    rows = [ComparedRow(word, HOSTILE, [photo]) for word in Conditioning]
    assert HOSTILE not in rows_html(rows, photo, language)
    assert SVG not in figures_html(FIGURES, language)  # as an image, whose scripts do not run
