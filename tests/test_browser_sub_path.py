"""The app below a path of somebody else's site, and in a frame: all pages, the links between them, drawing."""

import pytest
from chromium import MARKS, chromium, expect, visitors
from fakes import PaintedSampling
from live_page import open_page
from prefix_proxy import FRAME, PREFIX, behind_a_proxy
from tagging_fakes import PaintedTagging
from test_browser import PATIENCE_MS

from icgan_demo.config import Limits
from icgan_demo.service.training.training_desk import TrainingDesk

pytestmark = MARKS

SHOWS = {
    "studio": "#swap-stage img",
    "train": "#train-start",
    "digits": "#digits-way img",
    "tags": "#tags-examples img",
    "about": "#card table",
    "api": "#api-open",
    "generate": "#examples img",
}
"""What each page has when it is filled."""


@pytest.fixture
def new_page():
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as browser, visitors(browser, PATIENCE_MS) as opened:
        yield opened


@pytest.mark.parametrize("keeps_prefix", [True, False], ids=["kept", "stripped"])
def test_below_a_path_all_pages_open_by_their_links_and_draw_also_in_a_frame(
    new_page, tmp_path, monkeypatch, keeps_prefix
):
    monkeypatch.setenv("GRADIO_ROOT_PATH", PREFIX)
    desk = TrainingDesk(tmp_path / "data", tmp_path / "models", Limits())
    with (
        open_page(PaintedSampling(), tmp_path, tagging=PaintedTagging(), training=desk) as address,
        behind_a_proxy(address, keeps_prefix=keeps_prefix) as site,
    ):
        page = new_page()
        page.goto(f"{site}{PREFIX}/")
        draws(page)
        for part, filled in SHOWS.items():
            page.locator(f"#parts a[data-part={part}], #foot a[href={part}]").first.click()
            expect(page.locator(filled)).not_to_have_count(0)
            assert page.url == f"{site}{PREFIX}/" + ("" if part == "generate" else part)
        expect(page.locator("#results .thumbnail-lg")).to_have_count(16)
        page.goto(f"{site}{PREFIX}/studio?part=mix")
        expect(page.locator("#mix-stage img")).not_to_have_count(0)
        page.locator("#studio-parts a[data-part=history]").click()
        expect(page.locator("#history figure")).not_to_have_count(0)
        assert page.url == f"{site}{PREFIX}/studio?part=history"

        page.goto(f"{site}{FRAME}")
        frame = page.frame_locator("iframe")
        draws(frame)
        frame.locator("#parts a[data-part=studio]").click()
        expect(frame.locator("#swap-stage img")).not_to_have_count(0)


def draws(page):
    page.locator("#examples .thumbnail-lg").first.click()
    expect(page.locator("#results .thumbnail-lg")).to_have_count(16)


def test_an_address_that_asks_for_the_documentation_opens_without_a_fault(new_page, tmp_path):
    with open_page(PaintedSampling(), tmp_path) as address:
        page = new_page()
        page.goto(f"{address}api?view=api")
        expect(page.locator("#api-open")).to_be_attached()
        page.goto(f"{address}?view=api")
        expect(page.locator("#examples img")).not_to_have_count(0)
