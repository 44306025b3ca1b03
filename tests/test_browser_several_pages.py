"""Two pages behind one proxy, at a sub-path: a visit moves to the other page when its own is killed."""

import re

from chromium import MARKS, chromium, expect, go_to, go_within_studio, visitors
from fakes import colour_of_seed
from nginx_proxy import NEEDS_NGINX
from several_pages import COOKIE, NAMES, open_pages, other
from test_browser import PATIENCE_MS, first_colour, until, wait_for_pictures
from test_browser_connection import OF_AN_OUTAGE, drawn_with
from test_browser_studio import finished

pytestmark = [*MARKS, NEEDS_NGINX]
FORGIVEN = re.compile(f"{OF_AN_OUTAGE.pattern}|502 \\(Bad Gateway\\)")


def test_a_visit_is_as_it_was_each_time_its_page_is_killed(photo_path, tmp_path):
    expect.set_options(timeout=PATIENCE_MS)
    with (
        open_pages(tmp_path, "/app") as (pages, url),
        chromium() as browser,
        visitors(browser, PATIENCE_MS, FORGIVEN) as new,
    ):
        page = new()
        page.add_init_script("performance.setResourceTimingBufferSize(5000)")
        page.goto(url)
        drawn_with(page, photo_path)
        page.click("#more")
        until(lambda: first_colour(page) == colour_of_seed(4), "no others came")
        wait_for_pictures(page, 4)
        for _ in NAMES:  # back again to the first, which was restarted
            mine = page_of(page)
            page.evaluate("window.isTheSame = true")
            pages.kill(mine)
            page.wait_for_function("!window.isTheSame")
            assert page_of(page) == other(mine)
            wait_for_pictures(page, 4)
            until(lambda: first_colour(page) == colour_of_seed(4), "other pictures are there")
            expect(page.locator("#instance img")).to_have_count(1)
            pages.start(mine)
        go_to(page, "Studio")
        finished(page, "swap")
        go_within_studio(page, "History")
        expect(page.locator("#history figure")).to_have_count(8 + 4)  # and those of the class page


def page_of(page):
    """Return which page a browser is led to."""
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)
