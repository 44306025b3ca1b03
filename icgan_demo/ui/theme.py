"""The look: warm paper and ink, and one green. The font comes with Gradio and is served by the page itself.

Of the fonts in Gradio 6.31 several are cut down to a few glyphs; IBM Plex Sans is whole in these two weights.
"""

from urllib.parse import quote

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

_PAPER = colors.Color(
    name="paper",
    c50="#fbfaf7",
    c100="#f4f2ed",
    c200="#e7e4dc",
    c300="#d3cfc4",
    c400="#a8a397",
    c500="#7c776c",
    c600="#5d594f",
    c700="#45423b",
    c800="#2a2823",
    c900="#1d1c18",
    c950="#141310",
)
_LEAF = colors.Color(
    name="leaf",
    c50="#eef7f1",
    c100="#d9eee0",
    c200="#b5dcc3",
    c300="#86c39d",
    c400="#55a477",
    c500="#34875a",
    c600="#266c47",
    c700="#20573b",
    c800="#1c4631",
    c900="#183a29",
    c950="#0c2117",
)


# A photo and its neighbours.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" fill="#34875a">'
    '<rect x="4" y="4" width="25" height="25" rx="6" fill="#1c4631"/><rect x="35" y="4" width="25" height="25" rx="6"/>'
    '<rect x="4" y="35" width="25" height="25" rx="6"/><rect x="35" y="35" width="25" height="25" rx="6"/></svg>'
)


def page_icon() -> str:
    """Return an element for the head of the pages: their icon, which no path can be wrong for, as it holds it whole."""
    return f'<link rel="icon" href="data:image/svg+xml,{quote(_ICON)}">'


def page_theme() -> gr.themes.Base:
    """Return the theme for ``launch``."""
    theme = gr.themes.Base(
        primary_hue=_LEAF,
        secondary_hue=_LEAF,
        neutral_hue=_PAPER,
        radius_size=sizes.radius_md,
        text_size=sizes.text_md,
        spacing_size=sizes.spacing_md,
        font=[
            fonts.LocalFont("IBM Plex Sans", weights=(400, 700)),
            "Noto Sans KR",
            "Apple SD Gothic Neo",
            "system-ui",
            "sans-serif",
        ],
        font_mono=[fonts.LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_800",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_border_width="1px",
        block_border_width_dark="1px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_border_width="0px",
        block_label_border_width_dark="0px",
        block_label_shadow="none",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_400",
        block_label_text_weight="600",
        block_title_text_weight="600",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        input_background_fill="*neutral_50",
        input_background_fill_dark="*neutral_950",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        button_large_radius="*radius_lg",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_400",
        button_primary_background_fill_hover_dark="*primary_300",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        button_secondary_background_fill="*neutral_100",
        button_secondary_background_fill_hover="*neutral_200",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_background_fill_hover_dark="*neutral_700",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_700",
        button_cancel_background_fill="transparent",
        button_cancel_background_fill_dark="transparent",
        button_cancel_border_color="*neutral_300",
        button_cancel_border_color_dark="*neutral_700",
        button_cancel_text_color="*neutral_800",
        button_cancel_text_color_dark="*neutral_100",
        slider_color="*primary_600",
        slider_color_dark="*primary_400",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )
