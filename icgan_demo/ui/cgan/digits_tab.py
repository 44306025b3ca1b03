"""The Digits page: digits drawn by a conditional GAN, blends of two, and a training that can be watched."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from html import escape
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.cgan.digit_requests import LEARN_SECONDS, DigitBlendRequest, DigitLearning, DigitRequest
from icgan_demo.service.drawing.drawing_requests import random_seed
from icgan_demo.service.recipes.drawn_files import save_drawn
from icgan_demo.ui.common.events import AT_ONCE, GIVE_WAY, LATEST, ON_QUEUE, Updates, apart, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.time_left import with_time_left
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading, seed_box, status_line
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop

BLEND_COLUMNS = 9
WAY_SEEDS = 3
PUBLISHED = ("132 ± 1.8", "225 ± 2")
"""Nats: Mirza and Osindero 2014, table 1; Goodfellow et al. 2014."""


class DigitsTab:
    """Lays the page out on construction, inside the current ``gr.Blocks``, and answers its events."""

    def __init__(self, services: Services) -> None:
        self._services = services
        gr.HTML(text("digits_intro"), elem_id="digits-intro", html_template="<p>${value}</p>")
        with gr.Row(elem_classes="bench"):
            with gr.Column(scale=5, min_width=300):
                self._settings_side()
            with gr.Column(scale=8, min_width=300):
                self.grid = _picture("digits-grid", "digits_grid_alt")
        with gr.Row(elem_classes="bench"):
            with gr.Column(scale=5, min_width=300):
                self._blend_side()
            with gr.Column(scale=8, min_width=300):
                self.blended = _picture("digits-blended", "digits_blend_alt")
                heading("digits_way")
                self.way = _picture("digits-way", "digits_way_alt")
        with gr.Row(elem_classes="bench"):
            with gr.Column(scale=5, min_width=300):
                self._learn_side()
            with gr.Column(scale=8, min_width=300):
                self.learning = _picture("digits-learning", "digits_learn_alt")
        self.figures = gr.HTML("", elem_id="digits-figures")

    # --- layout ---

    def _settings_side(self) -> None:
        self.network = gr.Radio(
            [(text("digits_modern"), "modern"), (text("digits_paper"), "paper")],
            value=DigitRequest.network,
            label=text("digits_network"),
            info=text("digits_network_info"),
            elem_id="digits-network",
        )
        with gr.Row(elem_classes="seed-row"):
            self.seed = seed_box("digits-seed", DigitRequest.seed, min_width=140, scale=3)
            self.random_seed = gr.Button(
                text("random_seed"), size="sm", min_width=90, scale=1, elem_id="digits-random-seed"
            )
        self.draw_button = gr.Button(text("digits_draw"), variant="primary", elem_id="digits-draw")
        self.status = status_line("digits-status", elem_classes="state-line")

    def _blend_side(self) -> None:
        heading("digits_blend")
        gr.HTML(text("digits_blend_note"), elem_classes="fine-print")
        self.first = Slider(
            0, 9, DigitBlendRequest.first, step=1, label=text("digits_first"), buttons=[], elem_id="digits-first"
        )
        self.second = Slider(
            0, 9, DigitBlendRequest.second, step=1, label=text("digits_second"), buttons=[], elem_id="digits-second"
        )
        self.amount = Slider(0, 1, 0.5, step=0.05, label=text("digits_amount"), buttons=[], elem_id="digits-amount")

    def _learn_side(self) -> None:
        heading("digits_learn")
        gr.HTML(text("digits_learn_note"), elem_classes="fine-print")
        with gr.Row(elem_id="digits-learn-buttons"):
            self.learn_button = gr.Button(
                text("digits_learn_start"), variant="primary", scale=3, elem_id="digits-learn-start"
            )
            self.stop_button = gr.Button(
                text("stop"), variant="stop", scale=1, min_width=80, visible=HIDDEN, elem_id="digits-learn-stop"
            )
        self.learn_status = status_line("digits-learn-status", elem_classes="state-line")
        self.learn_data = gr.HTML("", elem_id="digits-learn-data", elem_classes="fine-print")
        self.signal = gr.State(None)

    # --- events ---

    def draw_all(self, request: gr.Request, network: str, seed: int | None, *blend: Any) -> Updates:
        """Draw every sheet again; an empty seed means a random one."""
        with shown_to_visitor():
            seed = random_seed() if seed is None else seed
            return {
                **self.draw(request, network, seed),
                **self.blend(request, network, seed, *blend),
                **self.walk(network, seed, *blend[:2]),
            }

    def draw(self, request: gr.Request, network: str, seed: int) -> Updates:
        """Draw the grid."""
        with shown_to_visitor():
            wanted = DigitRequest(network=network, seed=seed)
            digits, language = self._services.digits, language_of(request)
            info = digits.info()
            started = time.perf_counter()
            picture = digits.grid(wanted)
            sentence = say(
                language,
                "digits_drawn",
                count=wanted.count * len(wanted.digits),
                milliseconds=1000 * (time.perf_counter() - started),
                first=wanted.seeds[0],
                last=wanted.seeds[-1],
            )
            figures = {network.name: network.figures for network in info.networks}
            return {
                self.grid: save_drawn(self._services.output_dir, picture, f"digits-{network}-seed{wanted.seed}"),
                self.seed: wanted.seed,
                self.status: sentence,
                self.figures: figures_html(figures, language),
            }

    def blend(
        self, request: gr.Request, network: str, seed: int | None, first: int, second: int, amount: float
    ) -> Updates:
        """Draw one row at the chosen blend."""
        with shown_to_visitor():
            seeds = DigitRequest(network=network, seed=seed or 0, count=BLEND_COLUMNS).seeds
            wanted = DigitBlendRequest(network, first, second, (amount,) * len(seeds), tuple(seeds))
            picture = self._services.digits.blend(wanted, BLEND_COLUMNS)
            return {self.blended: save_drawn(self._services.output_dir, picture, f"digits-{first}-{second}")}

    def walk(self, network: str, seed: int | None, first: int, second: int) -> Updates:
        """Draw three seeds on their way from one digit to the other."""
        with shown_to_visitor():
            seeds = DigitRequest(network=network, seed=seed or 0, count=WAY_SEEDS).seeds
            picture = self._services.digits.blend(DigitBlendRequest.ways(network, first, second, seeds), BLEND_COLUMNS)
            return {self.way: save_drawn(self._services.output_dir, picture, f"digits-{first}-to-{second}")}

    def learn(self, request: gr.Request) -> Iterator[Updates]:
        """Train a small network and show it now and then; Stop is looked at with every look at it."""
        with shown_to_visitor():
            language, signal = language_of(request), StopSignal()
            begun = say(language, "digits_learn_reading")
            yield {self.signal: signal, self.stop_button: gr.update(visible=True), self.learn_status: begun}
            ended = {self.stop_button: gr.update(visible=HIDDEN)}
            yield from or_else(self._watch_learning(signal, language, ended), {**ended, self.learn_status: ""})

    def _watch_learning(self, signal: StopSignal, language: str, ended: Updates) -> Iterator[Updates]:
        """Yield the training's looks, and at the end how far it came or that it was stopped."""
        last: DigitLearning | None = None
        with closing(self._services.digits.learn()) as looks:  # type: ignore[type-var]
            for look in looks:
                if signal.is_set:
                    yield {**ended, self.learn_status: say(language, "digits_learn_stopped")}
                    return
                last = look or last
                yield GIVE_WAY if look is None else self._show_look(look, language)
        if last is None:
            raise RequestError("Nothing was learned. Please try again.")
        yield {**ended, self.learn_status: _reached(last, language)}

    def _show_look(self, look: DigitLearning, language: str) -> Updates:
        name = f"digits-learning-{look.update}"
        done = f"<progress value={look.seconds:.0f} max={LEARN_SECONDS}></progress>"
        return {
            self.learning: save_drawn(self._services.output_dir, look.picture, name),
            self.learn_status: _progress(look, language) + done,
            self.learn_data: say(language, "digits_learn_real" if look.real_data else "digits_learn_stand_in"),
        }


def wire(tab: DigitsTab, demo: gr.Blocks) -> None:
    """Connect the widgets: drawing shares the model's queue, a training has its own and gives way to others."""
    shown = [tab.grid, tab.seed, tab.status, tab.figures]
    blending = [tab.network, tab.seed, tab.first, tab.second, tab.amount]
    everything = [*shown, tab.blended, tab.way]
    demo.load(tab.draw_all, blending, everything, **LATEST)
    tab.network.input(tab.draw_all, blending, everything, **LATEST)
    for event in (tab.draw_button.click, tab.seed.submit):
        event(tab.draw_all, blending, everything, **ON_QUEUE)
    tab.random_seed.click(random_seed, None, tab.seed, **AT_ONCE).then(tab.draw_all, blending, everything, **ON_QUEUE)
    for slider in (tab.first, tab.second, tab.amount):
        slider.input(tab.blend, blending, tab.blended, **LATEST)
    for slider in (tab.first, tab.second):
        slider.input(tab.walk, blending[:4], tab.way, **LATEST)
    tab.learn_button.click(
        tab.learn,
        None,
        [tab.learning, tab.learn_status, tab.learn_data, tab.stop_button, tab.signal],
        **{**apart("digits_learn"), "show_progress": "minimal", "show_progress_on": tab.learn_status},
    )
    tab.stop_button.click(ask_to_stop, tab.signal, None, **AT_ONCE)


def figures_html(figures: Mapping[str, Mapping[str, Any]], language: str) -> str:
    """Return the table of both networks' figures with what they do and do not say."""
    heads = "".join(f"<th scope=col>{escape(say(language, f'digits_{name}'))}</th>" for name in figures)
    rows = [
        ("digits_figure_likelihood", "{parzen_nats:.1f} ± {standard_error:.1f} nats"),
        ("digits_figure_sigma", "σ {sigma:.3f} · {samples:,} · {test_pictures:,}"),
        ("digits_figure_agreement", "{agreement:.1%}"),
        ("digits_figure_frechet", "{frechet_digit_classifier:.2f}"),
    ]
    body = "".join(
        f"<tr><th scope=row>{escape(say(language, key))}</th>"
        + "".join(f"<td>{escape(_format_figure(form, of_network))}</td>" for of_network in figures.values())
        + "</tr>"
        for key, form in rows
    )
    title, published = (
        escape(say(language, "digits_figures")),
        escape(say(language, "digits_published", value=PUBLISHED[0], other=PUBLISHED[1])),
    )
    explained = escape(say(language, "digits_explained"))
    table = f"<table><thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table>"
    return f"<section><h2>{title}</h2>{table}<p>{published}</p><p>{explained}</p></section>"


def _format_figure(form: str, values: Mapping[str, Any]) -> str:
    try:
        return form.format(**values)
    except (KeyError, ValueError, TypeError):  # a card may lack a figure
        return "–"


def _progress(look: DigitLearning, language: str) -> str:
    values = {"seconds": look.seconds, "pictures": f"{look.pictures_seen:,}", "agreement": look.agreement or 0.0}
    return with_time_left(say(language, "digits_learning", **values), LEARN_SECONDS - look.seconds, language)


def _reached(look: DigitLearning, language: str) -> str:
    return say(language, "digits_learned", seconds=look.seconds, agreement=look.agreement or 0.0)


def _picture(elem_id: str, alternative: str) -> gr.Image:
    return gr.Image(
        format="png",
        interactive=False,
        show_label=False,
        buttons=["download", "fullscreen"],
        alt_text=text(alternative),
        elem_id=elem_id,
        elem_classes="digit-sheet",
    )
