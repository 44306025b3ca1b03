"""Puts the pages of the app together."""

import json
import re
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.ui.about import about_tab
from icgan_demo.ui.api import (
    augment_api,
    bank_api,
    compare_api,
    digits_api,
    direction_api,
    edit_api,
    generate_api,
    grid_api,
    studio_api,
    tags_api,
    train_api,
)
from icgan_demo.ui.cgan import digits_tab, tags_tab
from icgan_demo.ui.common.connection import connection_script
from icgan_demo.ui.common.dropped_folders import take_folders
from icgan_demo.ui.common.model_list import TRUNCATION_NOTES
from icgan_demo.ui.common.model_turns import share_the_model
from icgan_demo.ui.common.pages import (
    ABOUT,
    API,
    COMPARE,
    DIGITS,
    DIRECTIONS,
    EDIT,
    EXPLORE,
    GENERATE,
    GRIDS,
    NAME,
    STUDIO,
    TAGS,
    TRAIN,
    TRAVEL,
    lay_out_page,
)
from icgan_demo.ui.common.recipe_links import link_script
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.compare import compare_page, side_by_side_form
from icgan_demo.ui.directions import directions_page
from icgan_demo.ui.edit import edit_page
from icgan_demo.ui.explore import explore_page
from icgan_demo.ui.generate import automatic, generate_tab, model_downloads, model_panel
from icgan_demo.ui.grids import grids_page
from icgan_demo.ui.lean_blocks import LeanBlocks
from icgan_demo.ui.studio import studio_parts, studio_tab
from icgan_demo.ui.texts.language import ENGLISH, LANGUAGES, text, translations
from icgan_demo.ui.theme import page_theme
from icgan_demo.ui.train import train_tab
from icgan_demo.ui.travel import travel_page
from icgan_demo.ui.visitor.visit_files import VisitFiles
from icgan_demo.ui.visitor.visits import Visits, enter_visit

_STYLES = Path(__file__).with_name("styles.css")
CACHE_SWEEP_S = 600
CACHE_AGE_S = 3600
QUEUE_LENGTH = 200
"""Requests that may wait, each at most 1 MB: a place in the queue is kinder than a refusal."""


def build_app(services: Services) -> gr.Blocks:
    """Return the app around ``services``, a page for each part; it asks them for nothing before a browser opens one."""
    visits = Visits(VisitFiles(services))
    with LeanBlocks(title=NAME, analytics_enabled=False, delete_cache=(CACHE_SWEEP_S, CACHE_AGE_S)) as demo:
        parts = [GENERATE, EXPLORE, STUDIO, DIGITS, ABOUT]
        if services.training is not None:
            parts.insert(3, TRAIN)
        if services.tagging is not None:
            parts.insert(-1, TAGS)
        if services.compared is not None:
            parts.insert(-1, COMPARE)
        with lay_out_page(demo, API, parts):
            gr.HTML(text("api_note"), html_template="<p>${value}</p>")
            opened = gr.Button(text("api_open"), elem_id="api-open")
            opened.click(None, js="() => document.querySelector('footer .show-api').click()")
            _add_endpoints(services)
        with lay_out_page(demo, GENERATE, parts, moved=studio_tab.LINK_KEYS):
            _generate(services, visits, demo)
        with lay_out_page(demo, STUDIO, parts):
            studio = studio_tab.StudioTab(services, visits)
            studio_tab.wire(studio, demo, visits)
            take_folders(demo, ["bank-files"])
        with lay_out_page(demo, TRAVEL, parts):
            studio_parts.add_links(services, TRAVEL)
            travel_page.wire(travel_page.TravelPage(services, visits), enter_visit(demo, visits))
        with lay_out_page(demo, DIRECTIONS, parts):
            studio_parts.add_links(services, DIRECTIONS)
            directions_page.wire(directions_page.DirectionsPage(services, visits), demo, enter_visit(demo, visits))
        with lay_out_page(demo, GRIDS, parts):
            studio_parts.add_links(services, GRIDS)
            grids_page.wire(grids_page.GridsPage(services, visits), enter_visit(demo, visits))
        if services.training is not None:
            with lay_out_page(demo, TRAIN, parts):
                train_tab.lay_out(services, services.training, visits, demo)
                take_folders(demo, ["train-drop"])
        with lay_out_page(demo, DIGITS, parts):
            digits_tab.wire(digits_tab.DigitsTab(services), demo)
        if services.tagging is not None:
            with lay_out_page(demo, TAGS, parts):
                tags_widgets = tags_tab.TagsWidgets()
                tags = tags_tab.TagsTab(services, services.tagging, tags_widgets, visits)
                tags_tab.wire(tags, tags_widgets, demo, visits)
        if services.compared is not None:
            with lay_out_page(demo, COMPARE, parts):
                page, entered = compare_page.ComparePage(services, services.compared, visits), enter_visit(demo, visits)
                compare_page.wire(page, entered)
                if services.training is not None:
                    side_by_side_form.wire(side_by_side_form.SideBySideForm(services.training, visits), entered)
        with lay_out_page(demo, EXPLORE, parts):
            explore_page.wire(explore_page.ExplorePage(services, visits), enter_visit(demo, visits))
        with lay_out_page(demo, EDIT, parts):
            studio_parts.add_links(services, EDIT)
            edit_page.wire(edit_page.EditPage(services, visits), enter_visit(demo, visits))
        with lay_out_page(demo, ABOUT, parts):
            about_tab.wire(about_tab.AboutTab(services, visits), demo, enter_visit(demo, visits))
        share_the_model(demo, services.places)
    # Past the queue comes what says so alone: otherwise any endpoint could be called past all bounds, as /run/NAME.
    return demo.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=1, api_open=False)


def _generate(services: Services, visits: Visits, demo: gr.Blocks) -> None:
    widgets = generate_tab.GenerateWidgets(services.thumbnail_dir)
    panel = model_panel.ModelPanel(services, widgets, visits)
    opened = model_panel.wire(panel, widgets, demo, visits)
    generate_tab.wire(generate_tab.GenerateTab(services, widgets, visits), widgets, opened)
    downloads, offered = None, model_panel.offer_outputs(widgets)
    if services.downloads is not None:
        downloads = model_downloads.ModelDownloads(services, widgets.downloads, widgets.model, panel.offer)
        model_downloads.wire(downloads, widgets.downloads, widgets.model, offered, opened)
    automatic.wire(widgets, panel.change_model, offered, downloads)


def _add_endpoints(services: Services) -> None:
    """Add what programs call, before all other events: of two with one name, private or not, the later is renamed."""
    asked = generate_api.add_endpoints(services)
    studio_api.add_endpoints(services)
    grid_api.add_endpoints(services)
    edit_api.add_endpoints(services, asked)
    direction_api.add_endpoints(services)
    if services.banks is not None:
        bank_api.add_endpoints(services, services.banks)
    digits_api.add_endpoints(services)
    if services.compared is not None:
        compare_api.add_endpoint(services, services.compared)
    if services.tagging is not None:
        tags_api.add_endpoints(services.tagging)
    if services.training is not None:
        train_api.add_endpoints(services, services.training, asked)
    if services.training is not None and services.larger_sets is not None:
        augment_api.add_endpoint(services, services.training, services.larger_sets, asked)


def look(demo: gr.Blocks) -> dict[str, Any]:
    """Return the arguments of ``launch`` that decide how an app looks and in which languages it speaks."""
    components = json.dumps(demo.config["components"], default=str)
    spoken = translations(components, also=TRUNCATION_NOTES)
    return {
        "theme": page_theme(), "css": _style_sheet() + _toast_titles(), "head": connection_script() + link_script(),
        "i18n": spoken, "footer_links": ["api", "settings"],
    }  # fmt: skip


def _style_sheet() -> str:
    """Return the styles without comments and needless spaces: every page is sent them."""
    told = re.sub(r"/\*.*?\*/", "", _STYLES.read_text(encoding="utf-8"), flags=re.DOTALL)
    told = re.sub(r"\s*([{};>]|!important)\s*|([:,])\s+", r"\1\2", told)
    return re.sub(r"(?<![\w.])0(?=\.\d)|;(?=})", "", told).strip()


def _toast_titles() -> str:
    """Return styles that put the titles of Gradio's messages into other languages: Gradio 6.31 has them in English."""
    titles = {key: f".{key.replace('_', '-title.')}" for key in ENGLISH if key.startswith("toast_")}
    return "".join(
        f":lang({language}) {title}{{font-size:0}}:lang({language}) {title} *,:lang({language}) {title}::before"
        f'{{font-size:var(--text-lg)}}:lang({language}) {title}::before{{content:"{known[key]}"}}'
        for language, known in LANGUAGES.items()
        if known is not ENGLISH
        for key, title in titles.items()
    )
