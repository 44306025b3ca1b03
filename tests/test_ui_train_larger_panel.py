"""The part of the Train page that makes a set larger: what it says before, shows on the way, and keeps after a Stop."""

import re
import zipfile
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.exceptions import Error
from training_services import open_training
from training_sets import class_zip, save_pictures

from icgan_demo.service.banks.larger_set import LargerSetService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.values import AUTOMATIC, Familiarity
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.train import larger_panel
from icgan_demo.ui.train.larger_panel import LargerPanel
from icgan_demo.ui.train.live_run import LiveRun
from icgan_demo.ui.train.train_widgets import TrainWidgets
from icgan_demo.ui.visitor.generate_state import ask_to_stop
from icgan_demo.ui.visitor.visits import Visits

ENGLISH = SimpleNamespace(headers={"accept-language": "en"}, session_hash="a")


class Page:
    def __init__(self, folder, models, training):
        store = ModelStore([models])
        sampling = SamplingService(store)
        larger_sets = LargerSetService(store, sampling)
        self.training = training
        self.services = Services(sampling, folder, folder / "out", training=training, larger_sets=larger_sets)
        with LeanBlocks():
            live = LiveRun(self.services, training, TrainWidgets(training.limits, "secret"), Visits())
            self.panel = LargerPanel(self.services, larger_sets, training, live)
        self.set_id = training.sets.add(None, [class_zip(folder / "photos.zip")]).set_id

    def estimate(self, model="tiny", per_picture=4):
        return self.panel.tell_estimate(ENGLISH, True, self.set_id, model, per_picture)

    def enlarge(self, set_id=None, packed="zip", per_picture=3):
        return self.panel.enlarge(ENGLISH, set_id or self.set_id, "tiny", per_picture, 0.8, True, packed)


@pytest.fixture
def page(tmp_path, models_folder):
    with open_training(tmp_path, larger_images=60) as training:
        yield Page(tmp_path, models_folder, training)


def offered(button):
    return Path(button["value"]) if button["visible"] else None


def test_unfolding_lists_the_models_and_keeps_a_choice(page):
    filled = page.panel.unfold(ENGLISH, None, None)
    names = [name for _, name in filled[page.panel.model]["choices"]]
    assert filled[page.panel.model]["value"] == names[0]
    assert "tiny" in names
    assert page.panel.unfold(ENGLISH, "tiny", {"ids": 3})[page.panel.model]["value"] == "tiny"


def test_how_long_it_takes_is_said_before(page):
    assert re.match(r"12 images × 4 = 48 new ones with “.+”, about \d+ s$", page.estimate())
    assert "at most 60 new images" in page.estimate(per_picture=6)


def test_before_it_is_unfolded_nothing_is_estimated(page):
    assert page.panel.tell_estimate(ENGLISH, False, page.set_id, "tiny", 4) == gr.skip()
    assert page.panel.tell_estimate(ENGLISH, True, None, "tiny", 4) == ""


def test_automatic_says_whether_any_model_knows_the_images(page, monkeypatch):
    monkeypatch.setattr(larger_panel, "is_automatic", lambda models: True)
    assert page.panel.unfold(ENGLISH, None, None)[page.panel.model]["value"] == AUTOMATIC
    for share, is_known in ((90.0, True), (1.0, False)):
        monkeypatch.setattr(larger_panel, "knows_most", lambda *_, share=share: Familiarity("tiny", share, share))
        assert ("No model here knows" in page.estimate(AUTOMATIC)) != is_known


def test_a_set_is_shown_on_the_way_and_comes_as_one_file(page):
    updates = list(page.enlarge())
    panel = page.panel
    assert updates[0][panel.stop]["visible"]
    assert any("New images: " in update[panel.status] for update in updates)
    shown = [update[panel.shown] for update in updates if update.get(panel.shown)][-1]
    assert (shown.count('class="row"'), shown.count("<img")) == (4, 4 * (1 + 3))
    assert re.match(r"\d+ new images in \d+ s. Left out as possible copies: \d", updates[-1][panel.status])
    assert not updates[-1][panel.stop]["visible"]
    with zipfile.ZipFile(offered(updates[-1][panel.save])) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {"otter", "heron", "manifest.jsonl"}
    assert not any(button in updates[-1] for button in [panel.save_manifest])


def test_a_shard_has_its_manifest_beside_it(page):
    *_, last = page.enlarge(packed="tar")
    files = [offered(last[button]).name for button in (page.panel.save, page.panel.save_manifest)]
    assert files == ["larger.tar", "larger.jsonl"]


def test_after_a_stop_what_there_is_can_be_saved(page):
    updates = []
    for update in page.enlarge(per_picture=5):
        updates.append(update)
        if update.get(page.panel.shown):
            ask_to_stop(updates[0][page.panel.signal])
    assert re.match(r"Stopped: \d+ new images of 1 of your 12", updates[-1][page.panel.status])
    with zipfile.ZipFile(offered(updates[-1][page.panel.save])) as archive:
        assert len(archive.read("manifest.jsonl").splitlines()) == 5


def test_a_public_page_ends_in_time_with_what_there_is(tmp_path, models_folder):
    with open_training(tmp_path, larger_s=0) as training:
        page = Page(tmp_path, models_folder, training)
        *_, last = page.enlarge()
    assert last[page.panel.status] == "Stopped before the first new image."


def test_what_cannot_be_done_is_said_and_no_stop_button_stays(page, tmp_path):
    with pytest.raises(Error, match="Choose images first"):
        next(page.panel.enlarge(ENGLISH, None, "tiny", 4, 0.8, True, "zip"))
    with pytest.raises(Error, match="no longer here"):
        next(page.enlarge(set_id="0" * 32))
    with pytest.raises(Error, match="at most 60 new images"):
        next(page.enlarge(per_picture=16))
    making = page.panel.enlarge(ENGLISH, page.set_id, "gone", 2, 0.8, True, "zip")
    assert next(making)[page.panel.stop]["visible"]
    assert not next(making)[page.panel.stop]["visible"]
    with pytest.raises(Error, match="There is no model of that name"):
        next(making)


def test_names_of_images_are_escaped(page, tmp_path):
    (path,) = save_pictures(tmp_path / "hostile", 1)
    hostile = path.rename(path.with_name("<b onload=x>.png"))
    set_id = page.training.sets.add(None, [hostile]).set_id
    shown = [update[page.panel.shown] for update in page.enlarge(set_id) if update.get(page.panel.shown)][-1]
    assert "<b" not in shown
    assert "&lt;b" in shown
