"""Puts the page together."""

from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.ui import (
    about_tab,
    api,
    automatic,
    bank_api,
    digits_api,
    digits_tab,
    generate_tab,
    model_downloads,
    model_panel,
    studio_api,
    studio_tab,
    tags_api,
    tags_tab,
    training_api,
    training_page,
)
from icgan_demo.ui.dropped_folders import take_folders
from icgan_demo.ui.known_endpoints import KnownEndpoints
from icgan_demo.ui.services import Services
from icgan_demo.ui.texts import TRANSLATIONS, text
from icgan_demo.ui.theme import page_theme

CSS = Path(__file__).with_name("styles.css")

CACHE_SWEEP_S = 600
CACHE_AGE_S = 3600
QUEUE_LENGTH = 8


def build_app(services: Services) -> gr.Blocks:
    """Return the page around ``services``; it asks them for nothing before a browser opens it."""
    with gr.Blocks(
        title="Neighbours · IC-GAN", analytics_enabled=False, delete_cache=(CACHE_SWEEP_S, CACHE_AGE_S)
    ) as demo:
        gr.HTML(text("title"), elem_id="title", html_template="<h1>${value}</h1>")
        gr.HTML(text("tagline"), elem_id="tagline", html_template="<p>${value}</p>")
        with gr.Tabs() as tabs:
            with gr.Tab(text("tab_generate"), id="generate", elem_id="generate-tab"):
                widgets = generate_tab.GenerateWidgets()
            with gr.Tab(text("tab_studio"), id="studio", elem_id="studio-tab") as studio_place:
                studio = studio_tab.StudioTab(services)
            training = None if services.training is None else training_page.TrainingPage(services, services.training)
            with gr.Tab(text("tab_digits"), id="digits", elem_id="digits-tab") as digits_place:
                digits = digits_tab.DigitsTab(services)
            if services.tagging is not None:
                with gr.Tab(text("tab_tags"), id="tags", elem_id="tags-tab") as tags_page:
                    tags_widgets = tags_tab.TagsWidgets()
            with gr.Tab(text("tab_about"), id="about", elem_id="about-tab"):
                about = about_tab.AboutTab()
        _add_endpoints(services)
        generate = generate_tab.GenerateTab(services, widgets)
        generate_tab.wire(generate, widgets)
        panel = model_panel.ModelPanel(services, widgets, about.card)
        model_panel.wire(panel, widgets, about.card, demo)
        offered = model_panel.offered(widgets, about.card)
        downloads = None
        if services.downloads is not None:
            downloads = model_downloads.ModelDownloads(services, widgets.downloads, widgets.model, panel.offer)
            model_downloads.wire(downloads, widgets.downloads, widgets.model, offered, demo)
        automatic.wire(widgets, panel.changed, offered, downloads, tabs)
        studio_tab.wire(studio, studio_place, tabs, widgets, demo)
        if training is not None:
            training.wire(widgets, panel, about.card, tabs, demo)
        about_tab.wire(about, demo)
        digits_tab.wire(digits, digits_place)
        take_folders(demo, ("train-drop", "bank-files"))
        if services.tagging is not None:
            handover = tags_tab.Handover(services, services.tagging, generate, widgets, tabs)
            tags = tags_tab.TagsTab(services, services.tagging, tags_widgets)
            tags_tab.wire(tags, tags_widgets, tags_page, handover, tabs, widgets)
    return demo.queue(max_size=QUEUE_LENGTH, default_concurrency_limit=1)


def known_endpoints(demo: gr.Blocks) -> KnownEndpoints:
    """Return what can be called on a page."""
    names = (event.api_name for event in demo.fns.values())
    return KnownEndpoints(
        frozenset(name for name in names if isinstance(name, str)), frozenset(demo.fns), frozenset(demo.blocks)
    )


def _add_endpoints(services: Services) -> None:
    """Add what programs call, before all other events: of two with one name, private or not, the later is renamed."""
    api.add_endpoints(services)
    studio_api.add_endpoints(services)
    if services.banks is not None:
        bank_api.add_endpoints(services, services.banks)
    digits_api.add_endpoints(services)
    if services.tagging is not None:
        tags_api.add_endpoints(services.tagging)
    if services.training is not None:
        training_api.add_endpoints(services, services.training)


def look() -> dict[str, Any]:
    """Return the arguments of ``launch`` that decide how the page looks and in which languages it speaks."""
    return {"theme": page_theme(), "css_paths": [CSS], "i18n": TRANSLATIONS, "footer_links": ["api", "settings"]}
