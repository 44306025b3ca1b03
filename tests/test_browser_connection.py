"""What the page says of its server: that it is away, and that it is busy; what was asked meanwhile is repeated."""

import re

import httpx
import pytest
from chromium import MARKS, chromium, expect, go_to, go_within_studio, unfold, visitors
from fakes import PaintedSampling, colour_of_seed
from live_page import open_page
from test_browser import PATIENCE_MS, PatientDrawing, first_colour, until, upload, wait_for_pictures
from test_browser_studio import finished
from wire import wired

from icgan_demo.ui.common.events import WORKS

pytestmark = MARKS

OF_AN_OUTAGE = re.compile("net::ERR_|AbortError|Connection errored out|Failed to fetch|network error|Server stopped")
AWAY = {"en-US": "The connection is lost.", "ko-KR": "연결이 끊겼습니다."}


@pytest.fixture
def sampling():
    painted = PaintedSampling()
    painted.drawing = PatientDrawing(painted)
    yield painted
    painted.drawing.hurry.set()


@pytest.fixture
def new_page():
    """Return a function that makes an empty page; its browser may log that a connection failed."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as browser, visitors(browser, PATIENCE_MS, forgiven=OF_AN_OUTAGE) as opened:
        yield opened


IS_ANSWERED = """() => {
    const last = (route) => performance.getEntriesByType("resource").findLast((one) => one.name.includes(route));
    return last("queue/data")?.responseEnd > last("queue/join")?.startTime;
}"""
"""Whether the stream of answers to the last event has ended: one that is cut makes Gradio open the page again."""


def drawn_with(page, photo_path, count=4):
    expect(page.locator("#examples img")).not_to_have_count(0)
    unfold(page, "#settings")
    page.locator("#count input[type=number]").fill(str(count))
    page.keyboard.press("Tab")
    upload(page, photo_path)
    wait_for_pictures(page, count)
    page.wait_for_function(IS_ANSWERED)


def test_what_is_asked_while_the_connection_is_away_is_drawn_when_it_is_back(sampling, new_page, photo_path, tmp_path):
    with wired() as wire, open_page(sampling, tmp_path) as url:
        wire.lead_to(url)
        page = new_page()
        page.add_init_script("performance.setResourceTimingBufferSize(5000)")
        page.goto(wire.url)
        drawn_with(page, photo_path)
        page.evaluate("window.isTheSame = true")
        wire.cut()
        expect(page.locator("#connection")).to_contain_text(AWAY["en-US"])
        page.click("#more")
        page.locator("#best-of input[type=number]").fill("2")
        page.keyboard.press("Tab")
        wire.lead_to(url)
        until(lambda: first_colour(page) == colour_of_seed(4), "the click was lost")
        expect(page.locator("#connection")).to_be_hidden()
        page.click("#generate")
        until(lambda: sampling.drawing.requests[-1].best_of == 2, "what was typed was lost")
        wait_for_pictures(page, 4)
        assert page.evaluate("window.isTheSame")


def test_a_drawing_that_is_cut_off_is_drawn_again_to_its_end(sampling, new_page, photo_path, tmp_path):
    with wired() as wire, open_page(sampling, tmp_path) as url:
        wire.lead_to(url)
        page = new_page()
        page.goto(wire.url)
        expect(page.locator("#examples img")).not_to_have_count(0)
        sampling.drawing.hurry.clear()
        upload(page, photo_path)
        expect(page.locator("#results .thumbnail-lg")).not_to_have_count(0)
        wire.cut()
        expect(page.locator("#connection")).to_contain_text(AWAY["en-US"])
        expect(page.locator(".toast-body.error")).to_be_hidden()
        sampling.drawing.hurry.set()
        wire.lead_to(url)
        wait_for_pictures(page, 16)
        until(lambda: first_colour(page) == colour_of_seed(0), "other pictures were drawn")
        expect(page.locator("#instance img")).to_have_count(1)


def test_a_restarted_server_finds_the_page_as_it_was(new_page, photo_path, tmp_path):
    page = new_page(locale="ko-KR")
    with wired() as wire:
        with open_page(PaintedSampling(), tmp_path) as url:
            wire.lead_to(url)
            page.add_init_script("performance.setResourceTimingBufferSize(5000)")
            page.goto(wire.url)
            drawn_with(page, photo_path)
            page.click("#more")
            until(lambda: first_colour(page) == colour_of_seed(4), "no others came")
            wait_for_pictures(page, 4)
            wire.cut()
            expect(page.locator("#connection")).to_contain_text(AWAY["ko-KR"])
        with open_page(PaintedSampling(), tmp_path) as url:
            wire.lead_to(url)
            expect(page.locator("#connection")).to_have_count(0)  # the page was opened again
            wait_for_pictures(page, 4)
            until(lambda: first_colour(page) == colour_of_seed(4), "other pictures are there")
            expect(page.locator("#instance img")).to_have_count(1)
            unfold(page, "#settings")
            expect(page.locator("#count input[type=number]")).to_have_value("4")
            go_to(page, "스튜디오")
            finished(page, "swap")
            go_within_studio(page, "기록")
            expect(page.locator("#history figure")).to_have_count(8 + 4)  # and those of the class page


@pytest.mark.parametrize(("locale", "said"), [("en-US", "Your place in the queue: 2."), ("ko-KR", "대기 순서: 2번째.")])
def test_who_has_to_wait_for_many_is_told_the_place(sampling, new_page, photo_path, tmp_path, locale, said):
    """The ninth who waited was sent away with an error, and the others were not told that they waited."""
    feature = [float(number) for number in sampling.pick("painted", 0).feature]
    page = new_page(locale=locale)
    with open_page(sampling, tmp_path) as url:
        page.goto(url)
        expect(page.locator("#examples img")).not_to_have_count(0)
        sampling.drawing.hurry.clear()
        for number in range(WORKS + 1):
            body = {"data": [None, feature, "painted", "", 16, 0, 0.8, 1, False], "session_hash": str(number)}
            httpx.post(f"{url}gradio_api/call/generate", json=body, timeout=60).raise_for_status()
        upload(page, photo_path)
        expect(page.locator("#queue")).to_contain_text(said)
        sampling.drawing.hurry.set()
        wait_for_pictures(page, 16)
        expect(page.locator("#queue")).to_be_hidden()


def test_a_tab_that_slept_through_its_drawing_shows_it_on_waking(sampling, new_page, photo_path, tmp_path):
    with open_page(sampling, tmp_path) as url:
        page = new_page()
        page.goto(url)
        expect(page.locator("#examples img")).not_to_have_count(0)
        devtools = page.context.new_cdp_session(page)
        sampling.drawing.hurry.clear()
        upload(page, photo_path)
        expect(page.locator("#results .thumbnail-lg")).not_to_have_count(0)
        devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
        sampling.drawing.hurry.set()
        until(lambda: sampling.drawing.drawn >= 16, "the drawing ended")
        devtools.send("Page.setWebLifecycleState", {"state": "active"})
        wait_for_pictures(page, 16)
