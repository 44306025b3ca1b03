"""The layouts of the map, as its page tells of them."""

import re
import threading
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from fakes import PaintedSampling

from icgan_demo.service.banks.bank_requests import BankMap
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.map.map_page import MapPage
from icgan_demo.ui.visitor.generate_state import ask_to_stop
from icgan_demo.ui.visitor.places import MapPlace

ENGLISH = SimpleNamespace(headers={}, query_params={})


class PatientBanks:
    """Lays out by UMAP when ``go`` is set."""

    def __init__(self, takes_s):
        self.takes_s = takes_s
        self.go = threading.Event()

    def shared(self):
        return ()

    def methods(self):
        return ("pca", "umap")

    def map_takes_s(self, model, bank_id, method):
        return 0.0 if method == "pca" else self.takes_s

    def map(self, model, bank_id, method):
        assert method == "pca" or self.go.wait(60)
        return BankMap(np.full((3, 2), 0.5, np.float32), ("a", "b", "c"), {}, 0)


@pytest.fixture
def opened(tmp_path):
    def page(takes_s=None):
        banks = PatientBanks(takes_s)
        with LeanBlocks():
            return MapPage(Services(PaintedSampling(), tmp_path, tmp_path), banks), banks

    return page


def choose(page, method):
    return page.choose_method(ENGLISH, method, MapPlace("painted"), {"ids": []}, "b1")


@pytest.mark.parametrize(("takes_s", "left"), [(None, ""), (60.0, " · (59|60) s left")])
def test_a_layout_that_takes_long_says_how_long_where_that_is_known(opened, takes_s, left):
    page, banks = opened(takes_s)
    layout = choose(page, "umap")
    told = next(layout)
    assert re.match(f"Laying the instances out · 0 s so far{left}<progress", told[page.status])
    assert told[page.stop] == gr.update(visible=True)
    banks.go.set()
    last = list(layout)[-1]
    assert last[page.place].method == "umap"
    assert last[page.choice] == "b1"
    assert 'data-chosen="b1"' in last[page.map].constructor_args["scene"]
    assert (last[page.stop], last[page.status]) == (gr.update(visible="hidden"), "")


def test_a_stopped_layout_leaves_the_map_as_it_was_and_is_there_when_it_is_chosen_again(opened):
    page, banks = opened()
    layout = choose(page, "umap")
    ask_to_stop(next(layout)[page.signal])
    [stopped] = layout
    assert stopped == {page.stop: gr.update(visible="hidden"), page.status: "", page.method: "pca"}
    [quick] = choose(page, "pca")
    assert quick[page.place].method == "pca"  # it waits for nothing that was left behind
    banks.go.set()
    assert list(choose(page, "umap"))[-1][page.place].method == "umap"


def test_a_layout_that_fails_leaves_the_choice_as_it_was(opened):
    page, banks = opened()
    banks.map = lambda model, bank_id, method: 1 / 0
    layout = choose(page, "umap")
    assert next(layout)[page.method] == "pca"
    with pytest.raises(gr.Error):
        next(layout)
