"""Opens the page."""

from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.ui.layout import look
from icgan_demo.ui.page_icon import show_icon

SWITCHES: dict[str, Any] = dict(
    show_error=False,
    strict_cors=True,
    ssr_mode=False,
    run_history=False,
    enable_monitoring=False,
    mcp_server=False,
    share=False,
    quiet=True,
    prevent_thread_lock=True,
    _frontend=False,  # it asks its own page and gives up after 3 s, a false alarm on a busy machine
)
"""Of Gradio, for every page of ours."""


def launch(demo: gr.Blocks, thumbnail_dir: Path, **settings: Any) -> str:
    """Open the page and return its address; it answers on threads of its own.

    Args:
        demo: the page.
        thumbnail_dir: a folder whose files everybody may see.
        settings: further arguments of ``gr.Blocks.launch``: where to listen, what to refuse.
    Raises:
        OSError: if the port is taken.
    """
    gr.set_static_paths([thumbnail_dir])
    show_icon()
    _, url, _ = demo.launch(max_threads=24, state_session_capacity=200, **SWITCHES, **look(demo), **settings)
    return str(url)


def close(demo: gr.Blocks) -> None:
    """Close the page; what visitors made stays for the page that opens next, which Gradio would delete."""
    demo.temp_file_sets.clear()
    demo.close(verbose=False)
