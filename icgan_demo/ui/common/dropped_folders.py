"""Folders dropped on the boxes for uploads."""

import json
from collections.abc import Sequence
from pathlib import Path

import gradio as gr

_SCRIPT = Path(__file__).with_suffix(".js")


def take_folders(demo: gr.Blocks, boxes: Sequence[str]) -> None:
    """Let the boxes of these element ids take folders, whose sub-folders stay classes."""
    script = f"() => {{ ({_SCRIPT.read_text(encoding='utf-8')})({json.dumps(list(boxes))}); }}"
    demo.load(None, None, None, js=script, queue=False, show_progress="hidden", api_visibility="private")
