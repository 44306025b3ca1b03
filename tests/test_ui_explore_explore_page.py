"""The handlers of the Explore page, called as the page calls them: children, crossings, the tree, the way back."""

import base64
import json
import re
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from fakes import PaintedSampling
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.recipe import read_recipe_file, write_recipe
from icgan_demo.ui.common.instances import choose_row
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.explore.explore_page import ExplorePage
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.families import MAX_STEPS_BACK, Family
from icgan_demo.ui.visitor.visit_files import VisitFiles
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en"}, query_params={}, session_hash="one")
STRENGTH = 0.5


class Page:
    """The page and what a browser would hold of it."""

    def __init__(self, folder):
        self.folder, self.sampling = folder, PaintedSampling()
        folder.mkdir(exist_ok=True)
        self.services = Services(self.sampling, folder / "thumbnails", folder / "uploads")
        with LeanBlocks():
            self.visits = Visits(VisitFiles(self.services))
            self.explore = ExplorePage(self.services, self.visits)
        self.values = {}
        self.run(self.explore.open)

    def run(self, handler, *inputs):
        for update in handler(ENGLISH, *inputs):
            if update != gr.skip():
                self.values.update(update)

    def click(self, handler, image):
        self.run(handler, SimpleNamespace(name=image), STRENGTH)

    @property
    def family(self):
        return self.visits.of(ENGLISH).family

    def children(self):
        return re.findall(r'data-name="(\w+)"', self.values[self.explore.litter])

    def tree(self):
        return re.findall(r'data-name="(\w+)"', self.values[self.explore.tree])

    def saved(self):
        """Return the file of the chosen image, as a click on it saves it."""
        address = re.search(r'href="data:image/png;base64,([^"]+)"', self.values[self.explore.chosen])[1]
        file = self.folder / "saved.png"
        file.write_bytes(base64.b64decode(address))
        return file


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


def test_the_page_opens_with_an_image_and_nine_children(page):
    assert len(set(page.children())) == 9
    assert page.tree() == [page.family.chosen]
    assert page.children() == list(page.family.litter)
    assert "noise up to 50 %, instance 30 %, class 0 %" in page.values[page.explore.moves]


def test_a_clicked_child_joins_the_tree_and_has_children_of_its_own(page):
    founder, (_, second, *_) = page.family.chosen, page.children()
    page.click(page.explore.choose_child, second)
    assert page.family.chosen == second
    assert page.tree() == [founder, second]
    assert second not in page.children()
    assert len(page.children()) == 9
    assert page.family.lineage.find(second).parents == (founder,)
    file = page.saved()
    (drawn,) = page.sampling.drawing.draw(read_recipe_file(file).request())
    assert np.array_equal(np.asarray(Image.open(file)), np.asarray(drawn.picture))


def test_other_children_are_others_and_the_same_strength_gives_the_same(page):
    first = page.children()
    page.run(page.explore.draw_again, STRENGTH)
    assert page.children() == first
    page.run(page.explore.draw_again, 0.9)
    assert not set(page.children()) & set(first)
    page.run(page.explore.draw_others, STRENGTH)
    assert not set(page.children()) & set(first)


def test_a_child_that_is_no_longer_shown_cannot_be_chosen(page):
    old = page.children()[0]
    page.run(page.explore.draw_others, STRENGTH)
    with pytest.raises(gr.Error, match="no longer shown"):
        page.click(page.explore.choose_child, old)


def test_two_images_are_crossed(page):
    with pytest.raises(gr.Error, match="Choose a partner first"):
        page.run(page.explore.draw_crossings, STRENGTH)
    founder = page.family.chosen
    page.values.update(page.explore.pair_chosen(ENGLISH))
    page.click(page.explore.choose_child, page.children()[3])
    chosen = page.family.chosen
    page.run(page.explore.draw_crossings, STRENGTH)
    assert "and its partner" in page.values[page.explore.status]
    page.click(page.explore.choose_child, page.children()[0])
    assert page.family.lineage.find(page.family.chosen).parents == (chosen, founder)
    assert "of two parents" in page.values[page.explore.tree]


def test_a_change_that_cannot_be_drawn_leaves_the_family_as_it_was(page, monkeypatch):
    """A family that was kept before its children were known failed at every later visit of the page."""
    before = page.family

    def fail(asked):
        raise RequestError("no children today")

    monkeypatch.setattr(page.sampling.drawing, "children", fail)
    with pytest.raises(gr.Error, match="no children today"):
        page.click(page.explore.choose_child, page.children()[0])
    assert page.family is before


def test_a_change_is_written_once(page, monkeypatch):
    written = []
    monkeypatch.setattr(page.visits, "keep", written.append)
    page.click(page.explore.choose_child, page.children()[0])
    assert len(written) == 1


def test_every_step_can_be_taken_back(page):
    founder = page.family.chosen
    page.click(page.explore.choose_child, page.children()[0])
    page.run(page.explore.prune_branch, STRENGTH)
    assert page.family.chosen == founder
    assert page.tree() == [founder]
    page.run(page.explore.undo_step, STRENGTH)
    assert len(page.tree()) == 2
    page.run(page.explore.undo_step, STRENGTH)
    assert page.tree() == [founder]
    with pytest.raises(gr.Error, match="no step to take back"):
        page.run(page.explore.undo_step, STRENGTH)


def test_steps_back_are_bounded(page):
    for _ in range(MAX_STEPS_BACK + 5):
        page.click(page.explore.choose_member, page.family.chosen)
    assert len(page.family.past) == MAX_STEPS_BACK


def test_the_last_image_can_be_removed_and_the_page_begins_again(page):
    page.run(page.explore.prune_branch, STRENGTH)
    assert page.family.chosen == ""
    assert page.values[page.explore.litter] == ""
    page.run(page.explore.take_row, SimpleNamespace(index=2), page.values[page.explore.offered], STRENGTH)
    assert len(page.children()) == 9


def test_a_named_image_shows_its_name_as_text(page):
    page.values.update(page.explore.rename(ENGLISH, "<b>the best</b>"))
    assert "&lt;b&gt;the best" in page.values[page.explore.tree]
    assert "<b>" not in page.values[page.explore.tree]


def test_a_saved_tree_opens_again_and_the_one_before_comes_back(page, tmp_path):
    page.click(page.explore.choose_child, page.children()[0])
    page.values.update(page.explore.rename(ENGLISH, "one"))
    saved, tree = page.values[page.explore.save], page.tree()
    other = Page(tmp_path / "other")
    before = other.tree()
    other.run(other.explore.open_file, saved, STRENGTH)
    assert other.tree() == tree
    assert "one" in other.values[other.explore.tree]
    other.run(other.explore.undo_step, STRENGTH)
    assert other.tree() == before


def test_a_tree_of_an_unknown_model_is_refused_and_nothing_is_lost(page, tmp_path):
    values = json.loads(page.family.lineage.to_json())
    values["images"][0]["recipe"]["model"]["name"] = "elsewhere"
    file = tmp_path / "family.json"
    file.write_text(json.dumps(values))
    before = page.family
    with pytest.raises(gr.Error, match="not on this machine"):
        page.run(page.explore.open_file, str(file), STRENGTH)
    assert page.family is before


def test_a_surprise_is_another_founder(page):
    founder = page.family.chosen
    page.run(page.explore.take_surprise, page.values[page.explore.offered], STRENGTH)
    assert page.family.lineage.founders()[0] == founder
    assert len(page.family.lineage.founders()) == 2


def test_a_saved_image_joins_the_tree(page, tmp_path):
    page.click(page.explore.choose_child, page.children()[4])
    file, chosen = page.saved(), page.family.chosen
    other = Page(tmp_path / "other")
    before = other.family.chosen
    other.run(other.explore.open_file, str(file), STRENGTH)
    assert other.family.chosen == chosen
    assert other.family.lineage.founders() == [before, chosen] if before != chosen else [chosen]


def test_of_a_saved_set_the_first_image_joins_the_tree(page, tmp_path):
    wanted = DrawRequest.neighbours("painted", page.sampling.pick("painted", 5).feature, 4, seed=7)
    file = tmp_path / "recipe.json"
    file.write_text(write_recipe(wanted, page.sampling.models()[0]).to_json())
    page.run(page.explore.open_file, str(file), STRENGTH)
    assert page.family.lineage.find(page.family.chosen).request.seeds == (7,)


def test_the_photo_of_the_generate_page_is_the_first_image_once(page):
    visit = page.visits.of(ENGLISH)
    visit.chosen = choose_row(page.services, "painted", 9, "en")
    page.run(page.explore.open)
    assert len(page.family.lineage.members) == 2
    first = page.family.lineage.find(page.family.chosen).request
    assert np.array_equal(first.blend.features[0], visit.chosen.feature)
    page.click(page.explore.choose_child, page.children()[0])
    family = page.family
    page.run(page.explore.open)
    assert page.family.lineage is family.lineage
    assert page.family.chosen == family.chosen


def test_a_chosen_image_is_in_the_history(page):
    page.click(page.explore.choose_child, page.children()[0])
    assert len(page.visits.of(ENGLISH).history.pictures) == 2


def test_the_family_is_there_after_a_restart(page, tmp_path):
    page.click(page.explore.choose_child, page.children()[4])
    page.visits.enter(ENGLISH, "0" * 32)
    again = Visits(VisitFiles(page.services))
    family = page.family
    page.visits.of(ENGLISH).family = Family()
    again.enter(ENGLISH, "0" * 32)
    assert again.of(ENGLISH).family.chosen in ("", family.chosen)


def test_a_drawing_that_was_overtaken_shows_nothing_more(page):
    slow = page.explore.draw_others(ENGLISH, STRENGTH)
    next(slow)
    page.click(page.explore.choose_member, page.family.chosen)
    shown = page.children()
    assert list(slow) == []
    assert page.children() == shown == list(page.family.litter)
