"""Every page under axe-core: no serious or critical fault, in both languages and both schemes, everything unfolded.

A picture that is enlarged and a photo that was dropped are states of their own; everything else that folds is open.
"""

import pytest
from chromium import MARKS, chromium, expect, go_within_studio, visitors
from comparison_fakes import PaintedComparison
from conftest import write_tiny_model
from live_page import open_page
from tagging_fakes import PaintedTagging
from test_browser import PATIENCE_MS, wait_for_pictures
from test_browser_map import explained
from test_browser_studio import finished

from icgan_demo.config import Limits
from icgan_demo.service.banks.bank_service import BankService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.texts.language import LANGUAGES

axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed (requirements-dev.txt)")

pytestmark = MARKS

STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
"""Half-way between two schemes no contrast is right."""
UNFOLD = "document.querySelectorAll('.label-wrap:not(.open)').forEach((fold) => fold.offsetParent && fold.click())"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Yield the address of a page with all its parts, around a tiny model."""
    folder = tmp_path_factory.mktemp("page")
    write_tiny_model(folder / "models" / "tiny", learning=True)
    store = ModelStore([folder / "models"])
    sampling = SamplingService(store)
    banks = BankService(store, sampling, folder / "data", Limits())
    training = TrainingService(folder / "data", folder / "runs", Limits())
    with open_page(
        sampling, folder, tagging=PaintedTagging(), training=training, banks=banks, compared=PaintedComparison()
    ) as address:
        yield address


def faults(page, unfolded):
    """Return what axe-core calls serious or critical on a page, each with where it is and what to do about it.

    ``unfolded`` selects what is there only once everything is unfolded.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.AXE_SCRIPT)
        page.add_style_tag(content=STILL)
    page.evaluate(UNFOLD)
    expect(page.locator(".label-wrap:not(.open):visible")).to_have_count(0)
    page.locator(unfolded).first.wait_for()
    found = []
    contrast = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
    for scheme, rules in {"light": {}, "dark": contrast}.items():  # the rest is the same in both
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("body.dark")).to_have_count(int(scheme == "dark"))
        result = page.evaluate("(rules) => axe.run({resultTypes: ['violations'], ...rules})", rules)
        assert result["testEngine"]["name"] == "axe-core"
        found += [
            (scheme, fault["id"], node["target"], node["html"], node["failureSummary"])
            for fault in result["violations"]
            if fault["impact"] in ("serious", "critical")
            for node in fault["nodes"]
        ]
    return found


@pytest.mark.parametrize(("language", "locale"), [("en", "en-US"), ("ko", "ko-KR")])
def test_no_page_has_a_serious_fault_for_those_who_cannot_see_or_hold_a_mouse(url, language, locale):
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as browser, visitors(browser, PATIENCE_MS) as new_page:
        page = new_page(locale=locale)
        found = {}

        def look(at, unfolded="#title h1"):
            found[at] = faults(page, unfolded)

        page.goto(url)
        expect(page.locator("#examples img")).not_to_have_count(0)
        assert page.evaluate("document.documentElement.lang") == language
        look("generate, empty", "#bank img")
        page.locator("#examples .thumbnail-lg").first.click()
        wait_for_pictures(page)
        look("generate")
        page.locator("#results .thumbnail-lg").first.click()
        expect(page.locator("#results .preview")).to_be_visible()
        look("generate, one picture enlarged")

        page.goto(f"{url}studio")
        finished(page, "swap")
        look("swap")
        for part, is_filled in {
            "mix": lambda: finished(page, "mix"),
            "map": lambda: explained(page),
            "search": lambda: expect(page.locator("#search-stage img")).to_have_count(1),
            "history": lambda: expect(page.locator("#history figure")).not_to_have_count(0),
        }.items():
            go_within_studio(page, LANGUAGES[language][f"page_{part}"])
            is_filled()
            look(part)

        for part, filled in {
            "explore": "#explore-litter button:nth-of-type(9)",
            "travel": "#travel-stops .thumbnail-lg",
            "edit": "#edit-stage img",
            "directions": "#directions-strips button:nth-of-type(5)",
            "grids": "#grids-draw",
            "train": "#train-start",
            "digits": "#digits-way img",
            "tags": "#tags-word input",
            "compare": "#compare-instance-and-class section",
            "about": "#card .learning img",
            "api": "#api-open",
        }.items():
            page.goto(f"{url}{part}")
            page.locator(filled).first.wait_for(state="attached")
            look(part, "#train-command .cm-line" if part == "train" else "#title h1")
    assert not any(found.values()), {at: those for at, those in found.items() if those}
