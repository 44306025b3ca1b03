"""The handlers of the Studio, called as the page calls them: whose instances a page takes, and when it is filled."""

import zipfile
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from fakes import PaintedSampling
from PIL import Image, PngImagePlugin

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import Direction, Move, Space
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, TravelRequest, TravelStop
from icgan_demo.service.drawing.search_requests import SearchStep
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.common.instances import choose_row
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.stage.instance_page import Offered
from icgan_demo.ui.studio.search_page import SearchControls
from icgan_demo.ui.studio.studio_tab import StudioTab
from icgan_demo.ui.texts.language import text
from icgan_demo.ui.visitor.places import MapPlace
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en-GB,en;q=0.9"}, query_params={})
ROWS = tuple(range(12))


class Page:
    """The tab and what a browser would hold of it."""

    def __init__(self, folder, sampling):
        self.folder, self.sampling = folder, sampling
        with LeanBlocks():
            self.services = Services(sampling, folder / "thumbnails", folder / "uploads")
            self.visits = Visits()
            self.tab = StudioTab(self.services, self.visits)
        self.values = {}

    def run(self, handler, *inputs):
        """Run a handler to its end; returns the updates that it yielded."""
        updates = list(handler(ENGLISH, *inputs))
        for update in updates:
            self.keep({} if update == gr.skip() else update)
        return updates

    def keep(self, update):
        """Hold the values of an update; some change other properties alone."""
        for component, change in update.items():
            if not isinstance(change, dict) or "value" in change:
                self.values[component] = change

    def value(self, component):
        """Return what a component holds."""
        value = self.values.get(component, component.value)
        return value.get("value") if isinstance(value, dict) else value

    def values_of(self, components):
        return [self.value(component) for component in components]

    def look(self, model, name="swap", link=None):
        """Look at a page while the Generate page shows ``model``."""
        tab, page = self.tab, getattr(self.tab, name)
        if name == "swap":
            return self.run(tab.open_on_arrival, model, self.value(page.seen), link or {})
        if name == "mix":
            return self.run(tab.open_mix, model, self.value(page.seen))
        return self.run(tab.open_search, model, self.value(page.seen))

    def drop(self, recipe, model="painted"):
        """Drop a saved recipe on the studio while the Generate page shows ``model``."""
        file = self.folder / "recipe.json"
        file.write_text(recipe.to_json())
        return self.run(self.tab.recipes.open_dropped, str(file), model)

    def info(self, model):
        return next(info for info in self.sampling.models() if info.name == model)

    def recipe(self, name, model):
        """Return a recipe that belongs to the page ``name``."""
        a, b = (Blend((self.sampling.pick(model, row).feature,)) for row in (0, 1))
        if name == "travel":
            return write_recipe(TravelRequest(model, (TravelStop(a, 1), TravelStop(b, 2)), 7), self.info(model))
        blend = Blend((*a.features, *b.features), (0.3, 0.6)) if name == "mix" else a
        return write_recipe(DrawRequest(model, blend, (5,)), self.info(model))

    def shown_model(self, name):
        """Return the model of the instances on a page."""
        slots = [self.value(self.tab.swap.slot)] if name == "swap" else self.value(self.tab.mix.slots)
        return {slot.model for slot in slots if slot is not None}


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path, PaintedSampling())


def click(index):
    return SimpleNamespace(index=index)


NAMES = pytest.mark.parametrize("name", ["swap", "mix"])


@NAMES
def test_a_page_is_filled_once_and_anew_for_another_model(page, name):
    """A handler that yielded nothing emptied the page: Gradio then sends nothing as the value of every output."""
    page.look("painted", name)
    assert page.shown_model(name) == {"painted"}
    assert page.look("painted", name) == [gr.skip()]
    page.look("plain", name)
    assert page.shown_model(name) == {"plain"}


def test_the_first_tab_told_late_leaves_the_page_as_it_was_filled_on_arrival(page):
    """It had been told before the page was filled, waited for its turn, and undid what had been set meanwhile."""
    arriving = page.tab.open_on_arrival(ENGLISH, "painted", None, {})
    page.keep(next(arriving))
    late = [list(page.tab.open_swap(ENGLISH, "painted", None))]
    for updates in arriving:
        page.keep(updates)
    late.append(list(page.tab.open_swap(ENGLISH, "painted", None)))
    assert late == [[gr.skip()], [gr.skip()]]
    assert page.shown_model("swap") == {"painted"}


def test_the_class_page_is_filled_at_its_first_look_where_another_page_was_opened_first(page):
    page.visits.of(ENGLISH).sent_recipe = page.recipe("mix", "painted")
    page.look("painted")
    page.run(page.tab.open_swap, "painted", page.value(page.tab.swap.seen))
    assert page.shown_model("swap") == page.shown_model("mix") == {"painted"}


def test_the_class_page_is_filled_at_the_next_look_if_it_could_not_be_on_arrival(page, monkeypatch):
    def refuse(*_):
        raise RequestError("There is no bank today.")

    bank = page.sampling.bank
    monkeypatch.setattr(page.sampling, "bank", refuse)
    with pytest.raises(gr.Error, match="no bank today"):
        page.look("painted")
    monkeypatch.setattr(page.sampling, "bank", bank)
    page.run(page.tab.open_swap, "painted", None)
    assert page.shown_model("swap") == {"painted"}


@NAMES
def test_a_recipe_of_another_model_stays_until_the_model_is_changed(page, name):
    """The page was filled again right after it had been restored, because the recipe's model was not the chosen one."""
    page.drop(page.recipe(name, "plain"))
    assert page.shown_model(name) == {"plain"}
    assert page.look("painted", name) == [gr.skip()]
    page.look("plain", name)
    assert page.look("painted", name) != [gr.skip()]


def test_an_image_moved_along_directions_opens_on_the_page_of_these_and_is_not_drawn_without_them(page):
    along = Direction(Space.INSTANCE, page.sampling.pick("painted", 2).feature)
    still = DrawRequest("painted", Blend((page.sampling.pick("painted", 1).feature,)), (5,))
    recipe, drawn = (
        write_recipe(still.moved(Move(along, 1.5)), page.info("painted")),
        len(page.sampling.drawing.requests),
    )
    page.drop(recipe)
    assert page.value(page.tab.recipes.leaves_for) == "directions"
    assert len(page.sampling.drawing.requests) == drawn


@NAMES
def test_a_recipe_brings_the_bank_of_its_model_to_choose_from(page, name):
    """On a page that had not been looked at before, nothing was offered at all."""
    page.drop(page.recipe(name, "plain"))
    shown = getattr(page.tab, name)
    assert page.value(shown.offered) == Offered("plain", ROWS)
    assert len(page.value(shown.choices)) == 12


@NAMES
def test_a_clicked_thumbnail_is_an_instance_of_the_bank_that_is_shown(page, name):
    """Only rows were remembered: after "Clear", a click took the row of the default model."""
    page.look("plain", name)
    shown = getattr(page.tab, name)
    offered = page.value(shown.offered)
    if name == "mix":
        page.run(shown.take_row, click(3), offered, "A", "0.5 0.5", *page.values_of(shown.controls))
    else:
        page.run(shown.take_row, click(3), offered, *page.values_of(shown.controls))
    assert page.shown_model(name) == {"plain"}


@pytest.mark.parametrize("name", ["swap", "mix"])
def test_a_photo_belongs_to_the_model_whose_bank_is_shown(page, name, photo_path, monkeypatch):
    """Before there was an instance, a photo went to the default model, whatever was chosen."""
    monkeypatch.setattr(page.sampling, "bank", lambda model: [])
    page.look("plain", name)
    shown = getattr(page.tab, name)
    corner = ("A", "0.5 0.5") if name == "mix" else ()
    page.run(shown.take_photo, str(photo_path), page.value(shown.offered), *corner, *page.values_of(shown.controls))
    assert page.shown_model(name) == {"plain"}


@pytest.mark.parametrize("name", ["swap", "mix"])
def test_a_model_without_a_bank_takes_no_instance_of_the_model_before(page, name, monkeypatch):
    page.look("painted", name)
    monkeypatch.setattr(page.sampling, "bank", lambda model: [])
    page.look("plain", name)
    assert page.shown_model(name) == set()
    assert page.value(getattr(page.tab, name).result.stage).endswith("|")


@pytest.mark.parametrize("name", ["swap", "mix"])
def test_taking_the_photo_away_leaves_the_page_as_it_is(page, name):
    shown = getattr(page.tab, name)
    corner = ("A", "0.5 0.5") if name == "mix" else ()
    assert page.run(shown.take_photo, None, Offered(), *corner, *page.values_of(shown.controls)) == [gr.skip()]


def test_a_mix_of_another_model_offers_the_maps_of_that_model(page):
    [update, *_] = page.drop(page.recipe("mix", "plain"))
    assert update[page.tab.mix.fine_from] == gr.update(choices=[8, 16, 32, 64], value=32)


def test_a_link_brings_the_instance_of_its_model_and_stays(page):
    page.look("painted", link={"model": "plain", "row": "2"})
    assert page.shown_model("swap") == {"plain"}
    assert page.run(page.tab.open_swap, "painted", page.value(page.tab.swap.seen)) == [gr.skip()]


def test_the_class_page_is_not_filled_before_the_visit_is_known(page):
    """It was filled twice: with what every page shows at first, and then with what the address asked for."""
    assert page.run(page.tab.open_swap, page.tab.model.value, None) == [gr.skip()]


def test_an_instance_sent_from_the_generate_page_is_what_the_studio_opens_with(page):
    chosen = choose_row(page.services, "plain", 4, "en")
    page.visits.of(ENGLISH).sent_instance = chosen
    page.look("painted", link={"row": "2"})
    assert page.shown_model("swap") == {"plain"}
    np.testing.assert_array_equal(page.value(page.tab.swap.slot).feature, chosen.feature)
    assert page.value(page.tab.swap.offered).model == "plain"
    assert page.visits.of(ENGLISH).sent_instance is None
    assert page.look("painted") == [gr.skip()]


def stay(page):
    """Tell the visit what the pages show, as each change of them does."""
    tab = page.tab
    states = [
        tab.swap.seen, tab.swap.result.drawn, tab.mix.seen, tab.mix.result.drawn, tab.search.stage.files,
    ]  # fmt: skip
    tab.keep_pages(ENGLISH, *page.values_of(states), MapPlace(), "")


def test_a_search_says_how_far_it_is_and_how_long_it_still_takes(page):
    page.look("painted", "search")
    search = page.tab.search
    wanted = SearchControls(*page.values_of(search.controls)).request()
    found = SearchStep(wanted.rounds // 4, np.zeros(4, np.float32), 0.5, 3)
    said = search.stage.show_best(wanted, "", found, 10.0, "en")[search.stage.status]
    assert said.startswith(f"Round {found.number} of {wanted.rounds} · 30 s left<progress")
    assert "left" not in search.stage.show_best(wanted, "", found, 1.0, "en")[search.stage.status]


def test_what_a_search_found_is_there_on_the_way_back(page, tmp_path):
    search = page.tab.search
    page.look("painted", "search")
    for update in search.run_search(ENGLISH, *page.values_of(search.controls)):
        page.keep(update if isinstance(update, dict) else {})  # it gives way between its rounds
    found, target = page.value(search.stage.drawn), page.value(search.target).feature
    stay(page)
    again = Page(tmp_path, page.sampling)
    again.tab._visits = page.visits
    again.look("painted", "search")
    assert np.array_equal(again.value(again.tab.search.stage.drawn).noise, found.noise)
    assert np.array_equal(again.value(again.tab.search.target).feature, target)
    stay(again)
    third = Page(tmp_path, page.sampling)
    third.tab._visits = page.visits
    third.look("plain", "search")
    assert third.value(third.tab.search.stage.drawn).model == "plain"


def test_on_the_way_back_the_pages_are_as_they_were_left(page, tmp_path):
    page.drop(page.recipe("swap", "plain"))
    page.drop(page.recipe("mix", "plain"))
    stay(page)
    again = Page(tmp_path, page.sampling)
    again.tab._visits = page.visits
    again.keep(again.tab.read_address(ENGLISH))
    for name in ("swap", "mix"):
        again.look("painted", name)
    assert [again.shown_model(name) for name in ("swap", "mix")] == [{"plain"}] * 2
    assert again.value(again.tab.mix.weights[0]) == 0.3
    assert again.value(again.tab.swap.seed) == 5


def test_for_another_model_the_pages_are_filled_from_scratch(page, tmp_path):
    page.look("painted")
    stay(page)
    again = Page(tmp_path, page.sampling)
    again.tab._visits = page.visits
    again.look("plain")
    assert again.shown_model("swap") == {"plain"}


def test_an_address_opens_the_page_that_it_names_and_only_that(page):
    asked = SimpleNamespace(headers={}, query_params={"part": "mix", "model": "x", "other": "y"})
    update = page.tab.read_address(asked)
    assert update[page.tab.pages].selected == "mix"
    assert update[page.tab.link] == {"model": "x"}
    asked.query_params = {"part": "mix"}
    assert list(page.tab.open_on_arrival(asked, "painted", None, {})) == [gr.skip()]
    asked.query_params = {"part": "nonsense"}
    assert page.tab.read_address(asked)[page.tab.pages] == gr.skip()


@NAMES
def test_recipes_of_a_visitors_own_model_are_opened_by_the_page_that_drew_them(page, name, monkeypatch):
    """Only listed models were looked for."""
    recipe, listed = page.recipe(name, "plain"), page.sampling.models()
    monkeypatch.setattr(page.sampling, "models", lambda: listed[:1])
    monkeypatch.setattr(page.sampling, "unlisted", lambda name: next((m for m in listed if m.name == name), None))
    monkeypatch.setattr(page.sampling, "_known", lambda name: page.sampling.unlisted(name))
    page.drop(recipe)
    assert page.shown_model(name) == {"plain"}


def test_a_ranked_recipe_of_the_generate_tab_restores_the_pictures_that_were_kept(page):
    """The first four candidates came instead of the four best ones."""
    request = DrawRequest.neighbours("painted", page.sampling.pick("painted", 0).feature, count=6, seed=10, best_of=3)
    *_, kept = page.sampling.drawing.samples(request)
    kept = kept[::-1]
    page.drop(write_recipe(request, page.info("painted"), [sample.seed for sample in kept]))
    assert page.sampling.drawing.requests[-1].seeds == tuple(sample.seed for sample in kept[:4]) == (15, 14, 13, 12)


def test_a_recipe_without_its_list_of_seeds_is_drawn_from_its_first(page):
    request = DrawRequest.neighbours("painted", page.sampling.pick("painted", 0).feature, seed=MAX_SEED)
    page.drop(write_recipe(request, page.info("painted")))
    assert page.sampling.drawing.requests[-1].seeds == (MAX_SEED, 0, 1, 2)


def test_a_picture_of_full_quality_is_encoded_once(page, monkeypatch):
    """Each was encoded three times: twice for the page, once for its archive."""
    encoded, write = [], PngImagePlugin._save
    monkeypatch.setitem(Image.SAVE, "PNG", lambda image, *more: [encoded.append(image.size), write(image, *more)])
    result, request = page.tab.swap.result, DrawRequest("painted", Blend((np.ones(8),)), (3, 4))
    updates = list(result.draw_full(request, "en", None))
    assert encoded == [(64, 64), (64, 64), (130, 64)]  # the last is the contact sheet
    with zipfile.ZipFile(updates[-1][result.download]) as archive:
        assert archive.namelist() == ["000.png", "001.png", "grid.png", "recipe.json"]


def test_the_sliders_follow_the_pad_once_it_is_let_go_also_where_nothing_needs_to_be_drawn(page):
    """While it moves they stay: a late answer would put them back to where it was before."""
    page.look("painted", "mix")
    mix = page.tab.mix
    controls = page.values_of(mix.controls)
    update = mix.follow_handle(ENGLISH, "0.5 0.5", page.value(mix.result.drawn), *controls)
    assert update == {mix.result.status: gr.skip()}
    assert next(mix.draw_at_handle(ENGLISH, "0.5 0.5", *controls)) == dict.fromkeys(mix.weights, 0.25)


def test_a_sheet_that_fails_takes_its_stop_button_along(page, monkeypatch):
    page.look("painted")
    monkeypatch.setattr(page.sampling.drawing, "draw", lambda request: 1 / 0)
    sheets = page.tab.sheets
    drawing = sheets.draw_all_classes(ENGLISH, *page.values_of(page.tab.swap.controls))
    assert next(drawing)[sheets.stop] == gr.update(visible=True)
    assert next(drawing) == {sheets.stop: gr.update(visible="hidden"), sheets.status: ""}
    with pytest.raises(gr.Error):
        next(drawing)


def test_a_recipe_that_a_page_cannot_hold_opens_none(page):
    features = tuple(page.sampling.pick("painted", row).feature for row in range(5))
    request = DrawRequest("painted", Blend(features[:4], (1.0,) * 4), (0,), fine=Blend(features[4:]))
    with pytest.raises(gr.Error, match="more instances than the page has corners"):
        page.drop(write_recipe(request, page.info("painted")))
    assert page.values == {}


@NAMES
def test_every_page_says_what_truncation_does_in_its_model(page, name):
    updates = page.look("painted", name)
    slider = getattr(page.tab, name).truncation
    assert {update[slider]["info"] for update in updates if slider in update} == {str(text("truncation_info"))}
