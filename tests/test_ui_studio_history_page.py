"""The History page's handlers: what every place that draws leaves behind, stars, what a click opens again."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import PaintedSampling
from PIL import Image
from test_ui_generate_generate_tab import Page as GeneratePage
from test_ui_studio_studio_tab import ENGLISH, Page

from icgan_demo.service.recipes.drawn_files import save_picture
from icgan_demo.service.recipes.history import MAX_FAVOURITES, History, HistoryEntry

KOREAN = SimpleNamespace(headers={"accept-language": "ko-KR"})


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path, PaintedSampling())


@pytest.fixture
def shelf(page):
    return page.tab.history


def clicked(name, **more):
    return gr.EventData(None, {"name": name, **more})


def draw_everywhere(page):
    """Draw on each page of the studio; returns the files that each left."""
    tab = page.tab
    for name in ("swap", "mix"):
        page.look("painted", name)
    page.run(tab.sheets.draw_all_classes, *page.values_of(tab.swap.controls))
    strip = save_picture(Image.new("RGB", (8, 8)), page.recipe("travel", "painted"), page.folder / "strip.png")
    return [*page.values_of([tab.swap.result.files, tab.mix.result.files, tab.sheets.files]), (str(strip),)]


def test_every_page_of_the_studio_leaves_its_pictures(page, shelf):
    drawings = draw_everywhere(page)
    assert [len(files) for files in drawings] == [4, 4, 4, 1]
    history = shelf.keep_drawings(ENGLISH, History(), *drawings)
    update = shelf.show_pictures(ENGLISH, False, history, *drawings)
    assert update[shelf.status] == "Images: 13 · favourites: 0"
    assert update[shelf.pictures].count("<figure>") == 13
    assert 'alt="painted, a path"' in update[shelf.pictures]
    assert 'alt="painted, seed 0"' in update[shelf.pictures]
    assert 'aria-label="Favourite: painted, seed 0"' in update[shelf.pictures]


def test_the_generate_tab_leaves_its_pictures_when_all_are_drawn(tmp_path, photo_path):
    page = GeneratePage(tmp_path)
    updates = page.run(page.tab.take_photo, str(photo_path))
    [finished] = [place for place, update in enumerate(updates) if page.widgets.files in update]
    drawn = [update[page.widgets.results] for update in updates[:finished] if page.widgets.results in update]
    assert len(drawn[-1]) == 6
    history = History()
    history.keep([page.value("files")], tmp_path)
    assert [kept.seed for kept in history.chosen(favourites_only=False).values()] == list(range(6))


def test_a_clicked_picture_is_opened_as_if_it_had_been_dropped(page, shelf):
    history = shelf.keep_drawings(ENGLISH, History(), *draw_everywhere(page))
    name = next(name for name, kept in history.pictures.items() if kept.seed == 2)
    page.values = {}
    page.run(page.tab.open_from_history, clicked(name), history, "painted")
    request = page.sampling.drawing.requests[-1]
    assert request.seeds == (2,)
    assert len(history.pictures) == len(
        shelf.keep_drawings(ENGLISH, history, page.value(page.tab.mix.result.files)).pictures
    )


@pytest.mark.parametrize("name", ["", "../../etc/passwd", None])
def test_a_click_on_what_is_not_there_says_so(page, shelf, name):
    with pytest.raises(gr.Error, match="This image is gone"):
        list(page.tab.open_from_history(ENGLISH, clicked(name), History(), "painted"))


def test_a_star_stays_and_leaves_the_pictures_in_place(page, shelf):
    """Drawing them again would take the keyboard's focus away."""
    history = shelf.keep_drawings(ENGLISH, History(), *draw_everywhere(page))
    name = next(iter(history.pictures))
    [update] = shelf.toggle_star(ENGLISH, clicked(name, starred=True), False, history)
    assert shelf.pictures not in update
    assert update[shelf.status] == "Images: 13 · favourites: 1"
    update = shelf.clear_history(KOREAN, False, history)
    assert update[shelf.pictures].count("<figure>") == update[shelf.pictures].count('aria-pressed="true"') == 1
    assert update[shelf.status] == "이미지 1장 · 즐겨찾기 1장"


def test_a_star_too_many_is_taken_back_on_the_page(page, shelf):
    recipe = page.recipe("swap", "painted")
    kept = {
        str(n): HistoryEntry(Path("x"), b"", recipe, n, is_favourite=n < MAX_FAVOURITES)
        for n in range(MAX_FAVOURITES + 1)
    }
    history = History(pictures=kept)
    starring = shelf.toggle_star(ENGLISH, clicked(str(MAX_FAVOURITES), starred=True), False, history)
    assert next(starring)[shelf.pictures].count('aria-pressed="true"') == MAX_FAVOURITES
    with pytest.raises(gr.Error, match="favourites"):
        next(starring)


def test_an_empty_history_says_so(shelf):
    assert "Nothing has been generated yet" in shelf.show_pictures(ENGLISH, False, History())[shelf.pictures]
    with pytest.raises(gr.Error, match="nothing to export"):
        shelf.export_shown(ENGLISH, False, History())


def test_names_from_a_recipe_are_shown_as_text(page, shelf):
    recipe = page.recipe("swap", "painted")
    hostile = replace(recipe, model=replace(recipe.model, name='"><b>'))
    history = History(pictures={"a": HistoryEntry(Path("x"), b"", hostile, 1)})
    assert "<b>" not in shelf.show_pictures(ENGLISH, False, history)[shelf.pictures]
