"""The choice "Automatic" on the Generate page, called as the page calls it, around the painted fake."""

from dataclasses import replace

import pytest
from test_ui_generate_generate_tab import KOREAN, Page, click
from test_ui_generate_model_panel import Panel

from icgan_demo.errors import RequestError
from icgan_demo.service.values import AUTOMATIC, Familiarity
from icgan_demo.ui.api.generate_api import encode_photo, find_named_model
from icgan_demo.ui.common.services import Services


@pytest.fixture
def page(tmp_path):
    """A page on which the model without classes knows every photo better."""
    page = Page(tmp_path)
    page.sampling.knows = {"painted": 3.0, "plain": 63.9}
    return page


def drawn_with(page):
    return [request.model for request in page.sampling.drawing.requests]


def line(page):
    return page.values[page.widgets.automatic.line]


def shown_buttons(page):
    w = page.widgets.automatic
    return [page.values[button]["visible"] for button in (w.anyway, w.worldly, w.train)]


def test_a_photo_goes_to_the_model_that_knows_it_best_and_one_line_says_why(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), model=AUTOMATIC)
    assert drawn_with(page) == ["plain"]
    assert "“Squares without classes”" in line(page)
    assert "better than 63 % of real photos of its kind that it has never seen" in line(page)
    assert page.value("shown").request.model == "plain"
    page.run(page.tab.take_photo, str(photo_path), model=AUTOMATIC, request=KOREAN)
    assert "자동으로" in line(page)
    assert "본 적 없는 같은 종류의 실제 사진의 63%보다" in line(page)


def test_a_model_measured_by_the_photos_it_learned_from_says_so(page, photo_path, monkeypatch):
    """A fine-tune of a few images has none that it did not see."""
    instance = page.sampling.encode("painted", photo_path)
    own = replace(instance, familiarity=Familiarity("painted", 80.0, 0.8, is_of_unseen=False))
    monkeypatch.setattr(page.sampling, "encode", lambda *_: own)
    page.run(page.tab.take_photo, str(photo_path), model="painted")
    assert "better than 80 % of the photos that it learned from" in line(page)


def test_the_page_then_shows_what_that_model_offers(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), **{"model": AUTOMATIC, "in_use": "painted"})
    assert page.value("switched")[0] == "plain"
    del page.values[page.widgets.switched]
    page.run(page.tab.take_photo, str(photo_path), **{"model": AUTOMATIC, "in_use": "plain"})
    assert page.widgets.switched not in page.values


def test_a_class_of_another_model_does_not_hold(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), **{"model": AUTOMATIC, "label": "Lemon", "in_use": "painted"})
    assert page.sampling.drawing.requests[-1].label is None
    page.sampling.knows = {"painted": 80.0, "plain": 1.0}
    page.run(page.tab.take_photo, str(photo_path), **{"model": AUTOMATIC, "label": "Lemon", "in_use": "painted"})
    assert page.sampling.drawing.requests[-1].label == "Lemon"


def test_where_no_model_knows_the_photo_the_page_says_so_and_draws_nothing(page, photo_path):
    page.sampling.knows = {"painted": 3.0, "plain": 9.9}
    page.run(page.tab.take_photo, str(photo_path), model=AUTOMATIC)
    assert drawn_with(page) == []
    assert "No model here knows" in line(page)
    assert page.value("crop").size == (64, 64)
    assert shown_buttons(page) == [True, "hidden", "hidden"]  # this page has neither downloads nor training


def test_draw_anyway_draws_with_the_nearest_model(page, photo_path):
    page.sampling.knows = {"painted": 3.0, "plain": 9.9}
    page.run(page.tab.take_photo, str(photo_path), model=AUTOMATIC)
    page.run(page.tab.draw, page.value("chosen"), model=AUTOMATIC)
    assert drawn_with(page) == ["plain"]
    assert shown_buttons(page)[0] == "hidden"


def test_one_click_pins_another_model(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), model=AUTOMATIC)
    pin = page.values[page.widgets.automatic.pin]
    assert [name for _, name in pin["choices"]] == ["plain", "painted"]
    assert pin["value"] == "plain"
    page.run(page.tab.pin_model, "painted", page.value("chosen"), model=AUTOMATIC)
    assert page.value("model") == "painted"
    assert drawn_with(page) == ["plain", "painted"]
    assert "does not know photos like yours" in line(page)
    assert page.values[page.widgets.automatic.pin] is pin  # it stays for the way back


def test_a_photo_dropped_before_the_model_list_has_come_is_chosen_for_too(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), model=AUTOMATIC)
    said, model = line(page), page.sampling.drawing.requests[-1].model
    page.values.clear()
    page.run(page.tab.take_photo, str(photo_path), model=None, label=None, in_use=None)
    assert line(page) == said
    assert page.sampling.drawing.requests[-1].model == model


def test_a_photo_of_a_pinned_model_is_chosen_for_again_once_automatic_is_back(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), model="painted")
    page.run(page.tab.draw, page.value("chosen"), model=AUTOMATIC)
    page.run(page.tab.draw_others, page.value("chosen"), model=AUTOMATIC)
    assert drawn_with(page) == ["painted", "plain", "plain"]


def test_stored_instances_and_drawn_pictures_stay_with_their_model(page, photo_path):
    page.run(page.tab.take_row, click(1), [0, 3], **{"model": AUTOMATIC, "in_use": "painted"})
    assert drawn_with(page) == ["painted"]
    assert line(page) == ""
    file = page.value("shown").pictures[0].file
    page.run(page.tab.take_sample, str(file), page.value("shown"), model=AUTOMATIC)
    assert drawn_with(page) == ["painted", "painted"]


def test_a_model_that_a_visitor_has_chosen_draws_at_once_and_says_how_well_it_knows_the_photo(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), model="painted")
    assert drawn_with(page) == ["painted"]
    assert "does not know photos like yours" in line(page)
    assert page.values[page.widgets.automatic.pin]["visible"] is False


def test_a_model_that_cannot_say_says_nothing(tmp_path, photo_path):
    page = Page(tmp_path)
    page.run(page.tab.take_photo, str(photo_path))
    assert line(page) == ""
    assert drawn_with(page) == ["painted"]


def test_the_list_begins_with_automatic_only_where_there_is_something_to_choose(tmp_path):
    panel = Panel(tmp_path)
    sampling = panel.panel._sampling
    for knows, first in (({}, "painted"), ({"plain": 5.0}, "painted"), ({"painted": 5.0, "plain": 5.0}, AUTOMATIC)):
        sampling.knows = knows
        model = panel.open()[panel.widgets.model]
        assert (model["choices"][0][1], model["value"]) == (first, first)
    assert panel.open("plain")[panel.widgets.model]["value"] == "plain"
    assert panel.open(AUTOMATIC)[panel.widgets.model]["value"] == AUTOMATIC
    assert list(panel.change_model(AUTOMATIC)) == [panel.widgets.notice]


def test_a_name_in_a_request_may_be_auto_where_there_is_a_photo(page, tmp_path, photo_path):
    services = Services(page.sampling, tmp_path / "thumbnails", tmp_path)
    assert encode_photo(services, str(photo_path), AUTOMATIC)[0].name == "plain"
    assert encode_photo(services, str(photo_path), "painted")[0].name == "painted"
    assert services.model(AUTOMATIC).name == "painted"
    with pytest.raises(RequestError, match="Automatic chooses by the photo"):
        find_named_model(services, AUTOMATIC)
