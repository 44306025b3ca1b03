"""The handlers of the Generate page, called as the page calls them, around the painted fake."""

import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from fakes import CLASS_NAMES, PaintedSampling, colour_of_seed
from PIL import Image

from icgan_demo.config import MAX_SEED
from icgan_demo.service.drawing.drawing_requests import random_seed
from icgan_demo.ui.common.events import GIVE_WAY
from icgan_demo.ui.common.instances import choose_row
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.generate.generate_tab import GenerateTab
from icgan_demo.ui.generate.generate_widgets import GenerateWidgets
from icgan_demo.ui.generate.model_panel import ModelPanel
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.visitor.generate_state import ask_to_stop
from icgan_demo.ui.visitor.visit_files import VisitFiles
from icgan_demo.ui.visitor.visits import HandedInstance, Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en-GB,en;q=0.9"})
KOREAN = SimpleNamespace(headers={"accept-language": "ko-KR,ko;q=0.9"})
VISIT = "0123456789abcdef" * 2
SETTINGS = {"model": "painted", "count": 6, "seed": 0, "truncation": 0.8, "label": "", "best_of": 1}


class Page:
    """The tab and what a browser would hold of it."""

    def __init__(self, folder: Path) -> None:
        self.sampling = PaintedSampling()
        with LeanBlocks():
            self.widgets = GenerateWidgets(folder / "thumbnails")
        self.services = Services(self.sampling, folder / "thumbnails", folder / "uploads")
        self.values = {}
        self.start()

    def start(self):
        """Start the app, for the first time or again: it knows of visits what files hold."""
        self.visits = Visits(VisitFiles(self.services))
        self.visits.enter(ENGLISH, VISIT)
        self.tab = GenerateTab(self.services, self.widgets, self.visits)

    def answers(self, handler, *inputs, request=ENGLISH, **settings):
        """Yield what a drawing handler tells the page."""
        with closing(handler(request, *inputs, *{**SETTINGS, **settings}.values())) as steps:
            yield from (step for step in steps if step is not GIVE_WAY)

    def run(self, handler, *inputs, request=ENGLISH, **settings):
        """Run a drawing handler to its end; returns the updates it yielded."""
        updates = []
        for update in self.answers(handler, *inputs, request=request, **settings):
            updates.append(update)
            self.values.update({} if update == gr.skip() else update)
        return updates

    def come_back(self):
        """Open the page again, after another one."""
        self.visits.enter(ENGLISH, VISIT)
        self.values.update(ModelPanel(self.services, self.widgets, self.visits).open(ENGLISH, None))
        update = self.tab.show_restored_visit(ENGLISH)
        self.values.update({} if update == gr.skip() else update)
        self.run(self.tab.draw_handed_instance)

    def value(self, name):
        value = self.values[getattr(self.widgets, name)]
        return value["value"] if isinstance(value, dict) else value

    @property
    def captions(self):
        return [caption for _, caption in self.value("results")]

    @property
    def colours(self):
        return [Image.open(file).getpixel((0, 0)) for file, _ in self.value("results")]


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path)


def click(index, file=None):
    """Return what the browser says of a click; in a gallery, also the file of what was clicked."""
    return SimpleNamespace(index=index, value=None if file is None else {"image": {"path": file}, "caption": ""})


def test_a_photo_is_shown_as_the_model_sees_it_and_then_drawn(page, photo_path):
    updates = page.run(page.tab.take_photo, str(photo_path))
    assert page.widgets.crop in updates[0]
    assert updates[0][page.widgets.photo] == str(photo_path)  # what the visit had here may have come after the upload
    assert page.widgets.results not in updates[0]
    assert page.value("crop").size == (64, 64)
    assert len(page.value("neighbours")) == 6
    assert page.colours == [colour_of_seed(seed) for seed in range(6)]
    assert page.captions[0] == "distance 0.00, seed 0"


def test_keeping_the_mode_is_a_setting_that_the_visit_keeps(page, photo_path):
    page.run(page.tab.take_photo, photo_path, in_use="", is_multimodal=True)
    assert page.sampling.drawing.requests[-1].centre is not None
    page.come_back()
    assert page.value("multimodal") is True


def test_pictures_arrive_in_steps_as_files_that_never_change(page, photo_path):
    seen = {}
    for update in page.answers(page.tab.take_photo, str(photo_path)):
        for file, _ in update.get(page.widgets.results, []):
            assert seen.setdefault(file, Path(file).stat().st_mtime_ns) == Path(file).stat().st_mtime_ns
    assert len(seen) == 6


def test_distances_come_when_nobody_waits_for_pictures_any_more(page, photo_path):
    updates = page.run(page.tab.take_photo, str(photo_path), count=10)
    w = page.widgets
    answers = [
        (["distance" in caption for _, caption in update.get(w.results, [])], w.download in update)
        for update in updates
    ]
    of_pictures = [answer for answer in answers if answer != ([], False)]
    assert of_pictures == [
        ([False] * 4, False),
        ([False] * 8, False),
        ([False] * 10, False),
        ([False] * 10, True),
        ([True] * 10, False),
    ]
    assert page.value("status").startswith("10 images")


def test_of_a_quick_model_the_first_answer_brings_the_first_pictures(page, photo_path, monkeypatch):
    monkeypatch.setattr(page.sampling.drawing, "expected_s", lambda request: 0.02 * len(request.seeds))
    first = page.run(page.tab.take_photo, str(photo_path))[0]
    w = page.widgets
    assert {w.crop, w.signal, w.stop, w.results} <= set(first)
    assert first[w.status].startswith("Generating… 4 of 6")


def test_a_picture_that_is_not_measured_yet_is_described_by_its_seed(page, photo_path):
    for update in page.answers(page.tab.take_photo, str(photo_path)):
        page.values.update(update)
        if page.widgets.results in update:
            break
    picked = page.tab.select_picture(ENGLISH, click(1, page.value("results")[1][0]), page.value("shown"))
    assert picked[page.widgets.picked].startswith("Seed 1<a class=")


def test_leaving_the_page_closes_the_drawing_of_the_service(page, photo_path):
    drawing = page.answers(page.tab.take_photo, str(photo_path), count=64)
    for update in drawing:
        if page.widgets.results in update:
            break
    drawing.close()
    assert page.sampling.drawing.closed_early == 1


def test_a_stop_ends_the_drawing_and_keeps_what_was_drawn(page, photo_path):
    for update in page.answers(page.tab.take_photo, str(photo_path), count=64):
        page.values.update(update)
        if page.widgets.results in update:
            ask_to_stop(page.value("signal"))
    assert page.sampling.drawing.closed_early == 1
    assert page.value("status") == "Stopped. Images generated: 4"
    assert page.values[page.widgets.stop]["visible"] == "hidden"
    with zipfile.ZipFile(page.value("download")) as archive:
        assert {"000.png", "003.png", "grid.png", "recipe.json"} <= set(archive.namelist())
        assert "004.png" not in archive.namelist()


def test_a_stop_ends_the_visitor_s_own_drawing_only(page, photo_path):
    """Like Gradio, which keeps one value of each state for each visitor."""
    first, second = (page.answers(page.tab.take_photo, str(photo_path), count=8) for _ in range(2))
    signals = [
        next(update[page.widgets.signal] for update in each if page.widgets.signal in update)
        for each in (first, second)
    ]
    ask_to_stop(signals[0])
    assert [len(list(first)), len(list(second))] == [3, 4]
    assert page.sampling.drawing.closed_early == 1


def test_a_stop_before_any_drawing_does_nothing(page):
    ask_to_stop(None)


def test_a_failure_while_drawing_leaves_no_stop_button_and_no_progress(page, photo_path):
    with pytest.raises(gr.Error, match="does not know the class"):
        page.run(page.tab.take_photo, str(photo_path), label="Dragon")
    assert page.values[page.widgets.stop]["visible"] == "hidden"
    assert page.value("status") == ""


def test_all_pictures_are_offered_as_one_zip_at_the_end(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    with zipfile.ZipFile(page.value("download")) as archive:
        assert sum(name.endswith(".png") for name in archive.namelist()) == 6 + 1


def test_ranked_candidates_show_the_nearest_so_far_and_then_the_nearest(page, photo_path):
    updates = page.run(page.tab.take_photo, str(photo_path), count=3, best_of=4)
    shown = [len(update[page.widgets.results]) for update in updates if page.widgets.results in update]
    assert max(shown) == 3
    assert page.captions == ["distance 0.00, seed 0", "distance 0.14, seed 1", "distance 0.20, seed 2"]
    assert page.value("status").startswith("The nearest 3 of 12")


def test_a_photo_that_cannot_be_read_is_refused_in_the_service_s_words(page, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    with pytest.raises(gr.Error, match="Not an image we can read"):
        page.run(page.tab.take_photo, str(bad))
    assert page.value("photo") is None
    assert page.value("chosen") is None


def test_a_removed_photo_is_forgotten(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    page.run(page.tab.take_photo, None)
    with pytest.raises(gr.Error, match="Choose a photo first"):
        page.run(page.tab.draw, page.value("chosen"))


def test_a_click_on_the_bank_draws_from_the_stored_feature_and_shows_its_thumbnail(page):
    page.run(page.tab.take_row, click(1), [7, 5])
    assert np.array_equal(
        page.sampling.drawing.requests[-1].blend.features[0], page.sampling.pick("painted", 5).feature
    )
    assert Image.open(page.value("photo")).getpixel((0, 0)) == colour_of_seed(1005)


def test_a_selected_picture_becomes_the_next_instance(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    clicked = click(2, page.value("results")[2][0])
    page.values.update(page.tab.select_picture(ENGLISH, clicked, page.value("shown")))
    assert page.value("picked").startswith("Seed 2 · distance 0.20 to your photo · nearest real instance: ")
    drawn_from = Path(page.value("results")[2][0])
    page.run(page.tab.take_sample, page.value("selected"), page.value("shown"))
    expected = page.sampling.encode("painted", drawn_from).feature
    assert np.array_equal(page.sampling.drawing.requests[-1].blend.features[0], expected)
    assert page.value("photo") == str(drawn_from)
    assert page.value("selected") is None


@pytest.mark.parametrize(("selected", "is_drawn"), [(None, True), ("/etc/passwd", True), (2, True), ("", False)])
def test_using_a_picture_without_having_one_asks_for_it(page, photo_path, selected, is_drawn):
    page.run(page.tab.take_photo, str(photo_path))
    with pytest.raises(gr.Error, match="Select an image first"):
        page.run(page.tab.take_sample, selected, page.value("shown") if is_drawn else None)


def test_a_selection_never_means_a_picture_of_another_drawing(page, photo_path):
    """The twelfth of sixteen was selected, four were drawn, and a late click chose one of those by its place."""
    page.run(page.tab.take_photo, str(photo_path))
    clicked, shown = click(2, page.value("results")[2][0]), page.value("shown")
    selected = page.tab.select_picture(ENGLISH, clicked, shown)[page.widgets.selected]
    page.run(page.tab.take_photo, str(photo_path))
    assert page.tab.select_picture(ENGLISH, clicked, page.value("shown"))[page.widgets.selected] is None
    with pytest.raises(gr.Error, match="Select an image first"):
        page.run(page.tab.take_sample, selected, page.value("shown"))
    for value in (None, "text", {"image": None}, {"image": {"path": 5}}):
        odd = SimpleNamespace(index=0, value=value)
        assert page.tab.select_picture(ENGLISH, odd, page.value("shown"))[page.widgets.selected] is None


def test_drawing_without_an_instance_says_what_to_do(page):
    with pytest.raises(gr.Error, match="drop one, or click an example"):
        page.run(page.tab.draw, None)


def test_generate_draws_the_photo_that_was_dropped_while_the_click_waited(page, photo_path, tmp_path):
    """Gradio reads the state of an event that waits for its turn when it enters the queue."""
    page.run(page.tab.take_photo, str(photo_path))
    before, other = page.value("chosen"), tmp_path / "other.png"
    Image.new("RGB", (80, 60), (200, 30, 30)).save(other)
    page.run(page.tab.take_photo, str(other))
    for handler in (page.tab.draw, page.tab.draw_others):
        page.run(handler, before)
        assert page.sampling.drawing.requests[-1].blend == page.value("chosen").blend()
    page.tab.send_to_studio(ENGLISH, before, None, None, *SETTINGS.values())
    assert page.visits.of(ENGLISH).sent_instance.photo == other


def test_a_refused_photo_leaves_no_instance_to_draw(page, photo_path, tmp_path):
    page.run(page.tab.take_photo, str(photo_path))
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(gr.Error):
        page.run(page.tab.take_photo, str(tmp_path / "text.png"))
    with pytest.raises(gr.Error, match="drop one, or click an example"):
        page.run(page.tab.draw, None)


def test_others_continue_with_the_following_seeds_and_wrap_at_the_largest(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    chosen = page.value("chosen")
    page.run(page.tab.draw_others, chosen, seed=10, count=4, best_of=2)
    assert page.value("seed") == 18
    page.run(page.tab.draw_others, chosen, seed=MAX_SEED, count=4)
    assert page.value("seed") == 3


def test_an_empty_seed_becomes_a_random_one_that_is_shown(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), seed=None)
    assert page.value("seed") == page.sampling.drawing.requests[-1].seeds[0]
    assert page.value("seed") != random_seed()


def test_settings_reach_the_service(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), count=2, seed=9, truncation=0.3, label="Lime", best_of=1)
    request = page.sampling.drawing.requests[-1]
    assert (request.seeds, request.truncation, request.label) == ((9, 10), 0.3, "Lime")


def test_the_licence_beside_the_pictures_comes_and_goes_with_them(page, photo_path):
    """It used to follow the list, so that pictures stood beside the terms of a model that had not drawn them."""
    updates = page.run(page.tab.take_photo, str(photo_path))
    with_terms = [update for update in updates if page.widgets.drawn_licence in update]
    first = next(update for update in updates if page.widgets.results in update)
    assert first in with_terms
    assert all("painted for tests" in update[page.widgets.drawn_licence] for update in with_terms)
    assert all(page.widgets.results in update for update in with_terms)


def test_a_model_that_needs_a_class_takes_that_of_the_nearest_instance_unless_one_is_chosen(page):
    needy = replace(page.sampling.models()[0], card={"generator": {"num_classes": 4, "no_label": False}})
    page.sampling.models = lambda: [needy]
    page.run(page.tab.take_row, click(1), [4, 5, 6])
    assert page.sampling.drawing.requests[-1].label == CLASS_NAMES[1]  # a stored instance is its own nearest one
    assert page.value("picked").startswith("Class: Lime, that of the nearest real instances")
    page.run(page.tab.draw, page.value("chosen"), label="Lemon")
    assert page.sampling.drawing.requests[-1].label == "Lemon"
    assert page.value("picked") == ""
    page.visits.of(ENGLISH).chosen = replace(page.value("chosen"), own=None)
    page.run(page.tab.draw, page.visits.of(ENGLISH).chosen)
    assert page.sampling.drawing.requests[-1].label is None  # the service then says that it needs one


def test_another_model_embeds_the_photo_again(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    page.run(page.tab.draw, page.value("chosen"), model="plain")
    assert page.sampling.drawing.requests[-1].model == "plain"


def test_a_visitor_quicker_than_the_model_list_gets_the_default_model(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), model=None, label=None)
    assert page.sampling.drawing.requests[-1].model == "painted"


def test_a_bank_instance_is_not_carried_to_another_model(page):
    page.run(page.tab.take_row, click(0), [3])
    with pytest.raises(gr.Error, match="belongs to another model"):
        page.run(page.tab.draw, page.value("chosen"), model="plain")


def test_a_model_that_cannot_be_used_says_why(page, photo_path):
    with pytest.raises(gr.Error, match=r"generator\.safetensors is missing"):
        page.run(page.tab.take_photo, str(photo_path), model="broken")


def test_two_visitors_keep_their_own_pictures(page, photo_path):
    drawings = [page.answers(page.tab.take_photo, str(photo_path), seed=seed) for seed in (100, 200)]
    finals = [{}, {}]
    while drawings[0] or drawings[1]:
        for visitor, drawing in enumerate(drawings):
            update = next(drawing, None) if drawing else None
            if update is None:
                drawings[visitor] = None
            else:
                finals[visitor].update(update)
    for first, final in zip((100, 200), finals, strict=True):
        seeds = [picture.seed for picture in final[page.widgets.shown].pictures]
        assert seeds == list(range(first, first + 6))


def test_captions_and_sentences_are_in_the_visitor_s_language(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), request=KOREAN)
    assert page.captions[3] == "거리 0.24, 시드 3"


def test_on_the_way_back_instance_settings_and_pictures_are_there_again(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), seed=None, count=4, truncation=0.5)
    before, seed, drawn = page.value("results"), page.value("seed"), len(page.sampling.drawing.requests)
    page.values.clear()
    page.come_back()
    assert page.value("results") == before
    assert page.value("photo") == str(photo_path)
    assert len(page.value("neighbours")) == 6
    assert (page.value("seed"), page.value("count"), page.value("truncation")) == (seed, 4, 0.5)
    assert len(page.value("files")) == 4
    assert len(page.sampling.drawing.requests) == drawn


def test_settings_that_were_only_changed_are_there_again(page):
    page.tab.keep_settings(ENGLISH, *{**SETTINGS, "count": 3, "best_of": 2}.values())
    page.come_back()
    assert (page.value("count"), page.value("best_of")) == (3, 2)


def test_a_removed_photo_stays_away(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    page.run(page.tab.take_photo, None)
    page.values.clear()
    page.come_back()
    assert page.widgets.photo not in page.values


def test_what_another_page_hands_over_is_drawn_on_arrival_once(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), seed=7)
    chosen = choose_row(page.tab._services, "painted", 3, "en")
    page.visits.enter(ENGLISH, VISIT).handed_instance = HandedInstance(chosen, "Lemon")
    page.run(page.tab.draw_handed_instance, seed=7)
    last = page.sampling.drawing.requests[-1]
    assert (last.label, last.seeds[0]) == ("Lemon", 7)
    assert (last.blend.features[0] == chosen.feature).all()
    assert page.value("photo") == str(chosen.picture)
    drawn = len(page.sampling.drawing.requests)
    page.run(page.tab.draw_handed_instance, seed=7)
    assert len(page.sampling.drawing.requests) == drawn


def test_an_opening_page_disturbs_nothing_that_a_quicker_visitor_has_begun_on_it(page, photo_path):
    """On a busy machine the photo was taken for one that had been cut off, and drawn again with other settings."""
    page.visits.of(ENGLISH).handed_instance = HandedInstance(choose_row(page.services, "painted", 3, "en"))
    page.sampling.drawing.chunk = 1
    drawing = page.answers(page.tab.take_photo, str(photo_path), count=4)
    while page.widgets.results not in next(drawing):
        pass
    assert page.tab.show_restored_visit(ENGLISH) == gr.skip()
    assert page.run(page.tab.draw_handed_instance) == [gr.skip()]
    drawing.close()
    assert [len(request.seeds) for request in page.sampling.drawing.requests] == [4]
    page.come_back()  # opened again, the page does finish it, and what was handed over is gone
    assert len(page.captions) == 4


def test_a_class_that_the_chosen_model_does_not_know_is_not_taken_over(page):
    page.visits.of(ENGLISH).handed_instance = HandedInstance(choose_row(page.tab._services, "plain", 3, "en"), "Lemon")
    page.run(page.tab.draw_handed_instance, model="plain")
    assert page.sampling.drawing.requests[-1].label is None


def test_the_selected_picture_or_else_the_instance_is_sent_to_the_studio(page, photo_path):
    with pytest.raises(gr.Error, match="Choose a photo first"):
        page.tab.send_to_studio(ENGLISH, None, None, None, *SETTINGS.values())
    page.run(page.tab.take_photo, str(photo_path))
    held = [page.value("chosen"), None, page.value("shown")]
    page.tab.send_to_studio(ENGLISH, *held, *SETTINGS.values())
    assert page.visits.of(ENGLISH).take_sent_instance() is held[0]
    held[1] = page.value("results")[2][0]
    page.tab.send_to_studio(ENGLISH, *held, *SETTINGS.values())
    assert str(page.visits.of(ENGLISH).take_sent_instance().picture) == held[1]


def test_drawn_pictures_are_in_the_visits_history(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    page.tab.keep_in_history(ENGLISH, page.value("files"))
    assert len(page.visits.of(ENGLISH).history.pictures) == 6


def test_after_a_restart_the_photo_and_the_settings_are_there_and_the_same_pictures_are_drawn_again(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path), seed=5, count=3)
    page.run(page.tab.draw_others, page.value("chosen"), seed=5, count=3)
    page.tab.keep_settings(ENGLISH, *{**SETTINGS, "count": 4}.values())
    drawn, feature = page.captions, page.value("chosen").feature
    page.start()
    page.values.clear()
    page.come_back()
    assert page.captions == drawn
    assert page.value("count") == 4
    assert page.value("photo") == str(photo_path)
    assert np.array_equal(page.value("chosen").feature, feature)
    page.come_back()
    assert page.value("count") == 4


def test_after_a_restart_an_instance_whose_photo_was_deleted_is_shown_as_the_generator_draws_it(page, tmp_path):
    photo = tmp_path / "photo.png"
    Image.new("RGB", (80, 80), "teal").save(photo)
    page.run(page.tab.take_photo, str(photo))
    feature = page.value("chosen").feature
    photo.unlink()
    page.start()
    page.values.clear()
    page.come_back()
    assert np.array_equal(page.value("chosen").feature, feature)
    assert Path(page.value("photo")).exists()
    assert len(page.captions) == 6


def test_pictures_that_were_deleted_after_an_hour_are_drawn_again_on_the_way_back(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    drawn = page.captions
    for file, _ in page.value("results"):
        Path(file).unlink()
    page.values.clear()
    page.come_back()
    assert page.captions == drawn
    assert all(Path(file).exists() for file, _ in page.value("results"))


def test_a_drawing_that_was_left_is_finished_on_the_way_back_and_one_that_was_stopped_is_not(page, photo_path):
    page.sampling.drawing.chunk = 1
    drawing = page.answers(page.tab.take_photo, str(photo_path))
    while page.widgets.results not in next(drawing):
        pass
    drawing.close()
    page.visits.enter(ENGLISH, VISIT)
    assert len(page.tab.show_restored_visit(ENGLISH)[page.widgets.results]) == 1
    page.come_back()
    assert len(page.captions) == 6
    for update in page.answers(page.tab.draw, page.value("chosen")):
        page.values.update(update)
        ask_to_stop(update.get(page.widgets.signal))
    page.come_back()
    assert len(page.captions) == 1


def test_a_photo_whose_embedding_was_cut_off_is_taken_on_the_way_back(page, photo_path):
    page.visits.of(ENGLISH).pending_photo = photo_path
    page.come_back()
    assert len(page.captions) == 6
    assert page.visits.of(ENGLISH).pending_photo is None


def test_a_photo_that_is_not_drawn_before_the_visitor_says_so_stands_beside_no_pictures_of_another(page, photo_path):
    page.run(page.tab.take_photo, str(photo_path))
    assert page.captions
    page.sampling.knows = {"painted": 3.0, "plain": 7.0}
    page.run(page.tab.take_photo, str(photo_path), model="auto")
    assert page.captions == []
    assert page.value("shown") is None
    page.come_back()
    assert page.captions == []
