"""The Compare page's handlers: whose instance is drawn with, what each row says, what was measured."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from comparison_fakes import FIGURES, SVG, PaintedComparison
from fakes import CLASS_NAMES, PaintedSampling
from PIL import Image

from icgan_demo.config import Conditioning
from icgan_demo.errors import RequestError
from icgan_demo.lazy import lazy
from icgan_demo.service.comparison.comparing import ComparedRequest, ComparedRow
from icgan_demo.training.comparison_plots import COLUMNS, PLOTTED
from icgan_demo.ui.common.events import ASIDE
from icgan_demo.ui.common.instances import choose_photo
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.compare.compare_page import ComparePage
from icgan_demo.ui.compare.compare_view import figures_html, row_html
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.stage.instance_page import Offered
from icgan_demo.ui.texts.language import LANGUAGES
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en"}, session_hash="a")
HOSTILE = "<img src=x onerror=alert(1)>"


class Page:
    def __init__(self, folder, compared=None, **changes):
        self.compared, self.visits = compared or PaintedComparison(**changes), Visits()
        self.services = Services(PaintedSampling(), folder / "thumbnails", folder / "uploads")
        with LeanBlocks():
            self.page = ComparePage(self.services, self.compared, self.visits)

    @property
    def slot(self):
        return self.visits.of(ENGLISH).compared

    def show(self, handler, *values):
        """Return everything that a handler shows."""
        shown = {}
        for updates in handler(ENGLISH, *values):
            shown |= {} if updates is ASIDE else updates
        return shown

    def open(self):
        return self.show(self.page.open, 3, 0.7)

    def rows(self, shown):
        return [shown[self.page.rows[word]] for word in Conditioning]


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


def test_the_opened_page_draws_a_stored_instance_with_all_models_from_the_same_seeds(page):
    shown, p = page.open(), page.page
    assert page.slot.row is not None
    rows = page.rows(shown)
    assert [row.count('class="photo"') for row in rows] == [1] * 5
    assert [row.count("<img") for row in rows] == [9, 9, 12, 9, 9]  # the cluster's with three members
    assert page.compared.asked[0][1] == ComparedRequest(8, 3, 0.7)
    assert "synthetic" in shown[p.licence]
    assert shown[p.status] == ""


def test_each_row_says_what_its_model_was_told(page):
    told = (
        "is told nothing",
        f"is told “{CLASS_NAMES[0]}”",
        "lies in cluster 7",
        "the photo&#x27;s feature. It learned",
        f"feature and “{CLASS_NAMES[0]}”",
    )
    assert all(said in row for said, row in zip(told, page.rows(page.open()), strict=True))


def test_a_model_that_found_no_class_says_so(tmp_path):
    page = Page(tmp_path, label=None)
    assert ["“no label”" in row for row in page.rows(page.open())] == [word.uses_class for word in Conditioning]


def test_a_photo_of_the_generate_page_is_embedded_again_by_the_compared_models(page, photo_path):
    page.visits.of(ENGLISH).chosen = choose_photo(page.services, "painted", photo_path, "en")
    shown = page.open()
    assert page.slot.photo == photo_path
    assert shown[page.page.photo] == str(photo_path)
    assert np.array_equal(page.compared.asked[0][0], page.slot.feature)


def test_a_photo_of_the_generate_page_comes_once_and_another_one_again(page, photo_path, tmp_path):
    visit = page.visits.of(ENGLISH)
    visit.chosen = choose_photo(page.services, "painted", photo_path, "en")
    page.open()
    page.show(page.page.take_row, SimpleNamespace(index=1), Offered("painted", (4, 9)), 0, 1.0)
    page.open()
    assert page.slot.row == 9
    other = tmp_path / "other.png"
    Image.open(photo_path).rotate(90).save(other)
    visit.chosen = choose_photo(page.services, "painted", other, "en")
    page.open()
    assert page.slot.photo == other


def test_what_was_chosen_is_there_again_when_the_page_is_opened_again(page):
    page.open()
    page.show(page.page.take_row, SimpleNamespace(index=1), Offered("painted", (4, 9)), 0, 1.0)
    page.open()
    assert page.slot.row == 9


def test_another_seed_draws_what_was_chosen_last_and_none_begins_at_random(page, photo_path):
    page.open()
    page.show(page.page.take_photo, str(photo_path), Offered("painted"), 3, 0.7)
    page.show(page.page.draw, 9, 0.5)
    feature, asked = page.compared.asked[-1]
    assert asked == ComparedRequest(8, 9, 0.5)
    assert np.array_equal(feature, page.slot.feature)
    page.show(page.page.draw, None, 0.5)
    page.show(page.page.draw, None, 0.5)
    assert page.compared.asked[-1][1].seed != page.compared.asked[-2][1].seed


def test_where_no_model_knows_instances_none_is_offered(tmp_path, photo_path):
    """What stands for a stored one would be the same image for all."""
    page = Page(tmp_path, shows_instances=False)
    shown = page.open()
    assert page.page.choices not in shown
    assert "Choose a photo first" in shown[page.page.status]
    with pytest.raises(gr.Error, match="Choose a photo first"):
        page.show(page.page.draw, 9, 0.5)
    assert len(page.rows(page.show(page.page.take_photo, str(photo_path), Offered(), 3, 0.7))) == 5


def test_a_drawing_that_fails_leaves_no_progress_behind(page, monkeypatch):
    def fail(feature, asked):
        yield next(PaintedComparison().rows(feature, asked))
        raise RuntimeError

    page.open()
    monkeypatch.setattr(page.compared, "rows", fail)
    seen = []
    with pytest.raises(gr.Error):
        seen.extend(page.page.draw(ENGLISH, 0, 1.0))
    assert seen[-1] == {page.page.status: ""}


def test_a_comparison_is_made_at_the_first_look_and_its_fault_is_a_sentence(tmp_path):
    """It had been made while the app was put together, which then did not start."""
    made = []

    def make():
        made.append(1)
        raise RequestError("compared holds no models that were compared.")

    page = Page(tmp_path, lazy(make))
    assert not made
    with pytest.raises(gr.Error, match="holds no models"):
        page.open()


def test_figures_are_a_table_maps_and_plots_with_a_sentence(page, tmp_path):
    html = page.page.show_figures(ENGLISH)
    assert html.count("<tr>") == 1 + len(Conditioning)
    assert "0.100 ± 0.010" in html
    assert html.count("data:image/svg+xml;base64,") == 2 + 6  # two plots, and six maps
    assert "means over 2 runs" in html
    assert "means over" not in figures_html(replace(FIGURES, seeds=1), "en")
    assert Page(tmp_path, figures=None).page.show_figures(ENGLISH) == "Nothing was measured yet."


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_measured_has_its_words(language):
    keys = [f"compare_column_{key}" for key in ("images", *COLUMNS)]
    keys += [f"compare_plot_{key}" for key in PLOTTED]
    keys += [f"compare_across_{across}" for across in ("curves", "neighbours", "stored")]
    assert [key for key in keys if key not in LANGUAGES[language]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_from_outside_becomes_markup(language, page, monkeypatch):
    photo = PaintedSampling().pick("painted", 0).crop
    rows = [row_html(ComparedRow(word, HOSTILE, [photo]), photo, language) for word in Conditioning]
    assert HOSTILE not in "".join(rows)
    assert SVG not in figures_html(FIGURES, language)  # as an image, whose scripts do not run
    infos = [replace(info, licence_note=HOSTILE) for info in page.compared.sampling.models()]
    monkeypatch.setattr(page.compared.sampling, "models", lambda: infos)
    assert HOSTILE not in page.open()[page.page.licence]
