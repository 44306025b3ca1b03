"""Debian's Chromium for the browser tests: started once, every page of it watched for errors and outside requests."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (requirements-dev.txt)")
expect = sync_api.expect

MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt-get install chromium"),
]
CUT_OFF = re.compile("AbortError|Connection errored out")
"""What Gradio says of its open connections when a visitor goes on to another page, before and after asking for it."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]

FAKE_CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A camera that films a moving test picture, and is allowed without asking."""


@contextmanager
def chromium(*flags: str) -> Iterator:
    """Yield a running browser, started with these further flags."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *flags])
        yield browser
        browser.close()


@contextmanager
def visitors(browser, patience_ms: int, forgiven: re.Pattern | None = None) -> Iterator[Callable]:
    """Yield a function that makes an empty page of a new visitor.

    At the end all are closed, no error was logged but those that ``forgiven`` finds, and nothing left this machine.
    """
    contexts, complaints, leaving = [], [], set()

    def new_page(width=1280, height=900, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        context.set_default_timeout(patience_ms)
        contexts.append(context)
        page = context.new_page()

        def heard(said):
            is_expected = (page in leaving and CUT_OFF.search(said.text)) or (forgiven and forgiven.search(said.text))
            if said.type == "error" and not is_expected:
                complaints.append(f"{said.text} {said.location['url']}")

        def failed(error):
            if not (forgiven and forgiven.search(str(error))):
                complaints.append(str(error))

        page.on("console", heard)

        def asked(request):
            if request.is_navigation_request():
                leaving.add(page)
                complaints[:] = [said for said in complaints if not CUT_OFF.search(said)]

        page.on("request", asked)
        page.on("domcontentloaded", lambda: leaving.discard(page))
        page.on("pageerror", failed)
        page.on("request", lambda request: complaints.append(request.url) if is_outside(request.url) else None)
        return page

    yield new_page
    for context in contexts:
        context.close()
    assert not complaints, complaints


def is_outside(url: str) -> bool:
    """Return whether a request for ``url`` leaves this machine."""
    return not re.match(r"(http://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:)", url)


def click_answered(page, name: str) -> None:
    """Click the button of that id, and wait for the answer to this click and to no other request."""
    find = "(name) => gradio_config.components.find((one) => one.props.elem_id === name).id"
    button = page.evaluate(find, name)

    def is_own(response):
        return "/run/predict" in response.url and response.request.post_data_json["trigger_id"] == button

    with page.expect_response(is_own):
        page.click(f"#{name}")


def screenshot(page, name: str) -> None:
    """Leave a picture of the whole page in the folder ``ICGAN_SCREENSHOTS``, if that is set."""
    if folder := os.environ.get("ICGAN_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def go_to(page, part: str) -> None:
    """Go to another part of the app, by its name."""
    page.locator("#parts").get_by_role("link", name=part, exact=True).click()


def go_within_studio(page, part: str) -> None:
    """Go to another page of the studio, by its name."""
    page.locator("#studio-parts").get_by_role("link", name=part, exact=True).click()


def unfold(page, fold: str) -> None:
    """Open a part that is folded away, and wait until its fields have the values that Gradio tells them on opening.

    It does so before the frame that first shows them: nobody's hand is quicker, but a script is on a busy machine.
    """
    page.click(f"{fold} > button")
    page.wait_for_function("(fold) => document.querySelector(fold).lastElementChild.offsetHeight > 0", arg=fold)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
