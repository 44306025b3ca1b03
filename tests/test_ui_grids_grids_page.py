"""The Grids page: what it suggests, says before it draws, shows on the way, and keeps after a Stop."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import CLASS_NAMES, PaintedSampling
from gradio.exceptions import Error
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import DirectionsRequest
from icgan_demo.service.recipes.direction_files import KeptDirections
from icgan_demo.service.recipes.grid_files import read_grid_recipe
from icgan_demo.service.recipes.recipe_link import read_link
from icgan_demo.ui.common.instances import choose_photo
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.grids.grid_directions import choices, chosen_direction
from icgan_demo.ui.grids.grids_page import GridsPage
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.generate_state import ask_to_stop
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en"}, session_hash="a")


class Page:
    def __init__(self, folder):
        self.services = Services(PaintedSampling(), folder / "thumbnails", folder / "uploads")
        with LeanBlocks():
            self.page = GridsPage(self.services, Visits())
        self.filled = self.page.open(ENGLISH, "truncation", "seed")

    def controls(self, **changes):
        values = {
            "slot": self.filled[self.page.slot], "label": "", "style": 1, "direction": "weights 1", "seed": 0,
            "truncation": 0.8, "columns": "truncation", "column_values": "0.3; 0.6; 0.9",
            "rows": "seed", "row_values": "1; 2",
        }  # fmt: skip
        return (values | changes).values()

    def draw(self, **changes):
        return list(self.page.draw_grid(ENGLISH, *self.controls(**changes)))


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


def test_the_opened_page_has_an_instance_and_values_to_begin_with(page):
    assert page.filled[page.page.slot].model == "painted"
    assert page.filled[page.page.column_values] == "0.2; 0.4; 0.6; 0.8; 1"
    assert page.filled[page.page.row_values] == "0; 1; 2; 3; 4"
    assert CLASS_NAMES[0] in page.page.suggest("class", page.filled[page.page.slot])


def test_a_choice_of_setting_that_is_told_again_leaves_the_values_that_were_typed(page):
    assert page.page.suggest(None, page.filled[page.page.slot]) == gr.skip()


def test_a_photo_that_was_deleted_after_an_hour_is_shown_as_its_crop(tmp_path, photo_path):
    services = Services(PaintedSampling(), tmp_path / "thumbnails", tmp_path / "uploads")
    visits = Visits()
    with LeanBlocks():
        page = GridsPage(services, visits)
    upload = tmp_path / "upload.png"
    upload.write_bytes(photo_path.read_bytes())
    chosen = visits.of(ENGLISH).chosen = choose_photo(services, "painted", upload, "en")
    upload.unlink()
    filled = page.open(ENGLISH, "truncation", "seed")
    assert filled[page.slot].feature is chosen.feature
    assert Image.open(filled[page.photo]).size == chosen.instance.crop.size


def test_how_many_images_there_will_be_is_said_before_they_are_drawn_and_nothing_of_unfinished_values(
    page, monkeypatch
):
    assert page.page.estimate(ENGLISH, *page.controls()) == "6 images"
    monkeypatch.setattr(page.services.sampling.drawing, "expected_s", lambda request: 20.0)
    assert page.page.estimate(ENGLISH, *page.controls()) == "6 images, about 2 min"
    assert page.page.estimate(ENGLISH, *page.controls(row_values="1; x")) == ""


def test_cells_come_one_after_another_and_each_leads_to_its_settings(page):
    updates = page.draw()
    tables = [update[page.page.cells] for update in updates if page.page.cells in update]
    assert [table.count("<img") for table in tables] == [1, 5, 6]
    assert tables[0].count("<i></i>") == 5
    links = [part.split('"')[0] for part in tables[-1].split('href="')[1:]]
    requests = [read_link(link).request() for link in links]
    assert [(one.truncation, one.seeds) for one in requests[:4]] == [(0.3, (1,)), (0.6, (1,)), (0.9, (1,)), (0.3, (2,))]


def test_a_grid_is_kept_with_its_recipe_and_as_a_document(page):
    last = page.draw()[-1]
    png, pdf = (last[button]["value"] for button in (page.page.png, page.page.pdf))
    assert [len(axis.values) for axis in (read_grid_recipe(png_path(png)).columns,)] == [3]
    assert Image.open(png).width > 3 * 96
    with open(pdf, "rb") as stream:
        assert stream.read(4) == b"%PDF"


def png_path(value):
    from pathlib import Path

    return Path(value)


def test_a_stop_keeps_what_was_drawn(page):
    drawing = page.page.draw_grid(ENGLISH, *page.controls())
    ask_to_stop(next(drawing)[page.page.signal])
    *_, last = drawing
    assert last[page.page.cells].count("<img") == 1
    assert "Stopped" in last[page.page.status]
    assert last[page.page.png]["visible"] is True


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": "truncation", "row_values": "1"}, "same setting"),
        ({"slot": None}, "Choose a photo first"),
        ({"row_values": ";".join(map(str, range(13)))}, "between 1 and 12"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence_and_leaves_no_stop_button(page, changes, message):
    seen = []
    with pytest.raises((Error, gr.Error), match=message):
        seen.extend(page.page.draw_grid(ENGLISH, *page.controls(**changes)))


def test_a_direction_is_an_axis_named_after_it_and_its_cells_open_on_its_page(page):
    table = page.draw(direction="noise 2", columns="direction", column_values="-3; 0; 3")[-1][page.page.cells]
    assert "Along a direction, deviations: Noise 2" in table
    links = [part.split('"')[0] for part in table.split('href="')[1:]]
    assert all(link.startswith("directions#") for link in links)
    moves = [read_link(link).request().moves for link in links]
    assert {one[0].direction.name for one in moves} == {"Noise 2"}
    assert [one[0].amount for one in moves] == [-3, 0, 3] * 2


def test_named_directions_are_the_first_to_choose_from(tmp_path):
    page = Page(tmp_path)
    info, kept = page.services.model("painted"), KeptDirections(tmp_path / "directions")
    services = replace(page.services, kept_directions=kept)
    found = services.sampling.drawing.directions(DirectionsRequest("painted"))
    kept.keep(info, found[1], "redder")
    assert choices(services, info, "en")[0] == ("redder", "named redder")
    assert chosen_direction(services, info, "named redder", "en").vector.tobytes() == found[1].vector.tobytes()
    for missing in ("named bluer", "weights 99", "weights x", "", None):
        with pytest.raises(RequestError, match="no such direction"):
            chosen_direction(services, info, missing, "en")
