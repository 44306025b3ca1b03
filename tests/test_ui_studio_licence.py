"""Pictures of the studio have the terms of the model that drew them beside them."""

from types import SimpleNamespace

import pytest
from fakes import PaintedSampling

from icgan_demo.ui.common.services import Services
from icgan_demo.ui.generate.generate_widgets import GenerateWidgets
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.studio.studio_tab import StudioTab
from icgan_demo.ui.travel.travel_page import TravelPage
from icgan_demo.ui.visitor.visits import Visits

VISITOR = SimpleNamespace(headers={})
TERMS = "Pictures are synthetic; painted for tests."


@pytest.fixture
def studio(tmp_path):
    with LeanBlocks():
        GenerateWidgets(tmp_path / "thumbnails")
        return StudioTab(Services(PaintedSampling(), tmp_path / "thumbnails", tmp_path), Visits())


def merged(updates):
    """What a page shows after all updates of a handler."""
    shown = {}
    for update in updates:
        shown |= update
    return shown


@pytest.mark.parametrize("page", ["swap", "mix"])
def test_the_stage_names_the_terms_together_with_its_first_pictures(studio, page):
    page = getattr(studio, page)
    updates = list(page.open("en", "painted", {}) if page is studio.swap else page.open("en", "painted"))
    first = next(update for update in updates if page.result.stage in update)
    assert first[page.result.licence] == TERMS
    assert page.result.licence in page.page_outputs


@pytest.mark.parametrize("kind", ["draw_all_classes", "draw_grid"])
def test_a_sheet_names_the_terms(studio, kind):
    filled = merged(studio.swap.open("en", "painted", {}))
    controls = [
        value["value"] if isinstance(value := filled.get(c, c.value), dict) else value for c in studio.swap.controls
    ]
    shown = merged(getattr(studio.sheets, kind)(VISITOR, *controls))
    assert shown[studio.sheets.licence] == TERMS
    assert studio.sheets.licence in studio.sheets.outputs


def test_a_strip_and_a_film_name_the_terms(tmp_path):
    with LeanBlocks():
        services = Services(PaintedSampling(), tmp_path / "thumbnails", tmp_path / "uploads")
        travel = TravelPage(services, Visits())
    stops = merged(travel.open("en", "painted", ()))[travel.stops]
    controls = (stops, 2, True, True, 0.7)
    assert merged(travel.draw_sketch(VISITOR, *controls))[travel.licence] == TERMS
    reel = merged(travel.draw_film(VISITOR, *controls))[travel.reel]
    assert merged(travel.save_film(VISITOR, reel, 10, "gif", 1))[travel.licence] == TERMS
    assert travel.licence in travel.outputs
    assert travel.licence in travel.page_outputs
