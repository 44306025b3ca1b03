"""Terms before, progress during, and the new model after a download, as the page shows them."""

from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
from fakes import PaintedSampling

from icgan_demo.errors import BusyError
from icgan_demo.lazy import lazy
from icgan_demo.service.download_requests import Installation, Terms
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.generate.model_downloads import BUSY_S, IDLE_S, DownloadWidgets, Ends, ModelDownloads
from icgan_demo.ui.lean_blocks import LeanBlocks

VISITOR = SimpleNamespace(headers={})
HOSTILE = "<img src=x onerror=alert(1)>"
FRESH = Ends(before=0, told=0)
TERMS = (
    Terms(
        f"Absent squares {HOSTILE}", "CC BY-NC 4.0", f"Not for commercial use. {HOSTILE}", "https://example.org", 136
    ),
    Terms("Its encoder", "BSD", "Free.", "https://example.org"),
)


class FakeDownloads:
    """Keeps the ``Downloads`` contract; a test says how far the download is."""

    def __init__(self):
        self.state = None

    def terms(self, name):
        return list(TERMS) if name == "absent" else []

    def start(self, name):
        if self.state is not None and self.state.is_running:
            raise BusyError(f"{self.state.name} is being downloaded.")
        self.state = Installation(name, "fetching", 1, "Absent squares", 1, 2)

    def progress(self):
        return self.state

    def stop(self):
        self.state = replace(self.state, is_stopping=True)


class Panel:
    def __init__(self, folder, sampling=None):
        self.sampling, self.installer = PaintedSampling(), FakeDownloads()
        absent = replace(self.sampling.models()[0], name="absent", title="Absent squares", state="downloadable")
        self.known = [*self.sampling.models(), absent]
        self.sampling.models = lambda: self.known
        with LeanBlocks():
            self.model = gr.Dropdown([])
            self.widgets = DownloadWidgets()
            self.widgets.lay_out_progress()
        services = Services(self.sampling if sampling is None else sampling, folder, folder, self.installer)
        self.loaded = []
        self.panel = ModelDownloads(services, self.widgets, self.model, self.load)

    def load(self, info, language):
        self.loaded.append(info.name)
        return {}

    def look(self, model="painted", ends=FRESH):
        return self.panel.show_progress(VISITOR, model, ends)

    def progress(self, **changes):
        self.installer.state = replace(self.installer.state or Installation("absent", "fetching", 1), **changes)
        return self.look()[self.widgets.progress]


@pytest.fixture
def panel(tmp_path):
    return Panel(tmp_path)


def test_the_terms_are_shown_before_anything_is_fetched(panel):
    updates, w = panel.panel.show_terms(VISITOR, "absent"), panel.widgets
    assert "136 MB" in updates[w.terms]
    assert "size not published" in updates[w.terms]
    assert "CC BY-NC 4.0" in updates[w.terms]
    assert 'href="https://example.org"' in updates[w.terms]
    assert updates[w.start]["visible"] is updates[w.start]["interactive"] is True
    assert panel.installer.state is None


def test_texts_of_terms_and_messages_cannot_become_markup(panel):
    assert "<img" not in panel.panel.show_terms(VISITOR, "absent")[panel.widgets.terms]
    assert "<img" not in panel.progress(title=HOSTILE)
    assert "<img" not in panel.progress(stage="failed", message=HOSTILE)


@pytest.mark.parametrize("model", ["painted", "plain", "broken"])
def test_what_cannot_be_fetched_is_not_offered(panel, model):
    updates = panel.panel.show_terms(VISITOR, model)
    assert updates[panel.widgets.terms] == ""
    assert updates[panel.widgets.start]["visible"] is False


def test_a_model_whose_encoder_is_missing_offers_to_fetch_it(panel):
    panel.known = [replace(panel.known[-1], state="unavailable", message="The encoder is not on this machine.")]
    assert panel.panel.show_terms(VISITOR, "absent")[panel.widgets.start]["visible"] is True


def test_a_started_download_hides_its_terms_and_can_be_stopped(panel):
    updates, w = panel.panel.start_download(VISITOR, "absent", Ends(0, 0)), panel.widgets
    assert updates[w.terms] == ""
    assert updates[w.start]["visible"] is False
    assert updates[w.stop]["visible"] is True
    assert updates[w.poll].value == BUSY_S
    updates = panel.panel.stop_download(VISITOR, FRESH)
    assert panel.installer.state.is_stopping
    assert updates[w.progress] == "<p>Stopping…</p><progress></progress>"
    assert updates[w.stop]["visible"] is not True


def test_a_second_download_is_told_to_wait(panel):
    panel.panel.start_download(VISITOR, "absent", Ends(0, 0))
    with pytest.raises(gr.Error, match="absent is being downloaded"):
        panel.panel.start_download(VISITOR, "absent", Ends(0, 0))


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        (
            {"title": "Absent squares", "part": 1, "parts": 3, "done_bytes": 34_000_000, "total_bytes": 136_000_000},
            "Downloading Absent squares, file 1 of 3: 34 of 136 MB (25 %)</p>",
        ),
        (
            {
                "title": "It",
                "part": 1,
                "parts": 1,
                "done_bytes": 34_000_000,
                "total_bytes": 136_000_000,
                "left_s": 150.0,
            },
            "34 of 136 MB (25 %) · 2 min left</p>",
        ),
        ({"title": "Its encoder", "part": 2, "parts": 3, "done_bytes": 1_500_000}, "Its encoder, file 2 of 3: 1.5 MB"),
        ({"title": "Its encoder", "part": 2, "parts": 3, "stage": "converting"}, "Checking and converting Its encoder"),
    ],
)
def test_every_page_sees_what_is_fetched_and_how_far_it_is(panel, changes, shown):
    assert shown in panel.progress(**changes)


def test_an_end_stays_and_the_list_is_new_once(panel):
    w = panel.widgets
    panel.installer.state = Installation("absent", "done", 1, message="absent is ready.")
    updates = panel.look("absent")
    assert "Absent squares is ready to use. absent is ready." in updates[w.progress]
    assert updates[panel.model]["choices"][0][1] == "painted"
    assert updates[w.ends] == Ends(0, 1)
    assert panel.loaded == ["absent"]  # who waited for it has it at once
    again = panel.look("absent", updates[w.ends])
    assert "is ready to use" in again[w.progress]
    assert panel.model not in again
    assert panel.loaded == ["absent"]


def test_choosing_a_model_leaves_what_came_of_a_download(panel):
    """The list tells a choice several times, the last when it loses the focus, which may be after the end."""
    panel.installer.state = Installation("absent", "cancelled", 1, message="Stopped.")
    assert set(panel.panel.show_terms(VISITOR, "absent")) == {panel.widgets.terms, panel.widgets.start}


def test_an_answer_from_before_the_end_does_not_stay(panel):
    w = panel.widgets
    late = panel.panel.start_download(VISITOR, "absent", Ends(0, 0))
    panel.installer.state = replace(panel.installer.state, stage="failed", message="The disk is full.")
    ends = panel.look("absent")[w.ends]
    assert late[w.stop]["visible"] is True  # comes only now, over what the look said
    updates = panel.look("absent", ends)
    assert "The disk is full." in updates[w.progress]
    assert updates[w.stop]["visible"] is not True


def test_somebody_else_s_new_model_is_listed_but_not_loaded(panel):
    panel.installer.state = Installation("absent", "done", 1, message="absent is ready.")
    updates = panel.look("painted")
    assert panel.model in updates
    assert panel.loaded == []


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [("failed", "Absent squares was not downloaded: The disk is full."), ("cancelled", "<p>The disk is full.")],
)
def test_after_a_failure_or_a_stop_the_download_is_offered_again(panel, stage, sentence):
    panel.installer.state = Installation("absent", stage, 1, message="The disk is full.")
    updates = panel.look("absent")
    assert sentence in updates[panel.widgets.progress]
    assert updates[panel.widgets.start]["visible"] is True
    assert panel.loaded == []


def test_a_page_opened_later_does_not_hear_of_what_ended_before(panel):
    panel.installer.state = Installation("absent", "done", 1, message="absent is ready.")
    updates = panel.look(ends=None)
    assert updates[panel.widgets.ends] == Ends(1, 1)
    assert updates[panel.widgets.progress] == ""


def test_a_page_opened_during_a_download_sees_it(panel):
    panel.installer.start("absent")
    updates = panel.look(ends=None)
    assert "Absent squares" in updates[panel.widgets.progress]
    assert updates[panel.widgets.ends] == Ends(0, 0)


def test_looks_are_rare_while_nothing_happens(panel):
    assert panel.look()[panel.widgets.poll].value == IDLE_S
    assert panel.model not in panel.look()
    assert panel.look()[panel.widgets.progress] == ""


def test_the_page_asks_for_nothing_while_the_service_starts(tmp_path):
    panel = Panel(tmp_path, sampling=lazy(PaintedSampling))
    panel.panel._installer = None
    updates = panel.look(ends=None)
    assert updates[panel.widgets.ends] is None
    assert updates[panel.widgets.poll].active is True
