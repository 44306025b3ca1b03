"""The handlers of the Travel page, called as the page calls them: how it is filled, times of parts, models, films."""

import threading
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import PaintedSampling
from PIL import Image
from test_ui_studio_studio_tab import ENGLISH, Page

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.path_parts import Easing, PathPart
from icgan_demo.service.recipes.recipe_link import link_fragment
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.stage.instance_page import Offered
from icgan_demo.ui.studio.path_adding import PathAdding
from icgan_demo.ui.texts.language import text
from icgan_demo.ui.travel import travel_page
from icgan_demo.ui.visitor.generate_state import ask_to_stop
from icgan_demo.ui.visitor.places import PathStop

ROWS = tuple(range(12))
KOREAN = SimpleNamespace(headers={"accept-language": "ko-KR"}, query_params={})


class Visited(Page):
    """The page and what a browser would hold of it, and of the Studio beside it."""

    def __init__(self, folder, sampling):
        super().__init__(folder, sampling)
        with LeanBlocks():
            self.travel = travel_page.TravelPage(self.services, self.visits)

    @property
    def visit(self):
        return self.visits.of(ENGLISH)

    def arrive(self, stops=()):
        """Open the page when the visit has these stops."""
        self.visit.stops = stops
        return self.run(self.travel.arrive)

    def stops(self):
        return self.value(self.travel.stops)

    def click(self, place):
        """Click a stop."""
        travel = self.travel
        usual = self.values_of([travel.stops, travel.frames, travel.loop, travel.smooth])
        shown = travel.select_stop(ENGLISH, SimpleNamespace(index=place), *usual)
        self.keep(shown)
        return shown

    def change(self, **values):
        """Change widgets of the part's time."""
        part = self.travel.part
        self.keep({getattr(part, name): value for name, value in values.items()})
        timed = [self.travel.selected, self.travel.stops, self.travel.frames, self.travel.smooth, *part.controls]
        self.keep(self.travel.change_part(ENGLISH, *self.values_of(timed)))

    def request(self):
        return travel_page.PathControls(*self.values_of(self.travel.controls)).request()


@pytest.fixture
def page(tmp_path):
    return Visited(tmp_path, PaintedSampling())


def stop(page, row, seed, model="painted"):
    return PathStop.of(DrawRequest(model, Blend((page.sampling.pick(model, row).feature,)), (seed,)))


# --- filling ---


def test_a_visit_without_a_path_gets_one_through_the_bank_of_its_model(page):
    page.visit.model = "plain"
    page.arrive()
    assert [one.model for one in page.stops()] == ["plain"] * 4
    assert page.value(page.travel.offered) == Offered("plain", ROWS)
    assert page.value(page.travel.model) == "plain"


def test_stops_whose_pictures_are_gone_are_drawn_again(page):
    page.arrive((stop(page, 2, 6, "plain"), stop(page, 1, 5), stop(page, 3, 7)))
    shown = page.stops()
    assert [one.stop.seed for one in shown] == [5, 7], "those of the last one's model"
    assert [file for file, _ in page.value(page.travel.gallery)] == [str(one.picture) for one in shown]
    shown[0].picture.unlink()
    kept = shown[1].picture
    page.arrive(shown)
    assert all(one.picture.exists() for one in page.stops())
    assert page.stops()[1].picture == kept


def test_what_a_tool_of_the_studio_shows_becomes_the_last_stop(page):
    page.arrive()
    page.travel.keep_stops(ENGLISH, page.stops())
    drawn = DrawRequest("painted", Blend((page.sampling.pick("painted", 4).feature,)), (8,))
    adding = PathAdding(page.services, page.visits)
    adding.add_stop(ENGLISH, drawn)
    assert [one.stop.seed for one in page.visit.stops] == [0, 0, 0, 0, 8]
    with pytest.raises(gr.Error, match="Generate something first"):
        adding.add_stop(ENGLISH, None)
    page.visit.stops *= 2
    page.visit.stops += page.visit.stops[:2]
    with pytest.raises(gr.Error, match="at most 12 stops"):
        adding.add_stop(ENGLISH, drawn)


def test_a_stop_that_its_model_can_no_longer_draw_leaves_the_path(page, monkeypatch):
    class Forgetful(type(page.sampling.drawing)):
        def draw(self, request):
            if request.seeds == (6,):
                raise RequestError("The instance does not belong to the model.")
            return super().draw(request)

    page.sampling.drawing.__class__ = Forgetful
    page.arrive(tuple(stop(page, row, 4 + row) for row in (1, 2, 3)))
    assert [one.stop.seed for one in page.value(page.travel.stops)] == [5, 7]


def test_a_photo_and_a_thumbnail_become_stops(page, photo_path):
    page.arrive()
    page.keep(page.travel.clear_stops())
    offered = page.value(page.travel.offered)
    page.run(page.travel.take_row, SimpleNamespace(index=3), offered, ())
    page.run(page.travel.take_photo, str(photo_path), offered, page.stops())
    assert [one.photo for one in page.stops()] == [None, photo_path]
    assert page.value(page.travel.photo) is None, "the box is free for the next one"


@pytest.mark.parametrize("way", ["drop", "link"])
def test_a_recipe_comes_from_the_studio_or_from_the_address(page, way):
    recipe = page.recipe("travel", "plain")
    if way == "drop":
        [update] = page.drop(recipe)
        assert update[page.tab.recipes.leaves_for] == "travel"
    else:
        page.visit.link = link_fragment(recipe)
    page.arrive()
    assert [(one.model, one.stop.seed) for one in page.stops()] == [("plain", 1), ("plain", 2)]
    assert page.value(page.travel.frames) == 7
    assert "copy-link" in page.value(page.travel.status)
    page.values = {}
    page.arrive((stop(page, 1, 5), stop(page, 2, 6)))
    assert [one.stop.seed for one in page.stops()] == [5, 6], "a recipe is opened once"


def test_after_a_recipe_of_the_studio_nothing_leaves_for_another_page(page):
    page.drop(page.recipe("travel", "painted"))
    page.drop(page.recipe("mix", "painted"))
    assert page.value(page.tab.recipes.leaves_for) == ""


def test_a_link_to_a_single_image_says_where_it_opens_and_the_page_is_filled(page, monkeypatch):
    said = []
    monkeypatch.setattr(travel_page, "warn", said.append)
    page.visit.link = link_fragment(page.recipe("swap", "painted"))
    page.arrive()
    assert "recipe of single images" in said[0]
    assert len(page.stops()) == 4


def test_the_truncation_is_explained_for_the_model(page):
    updates = page.arrive()
    slider = page.travel.truncation
    assert {update[slider]["info"] for update in updates if slider in update} == {str(text("truncation_info"))}


# --- times ---


def test_a_clicked_stop_shows_the_time_of_its_part_and_what_is_changed_is_its_own(page):
    page.arrive()
    shown = page.click(1)
    assert shown[page.travel.part.which] == "From stop 2 to stop 3"
    assert page.values_of(page.travel.part.controls) == [0, 16, "smooth"]
    page.change(rest=5, easing="hold")
    assert [one.stop.part for one in page.stops()] == [
        PathPart(), PathPart(5, None, Easing.HOLD), PathPart(), PathPart(),
    ]  # fmt: skip
    assert page.value(page.travel.gallery)[1][1].endswith("rests 5 · stay, then cut")
    assert page.request().frames == 4 * 16 + 5
    page.change(rest=0, easing="smooth", frames=40)
    assert page.stops()[1].stop.part == PathPart(frames=40)
    page.change(frames=16)
    assert page.stops()[1].stop.part == PathPart(), "what is as in all others follows them"


def test_the_last_stop_of_an_open_path_only_rests(page):
    page.arrive()
    assert page.click(3)[page.travel.part.which] == "From stop 4 to stop 1"
    page.keep({page.travel.loop: False})
    assert page.click(3)[page.travel.part.which].startswith("Stop 4 is the end")


def test_without_a_clicked_stop_there_is_no_time_to_change(page):
    page.arrive()
    with pytest.raises(gr.Error, match="Click a stop"):
        page.change(rest=5)
    page.click(3)
    page.keep(page.travel.remove_stop(ENGLISH, 3, page.stops()))
    with pytest.raises(gr.Error, match="Click a stop"):
        page.change(rest=5)


def test_the_length_of_the_film_is_said_before_it_is_made(page):
    page.arrive()
    controls = page.values_of(page.travel.controls)
    assert page.travel.tell_length(ENGLISH, 16, *controls) == "4 stops · 64 frames · 4.0 s"
    assert page.travel.tell_length(KOREAN, 16, *controls) == "경유점 4개 · 64프레임 · 4.0초"
    assert page.travel.tell_length(ENGLISH, 16, (), *controls[1:]) == ""


# --- another model ---


def test_the_same_path_is_drawn_by_another_model_and_what_differs_is_said(page, photo_path):
    page.arrive()
    page.run(page.travel.take_photo, str(photo_path), page.value(page.travel.offered), page.stops())
    page.click(0)
    page.change(rest=5)
    before = page.stops()
    page.run(page.travel.change_model, "plain", before, 0.8)
    after = page.stops()
    assert {one.model for one in after} == {"plain"}
    assert [(one.stop.seed, one.stop.part) for one in after] == [(one.stop.seed, one.stop.part) for one in before]
    assert (after[4].stop.blend.features[0] == page.sampling.encode("plain", photo_path).feature).all()
    assert after[4].photo == photo_path
    said = page.value(page.travel.remark)
    assert said.startswith("Squares without classes draws the path now")
    assert "Its encoder is another one" in said
    assert "It does not know Lemon" in said
    assert page.value(page.travel.offered).model == "plain"
    assert page.request().model == "plain"


def test_a_model_that_cannot_draw_leaves_the_path_as_it_was(page):
    page.arrive()
    changing = page.travel.change_model(ENGLISH, "broken", page.stops(), 0.8)
    next(changing)
    assert next(changing) == {page.travel.model: "painted", page.travel.remark: ""}
    with pytest.raises(gr.Error, match=r"generator\.safetensors is missing"):
        next(changing)


@pytest.mark.parametrize("told", [None, "painted"])
def test_a_choice_told_again_changes_nothing(page, told):
    page.arrive()
    assert page.run(page.travel.change_model, told, page.stops(), 0.8) == [gr.skip()]


# --- films ---


def test_a_film_leaves_a_picture_that_opens_its_path_again(page):
    page.arrive()
    page.click(2)
    page.change(rest=3)
    travel = page.travel
    page.run(travel.draw_film, *page.values_of(travel.controls))
    assert len(page.value(travel.reel).frames) == 67
    page.run(travel.save_film, page.value(travel.reel), 15, "webp", 1)
    travel.keep_in_history(ENGLISH, page.value(travel.files))
    history = page.visit.history
    [(name, kept)] = history.pictures.items()
    assert kept.seed is None
    page.run(page.tab.open_from_history, gr.EventData(None, {"name": name}), history, "painted")
    page.values = {}
    page.arrive()
    assert [one.stop.part.rest for one in page.stops()] == [0, 0, 3, 0]
    assert "copy-link" in page.value(travel.status)


def test_a_film_is_drawn_on_the_models_queue_and_written_on_another(page):
    """While a long film was being written, nobody could draw."""
    page.arrive()
    travel = page.travel
    page.run(travel.draw_film, *page.values_of(travel.controls))
    reel = page.value(travel.reel)
    assert len(reel.frames) == 64
    page.run(travel.save_film, reel, 15, "gif", 1)
    with Image.open(page.value(travel.film)) as film:
        assert film.format == "GIF"
    assert page.value(travel.reel) is None
    with gr.Blocks() as demo:
        travel_page.wire(travel_page.TravelPage(page.services, page.visits), demo.load(None))
    assert {e.name: e.concurrency_id for e in demo.fns.values() if e.name in ("draw_film", "save_film")} == {
        "draw_film": "model",
        "save_film": "film",
    }


def test_a_stopped_film_is_not_written(page):
    page.arrive()
    travel = page.travel
    drawing = travel.draw_film(ENGLISH, *page.values_of(travel.controls))
    ask_to_stop(next(drawing)[travel.signal])
    assert list(drawing)[-1] == {travel.status: "Stopped.", travel.stop: gr.update(visible="hidden")}
    assert page.run(travel.save_film, page.value(travel.reel), 15, "gif", 1) == [gr.skip()]


def test_a_film_tells_how_far_its_writing_is_and_is_left_at_a_stop(page, monkeypatch):
    go, reel = threading.Event(), travel_page.UnwrittenFilm(page.recipe("travel", "painted"))

    def write(*arguments):
        arguments[-1](0.25)
        assert go.wait(60)

    monkeypatch.setattr(travel_page, "write_film", write)
    travel = page.travel
    writing = travel.save_film(ENGLISH, reel, 15, "webp", 1)
    assert "Writing the film… · 0 s so far<progress value=0.250 max=1>" in next(writing)[travel.status]
    ask_to_stop(reel.signal)
    [stopped] = writing
    go.set()
    assert stopped == {travel.status: "Stopped.", travel.stop: gr.update(visible="hidden"), travel.reel: None}


def test_a_film_that_cannot_be_written_says_no_longer_that_it_is(page, monkeypatch):
    monkeypatch.setattr(travel_page, "write_film", lambda *args: 1 / 0)
    writing = page.travel.save_film(ENGLISH, travel_page.UnwrittenFilm(page.recipe("travel", "painted")), 15, "gif", 1)
    assert next(writing)[page.travel.status] == ""
    with pytest.raises(gr.Error):
        next(writing)
