"""A picture's recipe as a command line and as Python, to copy."""

import shlex


def command_line(file: str) -> str:
    """Return the command that draws the pictures of a saved file again."""
    return f"python -m icgan_demo draw {shlex.quote(file)} --out again"


def python_lines(file: str) -> str:
    """Return the Python that draws the pictures of a saved file again."""
    return (
        "from pathlib import Path\n\n"
        "from icgan_demo.service.redraw import draw_file\n\n"
        f"pictures = draw_file(Path({file!r}))\n"
    )
