"""The Directions page: what it finds, puts on sliders, draws, names, and opens again."""

from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from fakes import PaintedSampling
from gradio.exceptions import Error
from PIL import Image

from icgan_demo.service.drawing.direction_requests import MAX_MOVES, Kind
from icgan_demo.service.recipes.direction_files import KeptDirections
from icgan_demo.service.recipes.recipe import read_recipe_file
from icgan_demo.service.recipes.recipe_link import read_link
from icgan_demo.ui.common.events import ASIDE
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.directions.direction_strips import NAMED
from icgan_demo.ui.directions.directions_page import DirectionControls, DirectionsPage
from icgan_demo.ui.directions.picked_sets import PickedSets
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en"}, session_hash="a")


class Page:
    """The page of one visitor, with the values that its components have."""

    def __init__(self, folder, is_kept=True):
        kept = KeptDirections(folder / "directions") if is_kept else None
        self.services = Services(PaintedSampling(), folder / "thumbnails", folder / "uploads", kept_directions=kept)
        self.visits = Visits()
        with LeanBlocks():
            self.page = DirectionsPage(self.services, self.visits)
        self.values = {control: control.value for control in (*self.page.strips.controls, *self.page.controls)}
        self.values[self.page.strips.found] = ()
        self.updates = []

    def take(self, updates):
        """Remember what a handler answers with, as the browser does."""
        for update in [updates] if isinstance(updates, dict) else updates:
            self.updates.append(update)
            for component, value in update.items():
                if isinstance(value, dict) and value.get("__type__") == "update":
                    if "value" in value:
                        self.values[component] = value["value"]
                else:
                    self.values[component] = value
        return self

    @property
    def controls(self):
        return [self.values[control] for control in self.page.controls]

    @property
    def looked_for(self):
        return [self.values[control] for control in self.page.strips.controls]

    def open(self):
        return self.take(self.page.open(ENGLISH, Kind.WEIGHTS, 0))

    def find(self, kind, side=0):
        self.values[self.page.strips.kind], self.values[self.page.strips.side] = kind, side
        return self.take(self.page.find(ENGLISH, *self.looked_for, *self.controls))

    def click(self, name):
        event = SimpleNamespace(name=name)
        return self.take(self.page.use(ENGLISH, event, self.values[self.page.strips.found], *self.controls))

    def draw(self):
        return self.take(self.page.draw_full(ENGLISH, *self.controls))

    @property
    def strips(self):
        return [update[self.page.strips.strips] for update in self.updates if self.page.strips.strips in update]

    @property
    def drawn(self):
        return self.values[self.page.result.drawn]


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path).open()


def test_the_opened_page_shows_an_instance_and_its_strips_one_after_another(page):
    assert len(page.drawn.seeds) == 4
    assert page.drawn.moves == ()
    assert [strips.count("<img") for strips in page.strips] == [0, 0, 5, 10, 15, 20, 25, 30]
    assert page.strips[1].count("<h3>") == 6


def test_strips_show_one_seed_along_the_direction(page):
    moved = [request for request in page.services.sampling.drawing.requests if request.moves]
    assert {len(request.seeds) for request in moved} == {1}
    assert sorted({request.moves[0].amount for request in moved}) == [-3, -1.5, 1.5, 3]


@pytest.mark.parametrize(("kind", "side", "name"), [
    (Kind.NOISE, 0, "Noise 1"), (Kind.RESPONSES, 16, "Feature maps, 16 px, 1"), (Kind.RESPONSES, 5, "Feature maps 1"),
])  # fmt: skip
def test_directions_are_named_after_where_they_were_found(page, kind, side, name):
    page.find(kind, side)
    assert page.values[page.page.strips.found][0].name == name


def test_a_click_puts_a_direction_on_a_slider_and_the_images_move(page):
    page.click("1:-1.5").click("3:3").draw()
    assert [(move.direction.name, move.amount) for move in page.drawn.moves] == [("Weights 2", -1.5), ("Weights 4", 3)]
    boxes = [page.updates[-3][box] for box in page.page.sliders.boxes]
    assert [box["visible"] for box in boxes] == [True, True, "hidden", "hidden"]


def test_a_direction_in_use_takes_the_amount_that_is_clicked_next(page):
    page.click("1:-1.5").click("1:3")
    assert len(page.values[page.page.used]) == 1
    assert page.values[page.page.sliders.sliders[0]] == 3


def test_a_fifth_direction_is_refused_and_one_that_was_removed_makes_room(page):
    for place in range(MAX_MOVES):
        page.click(f"{place}:3")
    with pytest.raises((Error, gr.Error), match="in use already"):
        page.click("4:3")
    page.take(page.page.remove(1)(ENGLISH, *page.controls)).click("4:-3").draw()
    assert [move.direction.name[-1] for move in page.drawn.moves] == ["1", "3", "4", "5"]
    assert [move.amount for move in page.drawn.moves] == [3, 3, 3, -3]


def test_these_minus_those_is_found_once_both_sets_hold_an_image(page):
    page.find(Kind.DIFFERENCE)
    sets = page.values[page.page.strips.sets]
    assert page.values[page.page.strips.found] == ()
    for place in (0, 3, 3):
        page.page.pick(ENGLISH, SimpleNamespace(name=str(place)), sets)
    page.find(Kind.DIFFERENCE)
    [found] = page.values[page.page.strips.found]
    assert found.name == "These minus those"
    assert page.strips[-1].count("<img") == 5


def test_a_photo_can_be_one_of_these(page, photo_path):
    page.find(Kind.DIFFERENCE)
    shown = page.page.add_photos(ENGLISH, [str(photo_path)], page.values[page.page.strips.sets])
    assert "<b>+</b>" in shown
    assert shown.count("<button") == 13


def test_how_far_images_stay_good_is_said_beside_other_work(page):
    page.click("0:3")
    told = list(page.page.tell_ranges(ENGLISH, page.values[page.page.base], page.values[page.page.used]))
    assert told[0] is ASIDE
    assert told[1][page.page.sliders.sliders[0]]["info"] == "Images stay good from −1.5 to +3."


def test_a_named_direction_is_kept_with_the_model_and_can_be_forgotten(page, tmp_path):
    page.click("0:3").take(page.page.rename(0)(ENGLISH, "<b>redder</b>", *page.controls)).draw()
    assert page.drawn.moves[0].direction.name == "<b>redder</b>"
    assert "&lt;b&gt;" in page.values[page.page.strips.about]
    assert page.updates[-3][page.page.sliders.forgets[0]]["visible"]
    later = Page(tmp_path).open().find(NAMED)
    assert [each.name for each in later.values[later.page.strips.found]] == ["<b>redder</b>"]
    assert "&lt;b&gt;redder" in later.strips[-1]
    page.take(page.page.forget(0)(ENGLISH, *page.controls))
    assert not page.updates[-1][page.page.sliders.forgets[0]]["visible"]
    assert later.find(NAMED).values[later.page.strips.found] == ()


def test_where_strangers_would_see_it_a_name_stays_with_the_images(tmp_path):
    page = Page(tmp_path, is_kept=False).open()
    assert NAMED not in [value for _, value in page.page.strips.kind.choices]
    page.click("0:3").take(page.page.rename(0)(ENGLISH, "redder", *page.controls)).draw()
    assert page.drawn.moves[0].direction.name == "redder"


def test_a_saved_image_opens_with_every_setting(page, tmp_path):
    page.click("1:-1.5").click("3:3")
    page.values[page.page.seed], page.values[page.page.truncation] = 7, 0.5
    file = page.draw().values[page.page.result.files][0]
    other = Page(tmp_path)
    other.take(other.page.open_file(ENGLISH, file, Kind.WEIGHTS, 0))
    restored = DirectionControls.of(other.controls)
    assert (restored.seed, restored.truncation, restored.amounts) == (7, 0.5, (-1.5, 3))
    assert [each.name for each in restored.used] == ["Weights 2", "Weights 4"]
    np.testing.assert_array_equal(*(Image.open(path) for path in (file, other.values[other.page.result.files][0])))


def test_the_link_of_a_moved_image_leads_here_and_opens_it(page):
    page.click("2:3").draw()
    address = page.values[page.page.result.stage].split('class="copy-link" href="')[1].split('"')[0]
    assert address.startswith("directions#recipe=")
    visit = page.visits.of(ENGLISH)
    visit.link, visit.stages = address.partition("#")[2], {}
    page.open()
    assert page.drawn.moves[0].amount == 3
    assert read_link(address).request().moves[0].direction.name == "Weights 3"


def test_the_way_back_finds_the_page_as_it_was_and_the_history_has_its_images(page):
    page.click("2:3").draw()
    visit = page.visits.of(ENGLISH)
    kept = [entry.file for entry in visit.history.pictures.values()]
    assert read_recipe_file(kept[-1]).request().moves
    page.take(page.page.open(ENGLISH, Kind.WEIGHTS, 0))
    assert page.drawn.moves[0].amount == 3


def test_a_path_is_no_image_to_move(page, monkeypatch):
    stop = {"blend": page.drawn.blend}
    from icgan_demo.service.drawing.drawing_requests import TravelRequest, TravelStop
    from icgan_demo.service.recipes.recipe import write_recipe

    path = TravelRequest("painted", (TravelStop(**stop), TravelStop(**stop, seed=1)))
    recipe = write_recipe(path, page.services.model("painted"))
    page.visits.of(ENGLISH).sent_recipe = recipe
    warned = []
    monkeypatch.setattr("icgan_demo.ui.directions.directions_page.warn", warned.append)
    page.open()
    assert "recipe of a path" in warned[0]


def test_nothing_is_drawn_before_there_is_an_instance(page):
    nothing = DirectionControls(None, (), (), 0, 0.8)
    with pytest.raises(Exception, match="Choose a photo first"):
        nothing.request()
    assert PickedSets().is_complete is False
