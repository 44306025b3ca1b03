"""What the page shows of the models, while they load and afterwards."""

import re
import threading
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import BANK_SIZE, CLASS_NAMES, PaintedSampling

from icgan_demo.lazy import lazy
from icgan_demo.service.values import AUTOMATIC, EXAMPLES, ModelInfo
from icgan_demo.ui.about.about_tab import card_html
from icgan_demo.ui.common.model_list import explain_truncation, truncation_note
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.generate import model_panel
from icgan_demo.ui.generate.generate_widgets import GenerateWidgets
from icgan_demo.ui.generate.model_panel import ModelPanel
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.texts.language import text
from icgan_demo.ui.visitor.generate_state import Settings, ask_to_stop
from icgan_demo.ui.visitor.visits import Visits

VISITOR = SimpleNamespace(headers={})
VISIT = "0" * 32


class Panel:
    def __init__(self, folder, sampling=None):
        with LeanBlocks():
            self.widgets = GenerateWidgets(folder / "thumbnails")
        self.sampling = sampling or PaintedSampling()
        self.visits = Visits()
        services = Services(self.sampling, folder / "thumbnails", folder)
        self.panel = ModelPanel(services, self.widgets, self.visits)
        self.visits.enter(VISITOR, VISIT)

    def open(self, model=None):
        """Open the page in the same tab and return what it shows at first."""
        self.visits.enter(VISITOR, VISIT)
        return self.panel.open(VISITOR, model)

    def change_model(self, model):
        """Return what the page shows once the model has been loaded."""
        return list(self.panel.change_model(VISITOR, model))[-1]


@pytest.fixture
def opened(tmp_path):
    panel = Panel(tmp_path)
    return panel, panel.open()


def test_the_page_waits_for_nothing_while_the_service_starts(tmp_path):
    def never():
        raise AssertionError("asked before it was there")

    panel = Panel(tmp_path, lazy(never))
    updates = panel.open()
    assert "loading" in updates[panel.widgets.notice]["value"]
    assert panel.widgets.poll not in updates


def test_an_opened_page_offers_the_default_model_and_stops_asking(opened):
    panel, updates = opened
    w = panel.widgets
    assert updates[w.model]["value"] == "painted"
    assert [value for _, value in updates[w.label]["choices"]] == ["", *CLASS_NAMES]
    assert len(updates[w.examples]["value"]) == EXAMPLES == len(updates[w.example_rows])
    assert updates[w.example_rows] == [0, 2, 4, 6, 8, 10]
    assert "painted for tests" in updates[w.licence]
    assert updates[w.poll]["active"] is False


def test_none_comes_first_among_the_classes(opened):
    panel, updates = opened
    assert updates[panel.widgets.label]["choices"][0] == ("none", "")


@pytest.mark.parametrize(("has_bank", "blank"), [(True, "that of the nearest real instances"), (False, "choose one")])
def test_a_model_that_needs_a_class_offers_no_none(tmp_path, has_bank, blank):
    sampling = PaintedSampling()
    needy = replace(sampling.models()[0], card={"generator": {"num_classes": 4, "no_label": False}})
    sampling.models = lambda: [needy]
    if not has_bank:
        sampling.bank = lambda model: []
    panel = Panel(tmp_path, sampling)
    assert panel.change_model("painted")[panel.widgets.label]["choices"][0] == (blank, "")


def test_a_model_without_classes_offers_none(tmp_path):
    panel = Panel(tmp_path)
    updates = panel.change_model("plain")
    assert updates[panel.widgets.label]["visible"] is False
    assert updates[panel.widgets.examples]["value"][0][1] == "instance 0"


def test_a_damaged_model_is_named_with_its_file(tmp_path):
    panel = Panel(tmp_path)
    updates = panel.change_model("broken")
    assert updates[panel.widgets.notice]["visible"]
    assert "Broken squares cannot be used: generator.safetensors is missing" in updates[panel.widgets.notice]["value"]
    assert updates[panel.widgets.example_rows] == updates[panel.widgets.bank_rows] == []  # not those of another model


def test_a_page_whose_models_are_all_well_shows_no_notice(tmp_path):
    sampling = PaintedSampling()
    sound = sampling.models()[:2]
    sampling.models = lambda: sound
    panel = Panel(tmp_path, sampling)
    assert panel.open()[panel.widgets.notice]["visible"] is False


def test_a_page_without_any_model_says_so(tmp_path):
    sampling = PaintedSampling()
    sampling.models = lambda: []
    panel = Panel(tmp_path, sampling)
    updates = panel.open()
    assert "No model was found" in updates[panel.widgets.notice]["value"]
    assert updates[panel.widgets.poll]["active"] is False


def test_an_unknown_model_is_refused(tmp_path):
    with pytest.raises(gr.Error, match="There is no model of that name"):
        Panel(tmp_path).change_model("../secret")


def test_the_bank_can_be_narrowed_to_one_class(tmp_path):
    panel = Panel(tmp_path)
    updates = panel.panel.filter_bank(VISITOR, "Lime", "painted")
    assert {caption for _, caption in updates[panel.widgets.bank]} == {"Lime"}
    assert updates[panel.widgets.bank_rows] == [1, 5, 9]


def test_texts_of_a_card_cannot_become_markup(tmp_path):
    sampling = PaintedSampling()
    infos = sampling.models()
    hostile = "<img src=x onerror=alert(1)>"
    card = {
        "data": hostile,
        "description": hostile,
        "licence": {"url": f'javascript:alert("{hostile}")'},
        "figures": {hostile: {"value": hostile}},
        "encoder": {"kind": hostile},
    }
    fields = {**vars(infos[0]), "title": hostile, "licence": hostile, "licence_note": hostile, "card": card}
    sampling.models = lambda: [type(infos[0])(**{**fields, "class_names": (hostile,)})]
    panel = Panel(tmp_path, sampling)
    updates = panel.change_model("painted")
    for html in (card_html(sampling.models()[0], sampling.models(), "en", tmp_path), updates[panel.widgets.licence]):
        assert "<img" not in html
        assert "javascript:" not in html


def test_loading_another_model_is_said_before_it_is_done(tmp_path):
    panel = Panel(tmp_path)
    first, last = panel.panel.change_model(VISITOR, "plain")
    assert "Squares without classes is loading" in first[panel.widgets.notice]["value"]
    assert "loading" not in last[panel.widgets.notice]["value"]
    assert len(list(panel.panel.change_model(VISITOR, "painted"))) == 1  # it is there already


def test_a_loading_that_takes_long_says_so_and_after_a_stop_the_page_keeps_its_model(tmp_path):
    panel, go = Panel(tmp_path), threading.Event()
    panel.open()
    infos = [replace(info, load_s=60.0) if info.name == "plain" else info for info in panel.sampling.models()]
    bank = panel.sampling.bank
    panel.sampling.models = lambda: infos
    panel.sampling.bank = lambda model: go.wait(60) and bank(model) if model == "plain" else bank(model)
    w, loading = panel.widgets, panel.panel.change_model(VISITOR, "plain", "painted")
    begun, told = next(loading), next(loading)
    assert begun[w.stop_loading] == gr.update(visible=True)
    assert re.search("0 s so far · (59|60) s left<progress value=", told[w.notice]["value"])
    ask_to_stop(begun[w.loading])
    [stopped] = loading
    go.set()
    assert stopped[w.model] == panel.visits.of(VISITOR).model == "painted"
    assert stopped[w.stop_loading] == gr.update(visible="hidden")
    assert "You keep Painted squares" in stopped[w.notice]["value"]


def test_a_choice_that_is_told_again_leaves_what_was_chosen_since(tmp_path):
    panel = Panel(tmp_path)
    assert list(panel.panel.change_model(VISITOR, None, "painted")) == [gr.skip()]
    assert panel.panel.filter_bank(VISITOR, None, "painted") == gr.skip()
    [updates] = panel.panel.change_model(VISITOR, "painted", "painted")
    assert list(updates) == [panel.widgets.notice]


def test_a_chosen_model_shows_no_neighbours_that_are_rows_of_the_other_ones_bank(tmp_path):
    panel = Panel(tmp_path)
    *_, last = panel.panel.change_model(VISITOR, "plain", "painted")
    assert (last[panel.widgets.neighbours], last[panel.widgets.neighbour_rows]) == ([], [])
    [switched] = panel.panel.show_switched_model(VISITOR, ("painted", "1"), AUTOMATIC)
    assert panel.widgets.neighbours not in switched  # they came with the image


def test_who_leaves_while_a_chosen_model_loads_has_chosen_it(tmp_path):
    panel = Panel(tmp_path)
    next(panel.panel.change_model(VISITOR, "plain", "painted"))
    assert panel.visits.of(VISITOR).is_pinned


def test_what_automatic_has_changed_to_does_not_undo_a_choice_made_since(tmp_path):
    panel = Panel(tmp_path)
    list(panel.panel.change_model(VISITOR, "plain", "painted"))
    assert list(panel.panel.show_switched_model(VISITOR, ("painted", "1"), "plain")) == [gr.skip()]
    assert panel.visits.of(VISITOR).model == "plain"


def test_the_list_says_resolution_classes_size_and_licence(opened):
    panel, updates = opened
    assert updates[panel.widgets.model]["choices"][:2] == [
        ("Painted squares · 64 px · 4 classes · 12.5 MB · MIT", "painted"),
        ("Squares without classes · 64 px · no classes · 12.5 MB · MIT", "plain"),
    ]


def test_a_model_that_is_not_here_shows_its_classes_and_terms_but_no_instances(tmp_path):
    sampling = PaintedSampling()
    absent = replace(sampling.models()[0], name="absent", title="Absent", state="downloadable", card=None)
    known = [*sampling.models(), absent]
    sampling.models = lambda: known
    panel = Panel(tmp_path, sampling)
    updates = panel.change_model("absent")
    w = panel.widgets
    assert "Absent is not on this machine yet" in updates[w.notice]["value"]
    assert updates[w.example_rows] == updates[w.bank_rows] == []
    assert updates[w.bank_fold]["visible"] is False
    assert len(updates[w.label]["choices"]) == 1 + len(CLASS_NAMES)
    assert "can be downloaded" in card_html(absent, known, "en", tmp_path)


def test_the_bank_is_shown_once_somebody_opens_it(tmp_path):
    panel = Panel(tmp_path)
    w, updates = panel.widgets, panel.change_model("painted")
    assert len(updates[w.example_rows]) == EXAMPLES
    assert updates[w.bank_rows] == []
    assert updates[w.bank_fold]["open"] is False
    assert panel.panel.filter_bank(VISITOR, "", "painted")[w.bank_rows] == list(range(BANK_SIZE))


def test_of_a_large_bank_only_what_was_drawn_before_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(model_panel, "LARGEST_DRAWN_BANK", BANK_SIZE - 1)
    sampling = PaintedSampling()
    entries = [entry if entry.row in (3, 7) else replace(entry, thumbnail=None) for entry in sampling.bank("painted")]
    sampling.bank = lambda model: entries
    panel = Panel(tmp_path, sampling)
    assert panel.panel.filter_bank(VISITOR, "", "painted")[panel.widgets.bank_rows] == [3, 7]
    assert len(panel.panel.filter_bank(VISITOR, "Lemon", "painted")[panel.widgets.bank]) == 3  # a class, all of it


def test_the_slider_says_what_truncation_means_in_the_model():
    biggan = ModelInfo("a", "A", 64, 1.0, "MIT", "", (), "available")
    assert truncation_note(biggan) == "truncation_info"
    assert truncation_note(replace(biggan, truncates_noise=False)) == "truncation_psi"


def test_what_truncation_does_is_said_in_whichever_language_the_browser_shows():
    """A sentence in one language stayed when a visitor chose another."""
    [info, *_] = PaintedSampling().models()
    change = explain_truncation(replace(info, truncates_noise=False), value=0.5)
    assert change["value"] == 0.5
    assert change["info"] == str(text("truncation_psi"))
    assert change["info"].startswith("__i18n__")


def test_the_visits_model_and_class_are_chosen_when_the_page_is_opened_again(tmp_path):
    panel = Panel(tmp_path)
    visit = panel.visits.of(VISITOR)
    visit.model, visit.settings = "painted", Settings("painted", 6, 0, 0.8, CLASS_NAMES[1], 1)
    updates = panel.open()
    assert updates[panel.widgets.label]["value"] == CLASS_NAMES[1]
    visit.model = "plain"
    updates = panel.open()
    assert updates[panel.widgets.model]["value"] == "plain"
    assert updates[panel.widgets.label]["value"] == ""


def test_the_settings_of_before_come_with_the_first_answer_and_with_no_later_one(tmp_path):
    """Told in an answer of their own, they set back what a quick visitor had typed."""
    panel = Panel(tmp_path)
    w = panel.widgets
    assert w.count not in panel.open()
    panel.visits.of(VISITOR).settings = Settings("painted", 6, 5, 0.7, "", 3)
    updates = panel.open()
    assert (updates[w.count], updates[w.seed], updates[w.best_of]) == (6, 5, 3)
    assert updates[w.truncation]["value"] == 0.7
    assert not {w.count, w.seed, w.best_of} & set(panel.panel.refresh(VISITOR, "painted"))


def test_of_two_looks_whether_the_model_has_come_the_later_answer_changes_nothing(tmp_path):
    """On a busy machine a class that had been chosen in between was set back."""
    panel = Panel(tmp_path)
    assert panel.widgets.label in panel.open()
    assert panel.panel.refresh(VISITOR, "painted") == {panel.widgets.poll: gr.update(active=False)}
    assert panel.widgets.label in panel.open()  # the next page is filled again


def test_a_visitors_own_model_is_in_the_list_once_it_was_chosen(tmp_path, monkeypatch):
    panel = Panel(tmp_path)
    listed = panel.sampling.models()
    monkeypatch.setattr(panel.sampling, "models", lambda: listed[:1])
    monkeypatch.setattr(panel.sampling, "unlisted", lambda name: next((m for m in listed if m.name == name), None))
    monkeypatch.setattr(panel.sampling, "_known", lambda name: panel.sampling.unlisted(name))
    panel.visits.of(VISITOR).model = "plain"
    updates = panel.open()
    assert [name for _, name in updates[panel.widgets.model]["choices"]] == ["painted", "plain"]
    assert updates[panel.widgets.model]["value"] == "plain"
