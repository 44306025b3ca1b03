"""The public endpoint that draws digits."""

from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import whole
from icgan_demo.service.cgan.digit_requests import BLEND_STEPS, DigitBlendRequest, DigitRequest, parse_digits
from icgan_demo.service.recipes.drawn_files import save_drawn
from icgan_demo.ui.common.events import MODEL
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services

ALL_DIGITS = "0123456789"


class DigitEndpoints:
    """What the endpoint does."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def digits(
        self,
        network: str = DigitRequest.network,
        digits: str = ALL_DIGITS,
        seed: float = DigitRequest.seed,
        count: float = DigitRequest.count,
        blend: str = "",
    ) -> tuple[str, dict[str, Any]]:
        """Generate a grid of digits: returns one PNG, white on black, and what it shows.

        A row is a digit and a column a seed: seed, seed + 1, ... With blend, a row is a seed instead, on its way from
        one digit to another in nine steps.

        Parameters:
            network: "modern", or "paper" for the networks of Mirza and Osindero 2014.
            digits: the rows, such as 0123 or 3,10,25; ignored for a blend.
            seed: first seed, 0 to 2147483647.
            count: seeds, 1 to 20.
            blend: two digits such as 38; empty for none.
        """
        with shown_to_visitor():
            wanted = DigitRequest(network, parse_digits(digits), whole(seed), whole(count))
            shown: dict[str, Any] = {"network": network, "seeds": wanted.seeds}
            if not blend:
                picture = self._services.digits.grid(wanted)
                shown["digits"] = list(wanted.digits)
            else:
                ends = parse_digits(blend)
                if len(ends) != 2:
                    raise RequestError("Blend needs two digits such as 38.")
                picture = self._services.digits.blend(
                    DigitBlendRequest.ways(network, *ends, seeds=wanted.seeds), BLEND_STEPS
                )
                shown["blend"] = list(ends)
            return save_drawn(self._services.output_dir, picture, f"digits-{network}-seed{wanted.seed}"), shown


def add_endpoints(services: Services) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    with gr.Row(visible=False):
        network = gr.Textbox(DigitRequest.network, label="network")
        digits = gr.Textbox(ALL_DIGITS, label="digits")
        seed = gr.Number(DigitRequest.seed, label="seed")
        count = gr.Number(DigitRequest.count, label="count")
        blend = gr.Textbox("", label="blend")
        picture, shown = gr.File(label="picture"), gr.JSON(label="shown")
        trigger = gr.Button()
    trigger.click(
        DigitEndpoints(services).digits,
        [network, digits, seed, count, blend],
        [picture, shown],
        api_name="digits",
        **MODEL,
    )
