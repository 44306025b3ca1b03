"""What every page does while its server cannot be reached, or is busy with others."""

from pathlib import Path

from icgan_demo.ui.common.head_script import head_script


def connection_script() -> str:
    """Return an element for the head of the pages: it watches the connection and says how it is."""
    said = {"away": "connection_away", "back": "connection_back", "queue": "busy_place"}
    return head_script(Path(__file__).with_suffix(".js"), said)
